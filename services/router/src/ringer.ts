// Looks for clocks that ring, and appends each ring as a command of the hub: decided like any other, behind what was asked before it.
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { sql } from "@ruta/db";
import type { Sql, Tx } from "@ruta/db";
import { ReferralCommandSchema, TOPICS, create, derivedId, encodeRecord } from "@ruta/events";
import type { NewRecord } from "@ruta/events";
import type { Engine, LogLogger } from "@ruta/log";
import { decodeCase } from "./case-codec.ts";
import { dueRings, nextRingAt } from "./clocks.ts";
import type { Ring } from "./clocks.ts";
import { hubActor } from "./draft.ts";
import { unservedOf } from "./unserved.ts";

/** What ringing needs. */
export interface RingerDeps {
  readonly engine: Pick<Engine, "transact">;
  readonly schema: string;
  readonly logger: LogLogger;
  /** Between two looks, in milliseconds. */
  readonly everyMs: number;
}

/** Most cases in one transaction. */
const BATCH = 200;
/** A case whose ring is on its way is decided long before; else it is looked at again after so long. */
const AGAIN_MS = 60_000;

/** The cases that are due. By `now()`: of what changes within a statement PostgreSQL makes no index condition, and reads all that wait. */
export function dueCases(schema: string): Sql {
  return sql`
    SELECT case_id, state, now() AS now FROM ${sql.id(schema, "cases")} WHERE ring_at <= now()
    ORDER BY ring_at LIMIT ${BATCH} FOR UPDATE SKIP LOCKED`;
}

/** Starts to look; answers how to stop, which waits for the look under way. */
export function startRinger({ engine, schema, logger, everyMs }: RingerDeps): () => Promise<void> {
  const cases = sql.id(schema, "cases");
  let stopping = false;
  let wake = (): void => {};

  /** Takes the cases that are due, at the database's clock: all routers go by one. Another one's are left to it. */
  async function take(tx: Tx): Promise<{ result: number; records: NewRecord[] }> {
    const rows = await tx.query<{ case_id: string; state: string; now: Date }>(dueCases(schema));
    const records: NewRecord[] = [];
    const next: (Date | null)[] = [];
    const unserved: ReturnType<typeof unservedOf>[] = [];
    for (const { case_id: caseId, state: text, now } of rows) {
      const state = decodeCase(text);
      const rings = dueRings(state, now.getTime());
      const at = rings.length > 0 ? now.getTime() + AGAIN_MS : nextRingAt(state);
      unserved.push(unservedOf(state));
      next.push(at === undefined ? null : new Date(at));
      records.push(...rings.map((ring) => commandOf(caseId, ring, now.getTime())));
    }
    if (rows.length > 0)
      tx.send(sql`
        UPDATE ${cases} AS c SET ring_at = n.at, unserved = n.unserved, unserved_since = n.since
        FROM unnest(${rows.map((row) => row.case_id)}::text[], ${next}::timestamptz[],
          ${unserved.map((one) => one?.json ?? null)}::jsonb[], ${unserved.map((one) => one?.since ?? null)}::timestamptz[])
          AS n (case_id, at, unserved, since)
        WHERE c.case_id = n.case_id`);
    return { result: rows.length, records };
  }

  async function loop(): Promise<void> {
    while (!stopping) {
      try {
        while (!stopping && (await engine.transact(take)) === BATCH);
      } catch (error) {
        logger.warn({ err: error }, "clocks that ring could not be looked for");
      }
      if (stopping) return;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, everyMs);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  const looping = loop();
  return async () => {
    stopping = true;
    wake();
    await looping;
  };
}

/** One ring is one command, whoever finds it and however often. */
function commandOf(caseId: string, { referral, clock, percent }: Ring, now: number): NewRecord {
  const id = derivedId("clock", referral.id, clock.id, String(clock.startedAt), String(percent));
  const command = create(ReferralCommandSchema, {
    commandId: id,
    caseId,
    referralId: referral.id,
    actor: hubActor(),
    receivedAt: timestampFromMs(now),
    act: {
      case: "ringClock",
      value: { clock: clock.id, startedAt: timestampFromMs(clock.startedAt), percent },
    },
  });
  const meta = { id, source: "/ruta/router", type: "ruta.referral.ring-clock", time: now };
  return encodeRecord(TOPICS.commands, caseId, command, meta);
}
