// Lanes: which worker sends what now. A lane is claimed in a transaction of its own and sent outside of any; the holder's
// sign of life and the number of its holding say whether it may still write the result.
import { isGone, sql } from "@ruta/db";
import type { Db, Tx } from "@ruta/db";
import type { Priority } from "@ruta/events";
import { laneName } from "./intake.ts";
import type { LaneKey } from "./intake.ts";
import { nextToken } from "./tokens.ts";

/** The first delivery of a claimed lane, and the claim. */
export interface Head extends LaneKey {
  readonly id: string;
  readonly eventId: string;
  readonly referralId: string;
  readonly priority: Priority;
  readonly body: Uint8Array;
  readonly trigger: string;
  readonly attempts: number;
  readonly step: number;
  readonly refusals: number;
  readonly triedSince: Date | null;
  /** Number of this holding. */
  readonly token: bigint;
  /** The lane was taken over from a worker that died: what came of its try is not known. */
  readonly takenOver: boolean;
  readonly pulledFrom: Date | null;
  /** The endpoint that the rest speaks of; null when none has been brought in, empty when there is none to post to. */
  readonly fingerprint: string | null;
  readonly disabled: boolean;
  /** The institution pulls: what is for it is offered, and claimed only to be parked. */
  readonly pulls: boolean;
  /** It has answered a challenge. */
  readonly proved: boolean;
  /** The endpoint is spared, or has not proved itself yet, and this is the one delivery that is let through. */
  readonly probe: boolean;
  /** It took the last place at its institution: more may wait until there is one. */
  readonly last: boolean;
  /** It was taken once before: an operator sends it again, and the case knows it as delivered. */
  readonly replayed: boolean;
}

/** How much a worker may claim. */
interface Allowance {
  /** Lanes in all. */
  readonly total: number;
  /** Lanes of one institution held by all workers together. */
  readonly perEndpoint: number;
  /** Institutions with less room than that for now, and how much; it bounds what is sent, not what is parked as disabled. */
  readonly limited: ReadonlyMap<string, number>;
}

/** The lanes of one schema, as one worker sees them. */
export interface Lanes {
  /** Says that the worker lives, on the database's clock; forgets workers that have ended, and answers whether there were any. */
  beat(): Promise<boolean>;
  /** Says that the worker has ended: what it still holds is free at once. */
  leave(): Promise<void>;
  /** Claims due lanes, the longest due first of each institution. After a failure it may have claimed some all the same. */
  claim(allowance: Allowance): Promise<Head[]>;
  /** Gives back what this worker holds beyond these: it was claimed by a COMMIT whose answer never came. */
  keepOnly(known: readonly Head[]): Promise<void>;
  /** How long until the next lane is due, in milliseconds; undefined when none waits for a time to come. */
  nextDueMs(): Promise<number | undefined>;
}

type Claimed = LaneKey &
  Pick<Head, "token" | "takenOver" | "pulledFrom" | "fingerprint" | "disabled" | "pulls" | "proved"> & {
    /** At most one of its lanes may go, and this one may if the place of the probe was free. */
    readonly spared: boolean;
    readonly probe: boolean;
    /** How many of its institution's lanes could go; null without a limit. */
    readonly room: bigint | null;
  };
type Row = Omit<Head, Exclude<keyof Claimed, keyof LaneKey> | "last">;

/** Workers that have not been heard of for this long are forgotten, whatever their connections are. */
const FORGET = sql.raw(`interval '1 hour'`);

