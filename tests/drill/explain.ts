// What stands in the way of a case that has not come to its end: its facts, its deliveries and each try. Ids and codes only.
import { openDb, sql } from "@ruta/db";
import { TOPICS, decodeRecord } from "@ruta/events";
import type { Log } from "@ruta/log";
import type { Citizen } from "../city.ts";
import { recordsIn } from "./audit.ts";

/** Most cases that are explained: what they have in common shows in a few. */
const MOST = 10;

interface Row {
  readonly id: string;
  readonly institution: string;
  readonly case: string;
  readonly sequence: bigint;
  readonly state: string;
  readonly attempts: number;
  readonly step: number;
  readonly inMs: number | null;
  readonly held: boolean;
  readonly outage: boolean;
}

/** Lines on these cases: what the router decided, what each institution answered, what waits to be delivered and why. */
export async function explain(
  sources: {
    readonly log: Log;
    readonly databaseUrl: string;
    readonly schema: string;
    readonly citizens: readonly Citizen[];
  },
  cases: readonly string[],
): Promise<string[]> {
  const { log, databaseUrl, schema, citizens } = sources;
  const wanted = cases.slice(0, MOST);
  const lines = cases.length > MOST ? [`the first ${MOST} of ${cases.length} cases:`] : [];
  const of = async (topic: Parameters<typeof recordsIn>[1]) => {
    const found = [];
    for await (const record of recordsIn(log, topic)) if (wanted.includes(record.key)) found.push(record);
    return found;
  };
  const [events, tries] = [await of(TOPICS.events), await of(TOPICS.attempts)];
  const table = (name: string) => sql.id(schema, name);
  const db = openDb({ url: databaseUrl, name: "drill" });
  let rows: readonly Row[];
  try {
    rows = await db.query<Row>(sql`
      SELECT d.delivery_id AS id, d.institution, d.case_id AS "case", d.sequence, d.state, d.attempts, d.step,
        (extract(epoch FROM l.next_due - now()) * 1000)::double precision AS "inMs", l.holder IS NOT NULL AS held, l.outage
      FROM ${table("deliveries")} AS d JOIN ${table("lanes")} AS l USING (institution, case_id)
      WHERE d.case_id = ANY(${wanted}::text[]) ORDER BY d.institution, d.sequence`);
  } finally {
    await db.close();
  }
  for (const one of wanted) {
    const facts = events.filter(({ key }) => key === one).map(({ value }) => decodeRecord(TOPICS.events, value));
    lines.push(`case ${one}: ${facts.map(({ fact }) => fact.case).join(", ") || "no event"}`);
    for (const { journal } of citizens) {
      const ids = journal.entries.flatMap((entry) => (entry.kind === "received" && entry.case === one ? [entry] : []));
      for (const { institution, type } of ids) lines.push(`  ${institution} has received ${type}`);
    }
    for (const { id, institution, sequence, state, attempts, step, inMs, held, outage } of rows.filter(
      (row) => row.case === one,
    )) {
      if (state === "delivered") continue;
      const due = inMs === null ? "not due" : `due in ${Math.round(inMs / 1000)} s`;
      lines.push(
        `  to ${institution} #${sequence}: ${state}, attempts ${attempts}, step ${step}, ${due}${held ? ", held" : ""}${outage ? ", outage" : ""}`,
      );
      for (const { value } of tries) {
        const attempt = decodeRecord(TOPICS.attempts, value);
        if (attempt.webhookId !== id) continue;
        const at = new Date(Number(attempt.startedAt?.seconds ?? 0) * 1000).toISOString();
        lines.push(
          `    try ${attempt.attempt} at ${at}, ${attempt.durationMs} ms: ${attempt.failure || "taken"} ${attempt.status} (${attempt.trigger})`,
        );
      }
    }
  }
  return lines;
}

/** How the tries of all deliveries ended, each kind counted. */
export async function tries(log: Log): Promise<string> {
  const counts = new Map<string, number>();
  for await (const record of recordsIn(log, TOPICS.attempts)) {
    const { failure, status, trigger } = decodeRecord(TOPICS.attempts, record.value);
    const kind = `${failure || "taken"}${status > 0 && failure !== "" ? ` ${status}` : ""} (${trigger})`;
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  return `tries: ${[...counts].map(([kind, count]) => `${kind} ${count}`).join(", ")}`;
}
