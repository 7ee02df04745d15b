// The gauges of delivery, read from its tables when somebody scrapes. However much waits, each query reads a bounded number of
// rows: counts stop at a bound, ages come from indexes.
import { sql } from "@ruta/db";
import type { Db } from "@ruta/db";
import { Priority, priorityWord } from "@ruta/events";
import type { Reading } from "@ruta/kit";
import { ENDPOINT_STATES, STATE } from "./endpoints.ts";

/** Counts stop here, and the rows of one priority that are looked at to find who waits. */
const COUNTED = 10_000;
/** Ages of what is undelivered, in seconds: a minute, a quarter of an hour, an hour, six, a day. */
const AGES_S = [60, 900, 3_600, 21_600, 86_400];
const PRIORITIES = [Priority.EMERGENCY, Priority.URGENT, Priority.NORMAL] as const;

/** The gauges by name. */
export const GAUGES = {
  ruta_delivery_deliveries: {
    help: `Deliveries that wait, lie in an inbox (offered) or are parked; each counted up to ${COUNTED}`,
    labels: ["state"],
  },
  ruta_delivery_oldest_undelivered_seconds: {
    help: "How long the oldest delivery that nobody has taken waits, by its priority; parked ones do not count",
    labels: ["priority"],
  },
  ruta_delivery_oldest_parked_seconds: { help: "How long the delivery that was parked first has been parked" },
  ruta_delivery_redrive_remaining: { help: "Deliveries that running redrives have not made due yet" },
  ruta_delivery_oldest_due_seconds: { help: "How long the lane that is due longest has been due" },
  ruta_delivery_endpoints: {
    help: "Endpoints by state: ok, inbox (the institution pulls), open (failing, and spared but for probes), unproved, paused, disabled, none",
    labels: ["state"],
  },
  ruta_delivery_institutions_undelivered: {
    help: `Institutions whose oldest undelivered event has waited for longer than so many seconds, among the ${COUNTED} oldest of each priority`,
    labels: ["seconds"],
  },
} as const;

type Found = Reading<keyof typeof GAUGES>;

/** Reads them from the tables of one schema. */
export async function readGauges(db: Db, schema: string): Promise<Found[]> {
  const deliveries = sql.id(schema, "deliveries");
  const [counts, undelivered, parked, redrives, due, endpoints] = await Promise.all([
    // In the order of the partial index of each state, which is then what is read, and no more of it.
    db.query<{ state: string; count: number }>(sql`
      SELECT 'waiting' AS state, count(*)::integer AS count FROM (SELECT FROM ${deliveries} WHERE state = 'waiting'
        ORDER BY institution, case_id, sequence LIMIT ${COUNTED}) AS d
      UNION ALL SELECT 'offered', count(*)::integer FROM (SELECT FROM ${deliveries} WHERE state = 'offered'
        ORDER BY institution, case_id, sequence LIMIT ${COUNTED}) AS d
      UNION ALL SELECT 'parked', count(*)::integer FROM (SELECT FROM ${deliveries} WHERE state = 'parked'
        ORDER BY parked_at LIMIT ${COUNTED}) AS d`),
    // The oldest of each priority by the index deliveries_undelivered.
    db.query<{ priority: Priority; oldest: number; ages: number[] }>(sql`
      WITH old AS MATERIALIZED (
        SELECT p.priority, d.institution, min(d.waits_since) AS since FROM unnest(${[...PRIORITIES]}::smallint[]) AS p (priority)
        CROSS JOIN LATERAL (SELECT institution, waits_since FROM ${deliveries}
          WHERE state NOT IN ('delivered', 'parked') AND priority = p.priority ORDER BY waits_since LIMIT ${COUNTED}) AS d
        GROUP BY p.priority, d.institution)
      SELECT priority, extract(epoch FROM now() - min(since))::double precision AS oldest, ARRAY(
        SELECT (SELECT count(DISTINCT o.institution)::integer FROM old AS o WHERE o.since < now() - a.s * interval '1 second')
        FROM unnest(${AGES_S}::integer[]) WITH ORDINALITY AS a (s, n) ORDER BY a.n) AS ages
      FROM old GROUP BY priority`),
    db.query<{ seconds: number | null }>(sql`
      SELECT extract(epoch FROM now() - min(parked_at))::double precision AS seconds FROM ${deliveries} WHERE state = 'parked'`),
    db.query<{ count: number }>(sql`
      SELECT coalesce(sum(greatest(total - made_due, 0)), 0)::integer AS count
      FROM ${sql.id(schema, "redrives")} WHERE state = 'running'`),
    db.query<{ seconds: number | null }>(sql`
      SELECT extract(epoch FROM now() - min(l.next_due))::double precision AS seconds
      FROM ${sql.id(schema, "recipients")} AS r CROSS JOIN LATERAL (
        SELECT next_due FROM ${sql.id(schema, "lanes")} WHERE institution = r.institution AND next_due IS NOT NULL
        ORDER BY next_due LIMIT 1) AS l`),
    db.query<{ state: string; count: number }>(sql`
      SELECT s.state, count(e.institution)::integer AS count FROM unnest(${[...ENDPOINT_STATES]}::text[]) AS s (state)
      LEFT JOIN (SELECT e.institution, ${STATE} AS state FROM ${sql.id(schema, "endpoints")} AS e
        LEFT JOIN ${sql.id(schema, "proofs")} AS p ON p.institution = e.institution AND p.fingerprint = e.fingerprint) AS e
        ON e.state = s.state GROUP BY s.state`),
  ]);
  const age = (seconds: number | null | undefined): number => Math.max(seconds ?? 0, 0);
  const ages = undelivered[0]?.ages ?? AGES_S.map(() => 0);
  return [
    ...counts.map(({ state, count }): Found => ({
      gauge: "ruta_delivery_deliveries",
      labels: { state },
      value: count,
    })),
    ...PRIORITIES.map((priority): Found => {
      const found = undelivered.find((row) => row.priority === priority);
      const labels = { priority: priorityWord(priority) };
      return { gauge: "ruta_delivery_oldest_undelivered_seconds", labels, value: age(found?.oldest) };
    }),
    { gauge: "ruta_delivery_oldest_parked_seconds", value: age(parked[0]?.seconds) },
    { gauge: "ruta_delivery_redrive_remaining", value: redrives[0]?.count ?? 0 },
    { gauge: "ruta_delivery_oldest_due_seconds", value: age(due[0]?.seconds) },
    ...endpoints.map(({ state, count }): Found => ({
      gauge: "ruta_delivery_endpoints",
      labels: { state },
      value: count,
    })),
    ...AGES_S.map((seconds, index): Found => {
      const labels = { seconds: String(seconds) };
      return { gauge: "ruta_delivery_institutions_undelivered", labels, value: ages[index] ?? 0 };
    }),
  ];
}