/** Opens the lanes for a worker. `expiryMs`: a worker silent for longer is dead. */
export function openLanes(db: Db, schema: string, worker: string, expiryMs: number): Lanes {
  const lanes = sql.id(schema, "lanes");
  const deliveries = sql.id(schema, "deliveries");
  const workers = sql.id(schema, "workers");
  const recipients = sql.id(schema, "recipients");
  const endpoints = sql.id(schema, "endpoints");
  const proofs = sql.id(schema, "proofs");
  // An endpoint whose breaker is open, or that has not proved itself, gets one delivery at a time, when a probe is due.
  const spared = sql`(e.fingerprint <> '' AND e.disabled_at IS NULL AND (e.opened_at IS NOT NULL OR p.fingerprint IS NULL))`;

  // Locked rows are found again by their place, not by a join that may read all lanes; one that was changed since the statement
  // began is passed over, and found by the next look.
  async function claimLanes(tx: Tx, { total, perEndpoint, limited }: Allowance): Promise<Claimed[]> {
    return tx.query<Claimed>(sql`
      WITH living AS (
        SELECT worker FROM ${workers} WHERE beat_at > clock_timestamp() - ${expiryMs}::double precision * interval '1 millisecond'
      ), recipient AS (
        SELECT r.institution, e.fingerprint, e.disabled_at IS NOT NULL AS disabled, coalesce(e.pulls, false) AS pulls,
          p.fingerprint IS NOT NULL AS proved, coalesce(${spared}, false) AS spared,
          e.paused_at IS NOT NULL OR coalesce(${spared} AND (e.probe_at > now() OR e.prober IN (SELECT worker FROM living)), false) AS shut
        FROM ${recipients} AS r LEFT JOIN ${endpoints} AS e ON e.institution = r.institution
        LEFT JOIN ${proofs} AS p ON p.institution = e.institution AND p.fingerprint = e.fingerprint
      ), room AS (
        SELECT r.*, CASE WHEN r.spared THEN least(t.room, 1)
          ELSE least(CASE WHEN r.disabled THEN NULL ELSE t.room END, ${perEndpoint}::bigint - (SELECT count(*) FROM ${lanes} AS h
            WHERE h.institution = r.institution AND h.holder IN (SELECT worker FROM living))) END AS room
        FROM recipient AS r
        LEFT JOIN unnest(${[...limited.keys()]}::text[], ${[...limited.values()]}::bigint[]) AS t (institution, room)
          ON t.institution = r.institution WHERE NOT r.shut
      ), due AS (
        SELECT l.place, l.holder IS NOT NULL AS taken_over, room.* FROM room CROSS JOIN LATERAL (
          SELECT l.ctid AS place, holder, next_due FROM ${lanes} AS l
          WHERE l.institution = room.institution AND l.next_due <= now()
            AND (l.holder IS NULL OR l.holder NOT IN (SELECT worker FROM living))
          ORDER BY l.next_due LIMIT greatest(room.room, 0) FOR UPDATE SKIP LOCKED) AS l
        WHERE EXISTS (SELECT FROM living WHERE worker = ${worker})
        ORDER BY l.next_due LIMIT ${total}
      ), claimed AS (
        UPDATE ${lanes} AS l SET holder = ${worker}, token = ${nextToken(schema, sql`l.token`)} FROM due
        WHERE l.ctid = due.place
        RETURNING l.institution, l.case_id, l.token, l.pulled_from, due.taken_over, due.fingerprint, due.disabled,
          due.pulls, due.proved, due.spared, due.room
      ), free AS (
        -- Whoever comes second finds the row changed, or locked: one probe, however many workers look at once.
        SELECT e.institution FROM ${endpoints} AS e
        WHERE e.institution = ANY(ARRAY(SELECT institution FROM claimed WHERE spared)) AND e.probe_at <= now()
          AND coalesce(e.prober <> ALL(ARRAY(SELECT worker FROM living)), true)
        ORDER BY e.institution FOR UPDATE SKIP LOCKED
      ), probing AS (
        UPDATE ${endpoints} AS e SET prober = ${worker} FROM free WHERE e.institution = free.institution RETURNING e.institution
      )
      SELECT c.institution, c.case_id AS "caseId", c.token, c.pulled_from AS "pulledFrom", c.taken_over AS "takenOver",
        c.fingerprint, c.disabled, c.pulls, c.proved, c.spared, c.room, p.institution IS NOT NULL AS probe
      FROM claimed AS c LEFT JOIN probing AS p ON p.institution = c.institution`);
  }

  /** Gives back lanes that came second for a probe. */
  function giveBack(tx: Tx, late: readonly LaneKey[]): void {
    if (late.length === 0) return;
    tx.send(sql`
      UPDATE ${lanes} AS l SET holder = NULL
      FROM unnest(${late.map(({ institution }) => institution)}::text[], ${late.map(({ caseId }) => caseId)}::text[])
        AS e (institution, case_id)
      WHERE l.institution = e.institution AND l.case_id = e.case_id`);
  }

  /** Frees lanes in which nothing waits after all. */
  function rest(tx: Tx, empty: readonly Claimed[]): void {
    if (empty.length === 0) return;
    const probes = empty.filter(({ probe }) => probe).map(({ institution }) => institution);
    if (probes.length > 0)
      tx.send(sql`UPDATE ${endpoints} SET prober = NULL WHERE institution = ANY(${probes}::text[])`);
    tx.send(sql`
      UPDATE ${lanes} AS l SET holder = NULL, next_due = NULL
      FROM unnest(${empty.map(({ institution }) => institution)}::text[], ${empty.map(({ caseId }) => caseId)}::text[])
        AS e (institution, case_id)
      WHERE l.institution = e.institution AND l.case_id = e.case_id`);
  }

  return {
    async beat() {
      const [row] = await db.query<{ ended: boolean }>(sql`
        WITH before AS (SELECT max(beat_at) AS beat_at FROM ${workers} WHERE worker = ${worker}),
        ended AS (DELETE FROM ${workers} AS w USING before WHERE w.worker <> ${worker}
          AND (w.beat_at < clock_timestamp() - ${FORGET} OR ${isGone(sql`w.worker`, sql`w.beat_at`, sql`before.beat_at`)})
          RETURNING w.worker),
        beat AS (INSERT INTO ${workers} (worker, beat_at) VALUES (${worker}, clock_timestamp())
          ON CONFLICT (worker) DO UPDATE SET beat_at = excluded.beat_at)
        SELECT count(*) > 0 AS ended FROM ended`);
      return row?.ended ?? false;
    },

    async leave() {
      await db.query(sql`DELETE FROM ${workers} WHERE worker = ${worker}`);
    },

    claim: (allowance) =>
      db.tx(async (tx) => {
        const all = await claimLanes(tx, allowance);
        const claimed = all.filter(({ spared, probe }) => probe || !spared);
        giveBack(
          tx,
          all.filter((lane) => !claimed.includes(lane)),
        );
        if (claimed.length === 0) return [];
        // A statement of its own: it sees what was committed before the lanes were locked.
        const rows = await tx.query<Row>(sql`
          SELECT d.* FROM unnest(${claimed.map(({ institution }) => institution)}::text[],
            ${claimed.map(({ caseId }) => caseId)}::text[]) AS c (institution, case_id)
          CROSS JOIN LATERAL (
            SELECT delivery_id AS id, event_id AS "eventId", institution, case_id AS "caseId", referral_id AS "referralId",
              priority, body, trigger, attempts, step, refusals, tried_since AS "triedSince",
              delivered_at IS NOT NULL AS replayed
            FROM ${deliveries} AS d
            WHERE d.institution = c.institution AND d.case_id = c.case_id AND d.state = 'waiting'
            ORDER BY d.sequence LIMIT 1) AS d`);
        const heads = new Map(rows.map((row) => [laneName(row), row]));
        rest(
          tx,
          claimed.filter((lane) => !heads.has(laneName(lane))),
        );
        const taken = Map.groupBy(all, ({ institution }) => institution);
        return claimed.flatMap((lane) => {
          const head = heads.get(laneName(lane));
          const { spared: _, room, ...claim } = lane;
          const last = room !== null && (taken.get(lane.institution)?.length ?? 0) >= room;
          return head ? [{ ...head, ...claim, last }] : [];
        });
      }),

    async keepOnly(known) {
      const probed = known.filter(({ probe }) => probe).map(({ institution }) => institution);
      await db.query(sql`
        WITH known AS (SELECT * FROM unnest(${known.map(({ institution }) => institution)}::text[],
          ${known.map(({ caseId }) => caseId)}::text[]) AS k (institution, case_id)),
        probes AS (UPDATE ${endpoints} SET prober = NULL WHERE prober = ${worker} AND institution <> ALL(${probed}::text[]))
        UPDATE ${lanes} AS l SET holder = NULL WHERE l.holder = ${worker}
          AND NOT EXISTS (SELECT FROM known AS k WHERE k.institution = l.institution AND k.case_id = l.case_id)`);
    },

    async nextDueMs() {
      const [row] = await db.query<{ ms: number | null }>(sql`
        SELECT (extract(epoch FROM min(due) - now()) * 1000)::double precision AS ms FROM (
          SELECT l.next_due AS due FROM ${recipients} AS r CROSS JOIN LATERAL (
            SELECT next_due FROM ${lanes} WHERE institution = r.institution AND next_due > now()
            ORDER BY next_due LIMIT 1) AS l
          UNION ALL
          SELECT e.probe_at FROM ${endpoints} AS e
          LEFT JOIN ${proofs} AS p ON p.institution = e.institution AND p.fingerprint = e.fingerprint
          WHERE ${spared} AND e.paused_at IS NULL AND e.probe_at > now()
            AND EXISTS (SELECT FROM ${lanes} AS l WHERE l.institution = e.institution AND l.next_due <= now())) AS d`);
      return row?.ms ?? undefined;
    },
  };
}
