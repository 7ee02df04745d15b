// The worklist's tables: waiting referrals and open disputes as one list by age, who has taken which, and how a dispute ended.
import { sql } from "@ruta/db";
import type { Querying, Tx } from "@ruta/db";
import type { Priority, ReferralEvent } from "@ruta/events";
import { decodeCase } from "./case-codec.ts";
import { msOf } from "./state.ts";
import type { CaseState, ReferralState } from "./state.ts";

/** What a row asks of an operator: to find somebody for a referral, or to look at an act that an institution disputes. */
export const KINDS = ["worklisted", "disputed"] as const;

/** One row. Times are milliseconds. */
export interface WorkItem {
  readonly kind: (typeof KINDS)[number];
  /** The referral that waits, or the event that is disputed. */
  readonly id: string;
  readonly since: number;
  readonly state: CaseState;
  readonly referral: ReferralState;
  /** Who disputes and why. */
  readonly dispute?: { readonly institution: string; readonly reasonCode: string };
  /** Who has taken it, and since when. */
  readonly assigned?: { readonly staff: string; readonly since: number };
}

/** Which rows, oldest first. */
interface WorkFilter {
  readonly kind?: WorkItem["kind"] | undefined;
  readonly priority?: Priority | undefined;
  /** Staff id; "" for rows that nobody has taken. */
  readonly assigned?: string | undefined;
  /** Only what has waited since before then, milliseconds. */
  readonly before?: number | undefined;
  /** The last row of the page before. */
  readonly after?: Pick<WorkItem, "since" | "id"> | undefined;
  readonly limit: number;
}

/** An open dispute. */
interface OpenDispute {
  readonly eventId: string;
  readonly caseId: string;
  readonly referralId: string;
}

/** The worklist of one schema. */
export interface Worklist {
  /** Notes the disputes that these events raise; a rehearsal's are nobody's work. */
  raise(tx: Tx, events: readonly ReferralEvent[]): void;
  list(on: Querying, filter: WorkFilter): Promise<WorkItem[]>;
  /** Whether a row of this id is there. */
  has(on: Querying, id: string): Promise<boolean>;
  /** Gives a row to a member of staff, or to nobody. */
  assign(tx: Tx, id: string, staff: string | undefined): void;
  /** The open dispute of this event, or the oldest of this referral. */
  dispute(on: Querying, id: string): Promise<OpenDispute | undefined>;
  /** Ends a dispute; false when it has ended already. */
  resolve(tx: Tx, eventId: string, resolution: "upheld" | "dismissed", staff: string): Promise<boolean>;
}

interface Row {
  readonly kind: WorkItem["kind"];
  readonly id: string;
  readonly referral: string;
  readonly since: Date;
  readonly state: string;
  readonly institution: string | null;
  readonly reason: string | null;
  readonly staff: string | null;
  readonly assigned: Date | null;
}

/** Opens the worklist in a schema that has been migrated. */
export function openWorklist(schema: string): Worklist {
  const table = (name: string) => sql.id(schema, name);
  const open = sql`(
    SELECT 'worklisted' AS kind, waiting_referral AS id, case_id, waiting_referral AS referral, waiting_since AS since,
      waiting_priority AS priority, NULL AS institution, NULL AS reason
    FROM ${table("cases")} WHERE waiting_kind = 'worklisted'
    UNION ALL
    SELECT 'disputed', event_id, case_id, referral_id, since, priority, institution, reason_code
    FROM ${table("disputes")} WHERE resolution IS NULL) AS open`;
  return {
    raise(tx, events) {
      const raised = events.flatMap((event) =>
        event.fact.case === "disputed" && event.rehearsal === "" ? [{ event, fact: event.fact }] : [],
      );
      if (raised.length === 0) return;
      tx.send(sql`
        INSERT INTO ${table("disputes")} (event_id, case_id, referral_id, institution, reason_code, priority, since)
        SELECT * FROM unnest(${raised.map(({ fact }) => fact.value.eventId)}::text[],
          ${raised.map(({ event }) => event.caseId)}::text[], ${raised.map(({ event }) => event.referralId)}::text[],
          ${raised.map(({ event }) => event.actor?.institution ?? "")}::text[],
          ${raised.map(({ fact }) => fact.value.reasonCode)}::text[], ${raised.map(({ event }) => event.priority)}::smallint[],
          ${raised.map(({ event }) => new Date(msOf(event.recordedAt) ?? 0))}::timestamptz[])
        ON CONFLICT DO NOTHING`);
    },

    async list(on, { kind, priority, assigned, before, after, limit }) {
      const rows = await on.query<Row>(sql`
        SELECT kind, open.id, referral, open.since, c.state, institution, reason, a.staff, a.since AS assigned
        FROM ${open} JOIN ${table("cases")} AS c USING (case_id) LEFT JOIN ${table("assignments")} AS a ON a.item_id = open.id
        WHERE (${kind ?? null}::text IS NULL OR kind = ${kind ?? null})
          AND (${priority ?? null}::smallint IS NULL OR priority = ${priority ?? null})
          AND (${assigned ?? null}::text IS NULL OR coalesce(a.staff, '') = ${assigned ?? null})
          AND (${before === undefined ? null : new Date(before)}::timestamptz IS NULL
            OR open.since < ${before === undefined ? null : new Date(before)}::timestamptz)
          AND (${after?.id ?? null}::text IS NULL
            OR (open.since, open.id) > (${after ? new Date(after.since) : null}::timestamptz, ${after?.id ?? null}::text))
        ORDER BY open.since, open.id LIMIT ${limit}`);
      return rows.flatMap((row) => itemOf(row) ?? []);
    },

    async has(on, id) {
      const rows = await on.query(sql`SELECT 1 FROM ${open} WHERE id = ${id}`);
      return rows.length > 0;
    },

    assign(tx, id, staff) {
      if (staff === undefined) tx.send(sql`DELETE FROM ${table("assignments")} WHERE item_id = ${id}`);
      else
        tx.send(sql`INSERT INTO ${table("assignments")} (item_id, staff) VALUES (${id}, ${staff})
          ON CONFLICT (item_id) DO UPDATE SET staff = excluded.staff, since = now()`);
    },

    async dispute(on, id) {
      const [found] = await on.query<OpenDispute>(sql`
        SELECT event_id AS "eventId", case_id AS "caseId", referral_id AS "referralId" FROM ${table("disputes")}
        WHERE (event_id = ${id} OR referral_id = ${id}) AND resolution IS NULL ORDER BY since, event_id LIMIT 1`);
      return found;
    },

    async resolve(tx, eventId, resolution, staff) {
      const rows = await tx.query(sql`
        UPDATE ${table("disputes")} SET resolution = ${resolution}, resolved_by = ${staff}, resolved_at = now()
        WHERE event_id = ${eventId} AND resolution IS NULL RETURNING 1`);
      tx.send(sql`DELETE FROM ${table("assignments")} WHERE item_id = ${eventId}`);
      return rows.length > 0;
    },
  };
}

function itemOf(row: Row): WorkItem | undefined {
  const state = decodeCase(row.state);
  const referral = state.referrals[row.referral];
  if (!referral) return undefined;
  const { kind, id, institution, reason, staff, assigned } = row;
  return {
    kind,
    id,
    since: row.since.getTime(),
    state,
    referral,
    ...(institution === null ? {} : { dispute: { institution, reasonCode: reason ?? "" } }),
    ...(staff === null || assigned === null ? {} : { assigned: { staff, since: assigned.getTime() } }),
  };
}
