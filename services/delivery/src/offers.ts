// Offers: what waits for an institution that pulls is put into its inbox, taken back when it turns to webhooks, and given up
// when nobody pulled it. Each step is one transaction over many lanes; nothing here waits for anyone outside.
import { sql } from "@ruta/db";
import type { Tx } from "@ruta/db";
import { DeliveryMode, INBOX_DAYS, TOPICS, isValid } from "@ruta/events";
import type { Delivery, Directory } from "@ruta/events";
import type { Engine } from "@ruta/log";
import { channelOf, laneName } from "./intake.ts";
import type { LaneKey } from "./intake.ts";
import { inboxRecord, undeliverableRecord } from "./records.ts";
import { nextToken } from "./tokens.ts";

/** Most lanes, and most deliveries, in one transaction. */
const LANES = 200;
const DELIVERIES = 500;

/** What the steps need. */
export interface OfferDeps {
  readonly engine: Pick<Engine, "transact" | "unsent">;
  readonly schema: string;
  readonly directory: () => Directory;
  readonly now: () => number;
  /** A worker silent for longer, in milliseconds, is dead: lanes that a living one holds are left alone. */
  readonly expiryMs: number;
}

/** The steps. Each answers how many deliveries it moved; one that moved any may have more to do. */
export interface Offers {
  /** Institutions that pull now. */
  pulling(): ReadonlySet<string>;
  /**
   * Puts what waits for them into their inboxes, in the order of each lane; nothing while one is paused or disabled. `held`: some
   * have to wait for the log.
   */
  offer(institutions: ReadonlySet<string>): Promise<{ readonly moved: number; readonly held: boolean }>;
  /** Lets what was offered to institutions that take webhooks now wait for a worker again, under the same webhook-ids. */
  withdraw(): Promise<number>;
  /** Parks what nobody pulled in time; the cases are told. */
  expire(): Promise<number>;
}

type Offered = Delivery & { readonly body: Uint8Array };
type Expired = Delivery & { readonly attempts: number };
interface Locked extends LaneKey {
  readonly token: bigint;
  readonly now: Date;
}

