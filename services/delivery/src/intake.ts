// The tables that a batch of events fills: how far cases are folded, what referrals said, and new deliveries in their lanes.
import { sql } from "@ruta/db";
import type { Tx } from "@ruta/db";
import type { ReferralFacts } from "./payload.ts";

/** A lane by what it is for. */
export interface LaneKey {
  readonly institution: string;
  readonly caseId: string;
}

/** New deliveries of a lane: how many, and the longest (milliseconds) that the most urgent of them may wait for a try. */
export interface LaneGrowth extends LaneKey {
  readonly count: number;
  readonly capMs: number;
}

/** A delivery about to wait. */
export interface NewDelivery extends LaneKey {
  readonly id: string;
  readonly eventId: string;
  readonly referralId: string;
  readonly sequence: bigint;
  readonly priority: number;
  readonly body: Uint8Array;
  /** When it counts as late, in milliseconds. */
  readonly lateAt: number;
}

/** That an institution has taken an event. */
export interface TakenFact {
  readonly eventId: string;
  readonly institution: string;
}

/** The tables, as a batch sees them. */
export interface Intake {
  /** The last version folded of each case; none for a case not seen before. */
  versions(tx: Tx, caseIds: readonly string[]): Promise<Map<string, bigint>>;
  saveVersions(tx: Tx, versions: ReadonlyMap<string, bigint>): void;
  facts(tx: Tx, referralIds: readonly string[]): Promise<Map<string, ReferralFacts>>;
  saveFacts(tx: Tx, facts: ReadonlyMap<string, ReferralFacts>): void;
  /**
   * Marks what institutions have taken: the facts of events that came back from cases. What a worker sent is marked already. Also
   * locks these and the `growing` lanes in the one order, so that nothing done with them later in `tx` deadlocks.
   */
  taken(tx: Tx, facts: readonly TakenFact[], growing: readonly LaneKey[]): Promise<void>;
  /** Makes room in lanes and answers each lane's last sequence, its key as `laneName` writes it. */
  grow(tx: Tx, lanes: readonly LaneGrowth[]): Promise<Map<string, bigint>>;
  /** Adds deliveries to lanes that have grown, and wakes the workers when it commits. */
  add(tx: Tx, deliveries: readonly NewDelivery[]): void;
}

/** How a lane is called in maps. */
export const laneName = ({ institution, caseId }: LaneKey): string => `${institution}/${caseId}`;

/** The channel on which workers of a schema are told of due lanes. */
export const channelOf = (schema: string): string => `${schema}.due`;

