// What operators see of delivery in numbers: counts and ages, never an institution, a case or a class.
import type { Db } from "@ruta/db";
import { Counter } from "@ruta/kit";
import type { Metrics } from "@ruta/kit";
import type { Outcome, Verdict } from "./backoff.ts";
import { GAUGES, readGauges } from "./gauges.ts";

/** What a worker counts. */
export interface DeliveryMetrics {
  /** One attempt and what it led to. */
  attempted(outcome: Outcome, verdict: Verdict): void;
  /** One challenge and how it was answered. */
  challenged(outcome: Outcome): void;
  /** A result came from a worker that had lost its lane. */
  fenced(): void;
}

/** Registers the metrics of delivery; the gauges are read from the tables when they are scraped. */
export function createDeliveryMetrics(metrics: Metrics, db: Db, schema: string): DeliveryMetrics {
  const registers = [metrics.registry];
  const attempts = new Counter({
    name: "ruta_delivery_attempts_total",
    help: "Attempts by what they led to (delivered, retry, park) and how they failed",
    labelNames: ["verdict", "failure"],
    registers,
  });
  const challenges = new Counter({
    name: "ruta_delivery_challenges_total",
    help: "Challenges to endpoints that have not proved themselves, by how they failed",
    labelNames: ["failure"],
    registers,
  });
  const fenced = new Counter({
    name: "ruta_delivery_fenced_total",
    help: "Results that came after another worker had taken the lane over",
    registers,
  });
  metrics.readings({ part: "delivery", gauges: GAUGES, read: () => readGauges(db, schema) });
  return {
    challenged: (outcome) => challenges.inc({ failure: outcome.ok ? "none" : outcome.failure }),
    attempted: (outcome, verdict) =>
      attempts.inc({ verdict: verdict.kind, failure: outcome.ok ? "none" : outcome.failure }),
    fenced: () => fenced.inc(),
  };
}