/** Opens the offers of a schema. */
export function openOffers({ engine, schema, directory, now, expiryMs }: OfferDeps): Offers {
  const lanes = sql.id(schema, "lanes");
  const deliveries = sql.id(schema, "deliveries");
  const workers = sql.id(schema, "workers");
  const endpointOf = (institution: string) => directory().endpointOf(institution, now());
  const keys = (of: readonly LaneKey[]) =>
    sql`unnest(${of.map(({ institution }) => institution)}::text[], ${of.map(({ caseId }) => caseId)}::text[])`;

  function pulling(): ReadonlySet<string> {
    const at = now();
    const pull = new Set<string>();
    for (const { institution, mode, validity } of directory().all("endpoint")) {
      if (!isValid(validity, at)) continue;
      if (mode === DeliveryMode.INBOX) pull.add(institution);
      else pull.delete(institution);
    }
    return pull;
  }

  /** Lanes with something waiting, locked in the order in which everyone locks them; those that are being sent are passed over. */
  async function lockWaiting(tx: Tx, institutions: readonly string[]): Promise<Locked[]> {
    return tx.query<Locked>(sql`
      SELECT institution, case_id AS "caseId", token, clock_timestamp() AS now FROM ${lanes}
      WHERE institution = ANY(${institutions}::text[]) AND next_due IS NOT NULL
        AND (holder IS NULL OR holder NOT IN (SELECT worker FROM ${workers}
          WHERE beat_at > clock_timestamp() - ${expiryMs}::double precision * interval '1 millisecond'))
        AND institution NOT IN (
          SELECT institution FROM ${sql.id(schema, "endpoints")} WHERE paused_at IS NOT NULL OR disabled_at IS NOT NULL)
      ORDER BY institution, case_id LIMIT ${LANES} FOR UPDATE SKIP LOCKED`);
  }

  /** Marks the first deliveries that wait in these lanes as offered at `at`, and answers them, each lane's in order. */
  async function mark(tx: Tx, of: readonly LaneKey[], at: Date): Promise<(Offered & { readonly token: bigint })[]> {
    // Statements of their own: they see what was committed before the lanes were locked.
    const rows = await tx.query<Offered>(sql`
      SELECT d.delivery_id AS id, d.event_id AS "eventId", d.institution, d.case_id AS "caseId",
        d.referral_id AS "referralId", d.body
      FROM ${keys(of)} AS l (institution, case_id) JOIN ${deliveries} AS d USING (institution, case_id)
      WHERE d.state = 'waiting' ORDER BY d.institution, d.case_id, d.sequence LIMIT ${DELIVERIES}`);
    await tx.query(sql`
      UPDATE ${deliveries} SET state = 'offered', offered_at = ${at}
      WHERE delivery_id = ANY(${rows.map(({ id }) => id)}::text[])`);
    const numbered = await tx.query<LaneKey & { token: bigint }>(sql`
      UPDATE ${lanes} AS l SET holder = NULL, token = ${nextToken(schema, sql`l.token`)}, pulled_from = NULL, outage = false,
        next_due = (SELECT now() FROM ${deliveries} AS d
          WHERE d.institution = l.institution AND d.case_id = l.case_id AND d.state = 'waiting' LIMIT 1)
      FROM ${keys(of)} AS o (institution, case_id)
      WHERE l.institution = o.institution AND l.case_id = o.case_id
      RETURNING l.institution, l.case_id AS "caseId", l.token`);
    const tokens = new Map(numbered.map((lane) => [laneName(lane), lane.token]));
    return rows.map((row) => ({ ...row, token: tokens.get(laneName(row)) ?? 0n }));
  }

  return {
    pulling,

    async offer(institutions) {
      if (institutions.size === 0) return { moved: 0, held: false };
      return engine.transact(async (tx) => {
        const locked = await lockWaiting(tx, [...institutions]);
        const [first] = locked;
        if (!first) return { result: { moved: 0, held: false }, records: [] };
        // What another worker offered of a case reaches the log before what follows it.
        const unsent = await engine.unsent(tx, TOPICS.inbox);
        const free = locked.filter(({ caseId }) => !unsent.has(caseId));
        const rows = free.length === 0 ? [] : await mark(tx, free, first.now);
        const records = rows.map((row) => inboxRecord(row, first.now.getTime()));
        return { result: { moved: rows.length, held: free.length < locked.length }, records };
      });
    },

    async withdraw() {
      return engine.transact(async (tx) => {
        const offered = await tx.query<{ institution: string }>(sql`
          SELECT institution FROM ${sql.id(schema, "recipients")} AS r
          WHERE EXISTS (SELECT FROM ${deliveries} AS d WHERE d.institution = r.institution AND d.state = 'offered')`);
        // Without any endpoint it lies where it is: whoever has a token can still pull it.
        const pull = pulling();
        const turned = offered.filter(({ institution }) => !pull.has(institution) && endpointOf(institution));
        if (turned.length === 0) return { result: 0, records: [] };
        const locked = await tx.query<LaneKey>(sql`
          SELECT institution, case_id AS "caseId" FROM ${lanes} AS l
          WHERE institution = ANY(${turned.map(({ institution }) => institution)}::text[]) AND EXISTS (
            SELECT FROM ${deliveries} AS d
            WHERE d.institution = l.institution AND d.case_id = l.case_id AND d.state = 'offered')
          ORDER BY institution, case_id LIMIT ${LANES} FOR UPDATE SKIP LOCKED`);
        const back = await tx.query(sql`
          UPDATE ${deliveries} AS d SET state = 'waiting', offered_at = NULL, step = 0, refusals = 0, tried_since = NULL
          FROM ${keys(locked)} AS l (institution, case_id)
          WHERE d.institution = l.institution AND d.case_id = l.case_id AND d.state = 'offered' RETURNING 1`);
        await tx.query(sql`
          UPDATE ${lanes} AS l SET next_due = now(), pulled_from = NULL FROM ${keys(locked)} AS k (institution, case_id)
          WHERE l.institution = k.institution AND l.case_id = k.case_id`);
        await tx.query(sql`SELECT pg_notify(${channelOf(schema)}, '')`);
        return { result: back.length, records: [] };
      });
    },

    async expire() {
      return engine.transact(async (tx) => {
        const locked = await tx.query<Locked>(sql`
          SELECT institution, case_id AS "caseId", token, clock_timestamp() AS now FROM ${lanes}
          WHERE (institution, case_id) IN (
            SELECT institution, case_id FROM ${deliveries}
            WHERE state = 'offered' AND offered_at <= now() - make_interval(days => ${INBOX_DAYS})
            ORDER BY offered_at LIMIT ${LANES})
          ORDER BY institution, case_id FOR UPDATE SKIP LOCKED`);
        const [first] = locked;
        if (!first) return { result: 0, records: [] };
        const rows = await tx.query<Expired & { readonly token: bigint }>(sql`
          WITH lane AS (
            UPDATE ${lanes} AS l SET token = ${nextToken(schema, sql`l.token`)} FROM ${keys(locked)} AS k (institution, case_id)
            WHERE l.institution = k.institution AND l.case_id = k.case_id RETURNING l.institution, l.case_id, l.token)
          UPDATE ${deliveries} AS d SET state = 'parked', parked_at = now(), parked_reason = 'not-pulled', offered_at = NULL
          FROM lane WHERE d.institution = lane.institution AND d.case_id = lane.case_id AND d.state = 'offered'
            AND d.offered_at <= now() - make_interval(days => ${INBOX_DAYS})
          RETURNING d.delivery_id AS id, d.event_id AS "eventId", d.institution, d.case_id AS "caseId",
            d.referral_id AS "referralId", d.attempts, lane.token`);
        const at = first.now.getTime();
        const records = rows.map((row) => {
          const endpointId = endpointOf(row.institution)?.id ?? "";
          return undeliverableRecord(row, { endpointId, attempts: row.attempts, reasonCode: "not-pulled", at });
        });
        return { result: rows.length, records };
      });
    },
  };
}