/** Opens the tables of a schema that has been migrated. */
export function openIntake(schema: string): Intake {
  const table = (name: string) => sql.id(schema, name);
  return {
    async versions(tx, caseIds) {
      const rows = await tx.query<{ caseId: string; version: bigint }>(sql`
        SELECT case_id AS "caseId", version FROM ${table("cases")} WHERE case_id = ANY(${caseIds}::text[])`);
      return new Map(rows.map(({ caseId, version }) => [caseId, version]));
    },

    saveVersions(tx, versions) {
      tx.send(sql`
        INSERT INTO ${table("cases")} (case_id, version)
        SELECT * FROM unnest(${[...versions.keys()]}::text[], ${[...versions.values()]}::bigint[])
        ON CONFLICT (case_id) DO UPDATE SET version = excluded.version`);
    },

    async facts(tx, referralIds) {
      const rows = await tx.query<ReferralFacts & { id: string }>(sql`
        SELECT referral_id AS id, service_type AS "serviceType", placer_number AS "placerNumber",
          filler_number AS "fillerNumber", replaces, requested_at AS "requestedAt"
        FROM ${table("referrals")} WHERE referral_id = ANY(${referralIds}::text[])`);
      return new Map(rows.map(({ id, ...facts }) => [id, facts]));
    },

    saveFacts(tx, facts) {
      if (facts.size === 0) return;
      const all = [...facts.values()];
      tx.send(sql`
        INSERT INTO ${table("referrals")} (referral_id, service_type, placer_number, filler_number, replaces, requested_at)
        SELECT * FROM unnest(${[...facts.keys()]}::text[], ${all.map((f) => f.serviceType)}::text[],
          ${all.map((f) => f.placerNumber)}::text[], ${all.map((f) => f.fillerNumber)}::text[], ${all.map((f) => f.replaces)}::text[],
          ${all.map((f) => f.requestedAt)}::text[])
        ON CONFLICT (referral_id) DO UPDATE SET service_type = excluded.service_type,
          placer_number = excluded.placer_number, filler_number = excluded.filler_number, replaces = excluded.replaces,
          requested_at = excluded.requested_at`);
    },

    async taken(tx, facts, growing) {
      if (facts.length === 0) return;
      const rows = await tx.query<LaneKey & { id: string }>(sql`
        SELECT d.delivery_id AS id, d.institution, d.case_id AS "caseId"
        FROM unnest(${facts.map(({ eventId }) => eventId)}::text[], ${facts.map(({ institution }) => institution)}::text[])
          AS t (event_id, institution)
        JOIN ${table("deliveries")} AS d USING (event_id, institution)
        WHERE d.state <> 'delivered' AND (d.delivered_at IS NULL OR d.state = 'offered')`);
      if (rows.length === 0) return;
      const all = [...rows, ...growing];
      tx.send(sql`
        SELECT FROM ${table("lanes")} WHERE (institution, case_id) IN (
          SELECT * FROM unnest(${all.map(({ institution }) => institution)}::text[], ${all.map(({ caseId }) => caseId)}::text[]))
        ORDER BY institution, case_id FOR UPDATE`);
      tx.send(sql`
        UPDATE ${table("deliveries")} SET state = 'delivered', delivered_at = now(), offered_at = NULL, parked_at = NULL, parked_reason = NULL
        WHERE delivery_id = ANY(${rows.map(({ id }) => id)}::text[])`);
      // One that waited for a worker may have been what its lane waited for.
      tx.send(sql`
        UPDATE ${table("lanes")} AS l SET next_due = now()
        FROM unnest(${rows.map(({ institution }) => institution)}::text[], ${rows.map(({ caseId }) => caseId)}::text[])
          AS t (institution, case_id)
        WHERE l.institution = t.institution AND l.case_id = t.case_id AND l.next_due IS NOT NULL AND l.holder IS NULL`);
    },

    async grow(tx, lanes) {
      if (lanes.length === 0) return new Map();
      const institutions = lanes.map(({ institution }) => institution);
      const cases = lanes.map(({ caseId }) => caseId);
      tx.send(sql`
        INSERT INTO ${table("recipients")} (institution)
        SELECT DISTINCT institution FROM unnest(${institutions}::text[]) AS r (institution) ORDER BY institution
        ON CONFLICT DO NOTHING`);
      // Rows are locked in one order, here and where results are written, so that the two never deadlock.
      const rows = await tx.query<LaneKey & { sequence: bigint }>(sql`
        INSERT INTO ${table("lanes")} AS l (institution, case_id, sequence, next_due)
        SELECT n.institution, n.case_id, n.count, now()
        FROM unnest(${institutions}::text[], ${cases}::text[], ${lanes.map(({ count }) => count)}::bigint[])
          AS n (institution, case_id, count)
        ORDER BY n.institution, n.case_id
        ON CONFLICT (institution, case_id) DO UPDATE SET sequence = l.sequence + excluded.sequence,
          next_due = coalesce(l.next_due, excluded.next_due)
        RETURNING institution, case_id AS "caseId", sequence`);
      const urgent = lanes.filter(({ capMs }) => Number.isFinite(capMs));
      if (urgent.length > 0) {
        // What is urgent does not wait out the back-off of what stands before it in its lane.
        tx.send(sql`
          UPDATE ${table("lanes")} AS l SET next_due = least(l.next_due, now() + u.cap * interval '1 millisecond')
          FROM unnest(${urgent.map(({ institution }) => institution)}::text[], ${urgent.map(({ caseId }) => caseId)}::text[],
            ${urgent.map(({ capMs }) => capMs)}::double precision[]) AS u (institution, case_id, cap)
          WHERE l.institution = u.institution AND l.case_id = u.case_id`);
        // Nor for the next probe of an endpoint that is spared; rows in one order, behind the lanes.
        tx.send(sql`
          WITH u AS (
            SELECT institution, min(cap) * interval '1 millisecond' AS cap
            FROM unnest(${urgent.map(({ institution }) => institution)}::text[],
              ${urgent.map(({ capMs }) => capMs)}::double precision[]) AS u (institution, cap) GROUP BY institution
          ), slow AS (
            SELECT e.institution, e.probed_at + u.cap AS probe_at FROM ${table("endpoints")} AS e JOIN u USING (institution)
            WHERE e.probe_at > e.probed_at + u.cap ORDER BY e.institution FOR UPDATE OF e
          )
          UPDATE ${table("endpoints")} AS e SET probe_at = slow.probe_at FROM slow WHERE e.institution = slow.institution`);
      }
      return new Map(rows.map((row) => [laneName(row), row.sequence]));
    },

    add(tx, deliveries) {
      if (deliveries.length === 0) return;
      tx.send(sql`
        INSERT INTO ${table("deliveries")}
          (delivery_id, event_id, institution, case_id, referral_id, sequence, priority, body, late_at,
            state, attempts, delivered_at, parked_at, parked_reason)
        SELECT n.*, coalesce(o.state, 'waiting'), coalesce(o.attempts, 0), CASE WHEN o.state = 'delivered' THEN o.at END,
          CASE WHEN o.state = 'parked' THEN o.at END, o.parked_reason
        FROM unnest(${deliveries.map((d) => d.id)}::text[], ${deliveries.map((d) => d.eventId)}::text[],
          ${deliveries.map((d) => d.institution)}::text[], ${deliveries.map((d) => d.caseId)}::text[],
          ${deliveries.map((d) => d.referralId)}::text[], ${deliveries.map((d) => d.sequence)}::bigint[],
          ${deliveries.map((d) => d.priority)}::smallint[], ${deliveries.map((d) => d.body)}::bytea[],
          ${deliveries.map((d) => new Date(d.lateAt))}::timestamptz[])
          AS n (delivery_id, event_id, institution, case_id, referral_id, sequence, priority, body, late_at)
        LEFT JOIN ${table("outcomes")} AS o ON o.delivery_id = n.delivery_id
        ON CONFLICT DO NOTHING`);
      tx.send(sql`SELECT pg_notify(${channelOf(schema)}, '')`);
    },
  };
}
