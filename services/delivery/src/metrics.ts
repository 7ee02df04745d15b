// What operators see of delivery in numbers: counts and ages, never an institution, a case or a class.
import { sql } from "@ruta/db";
import type { Db } from "@ruta/db";
import { Counter, Gauge } from "@ruta/kit";
import type { Metrics } from "@ruta/kit";
import type { Outcome, Verdict } from "./backoff.ts";

/** What a worker counts. */
export interface DeliveryMetrics {
  /** One attempt and what it led to. */
  attempted(outcome: Outcome, verdict: Verdict): void;
  /** A result came from a worker that had lost its lane. */
  fenced(): void;
}

/** Registers the metrics of delivery; the gauges are read from the tables when they are scraped. */
export function createDeliveryMetrics({ registry }: Metrics, db: Db, schema: string): DeliveryMetrics {
  const registers = [registry];
  const deliveries = sql.id(schema, "deliveries");
  const attempts = new Counter({
    name: "ruta_delivery_attempts_total",
    help: "Attempts by what they led to (delivered, retry, park) and how they failed",
    labelNames: ["verdict", "failure"],
    registers,
  });
  const fenced = new Counter({
    name: "ruta_delivery_fenced_total",
    help: "Results that came after another worker had taken the lane over",
    registers,
  });
  void new Gauge({
    name: "ruta_delivery_deliveries",
    help: "Deliveries that wait, lie in an inbox or are parked",
    labelNames: ["state"],
    registers,
    async collect() {
      const rows = await db.query<{ state: string; count: number }>(sql`
        SELECT s.state, count(d.delivery_id)::integer AS count FROM unnest(ARRAY['waiting', 'offered', 'parked']) AS s (state)
        LEFT JOIN ${deliveries} AS d ON d.state = s.state GROUP BY s.state`);
      for (const { state, count } of rows) this.set({ state }, count);
    },
  });
  void new Gauge({
    name: "ruta_delivery_redrive_remaining",
    help: "Deliveries that running redrives have not made due yet",
    registers,
    async collect() {
      const [row] = await db.query<{ count: number }>(sql`
        SELECT coalesce(sum(greatest(total - made_due, 0)), 0)::integer AS count
        FROM ${sql.id(schema, "redrives")} WHERE state = 'running'`);
      this.set(row?.count ?? 0);
    },
  });
  void new Gauge({
    name: "ruta_delivery_oldest_due_seconds",
    help: "How long the lane that is due longest has been due",
    registers,
    async collect() {
      const [row] = await db.query<{ seconds: number | null }>(sql`
        SELECT extract(epoch FROM now() - min(l.next_due))::double precision AS seconds
        FROM ${sql.id(schema, "recipients")} AS r CROSS JOIN LATERAL (
          SELECT next_due FROM ${sql.id(schema, "lanes")} WHERE institution = r.institution AND next_due IS NOT NULL
          ORDER BY next_due LIMIT 1) AS l`);
      this.set(Math.max(row?.seconds ?? 0, 0));
    },
  });
  return {
    attempted: (outcome, verdict) =>
      attempts.inc({ verdict: verdict.kind, failure: outcome.ok ? "none" : outcome.failure }),
    fenced: () => fenced.inc(),
  };
}
