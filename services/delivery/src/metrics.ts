// What operators see of delivery in numbers: counts and ages, never an institution, a case or a class.
import { sql } from "@ruta/db";
import type { Db } from "@ruta/db";
import { Counter, Gauge } from "@ruta/kit";
import type { Metrics } from "@ruta/kit";
import type { Outcome, Verdict } from "./backoff.ts";
import { ENDPOINT_STATES, STATE } from "./endpoints.ts";

/** Ages of what is undelivered, in seconds: a minute, a quarter of an hour, an hour, six, a day. */
const AGES_S = [60, 900, 3_600, 21_600, 86_400];

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
export function createDeliveryMetrics({ registry }: Metrics, db: Db, schema: string): DeliveryMetrics {
  const registers = [registry];
  const deliveries = sql.id(schema, "deliveries");
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
  void new Gauge({
    name: "ruta_delivery_endpoints",
    help: "Endpoints by state: ok, inbox (the institution pulls), open (failing, and spared but for probes), unproved, paused, disabled, none",
    labelNames: ["state"],
    registers,
    async collect() {
      const rows = await db.query<{ state: string; count: number }>(sql`
        SELECT s.state, count(e.institution)::integer AS count FROM unnest(${[...ENDPOINT_STATES]}::text[]) AS s (state)
        LEFT JOIN (SELECT e.institution, ${STATE} AS state FROM ${sql.id(schema, "endpoints")} AS e
          LEFT JOIN ${sql.id(schema, "proofs")} AS p ON p.institution = e.institution AND p.fingerprint = e.fingerprint) AS e
          ON e.state = s.state GROUP BY s.state`);
      for (const { state, count } of rows) this.set({ state }, count);
    },
  });
  void new Gauge({
    name: "ruta_delivery_institutions_undelivered",
    help: "Institutions whose oldest undelivered event has waited for longer than so many seconds",
    labelNames: ["seconds"],
    registers,
    async collect() {
      const rows = await db.query<{ seconds: number; count: number }>(sql`
        SELECT a.seconds, count(w.institution)::integer AS count FROM unnest(${AGES_S}::integer[]) AS a (seconds)
        LEFT JOIN (SELECT institution, extract(epoch FROM now() - min(waits_since)) AS seconds FROM ${deliveries}
          WHERE state NOT IN ('delivered', 'parked') GROUP BY institution) AS w ON w.seconds > a.seconds GROUP BY a.seconds`);
      for (const { seconds, count } of rows) this.set({ seconds: String(seconds) }, count);
    },
  });
  return {
    challenged: (outcome) => challenges.inc({ failure: outcome.ok ? "none" : outcome.failure }),
    attempted: (outcome, verdict) =>
      attempts.inc({ verdict: verdict.kind, failure: outcome.ok ? "none" : outcome.failure }),
    fenced: () => fenced.inc(),
  };
}
