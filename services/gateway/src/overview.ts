// What operators see of all referrals together: a filtered list and a few counts, by ids, codes and times.
import { sql } from "@ruta/db";
import type { Db } from "@ruta/db";
import { classOf, priorityWord, statusWord } from "@ruta/events";
import type { Status } from "@ruta/events";
import { REFERRAL_ROW } from "./state.ts";
import type { ReferralRow } from "./state.ts";

/** What a list of referrals is narrowed to; what is left out does not narrow it. Times are milliseconds. */
interface OverviewFilter {
  readonly status?: Status | undefined;
  /** As requester or performer. */
  readonly institution?: string | undefined;
  readonly serviceType?: string | undefined;
  /** Rehearsals too; they are left out unless asked for. */
  readonly rehearsals?: boolean;
  /** Only those of which an act was expected before this moment. */
  readonly overdueAt?: number | undefined;
  /** Changed at or after. */
  readonly since?: number | undefined;
  /** The last row of the page before. */
  readonly after?: { readonly changedAt: number; readonly referralId: string } | undefined;
  readonly limit: number;
}

/** A referral in one line for staff; class V shows neither urgency nor what it is about. */
interface OverviewRow {
  readonly referral: string;
  readonly rehearsal?: true;
  readonly status: string;
  readonly requester: string;
  readonly performer: string;
  readonly confidentiality: string;
  readonly priority?: string;
  readonly serviceType?: string;
  readonly expectedOf?: string;
  readonly expectedUntil?: string;
  readonly changedAt: string;
}

/** Counts over all referrals; a rehearsal is none. */
interface Summary {
  /** Referrals that can still go on, by status. */
  readonly open: Readonly<Record<string, number>>;
  /** Referrals with a change within the last hour. */
  readonly changedLastHour: number;
  /** Of whose acts the time has run out, and since when the longest. */
  readonly overdue: number;
  readonly oldestOverdue?: string;
}

interface Row extends ReferralRow {
  readonly expected_institution: string;
  readonly expected_until: Date | null;
}

/** The overview of one schema. */
export interface Overview {
  /** One page, oldest change first. */
  list(filter: OverviewFilter): Promise<OverviewRow[]>;
  /** Counts as of `now` (milliseconds). */
  summary(now: number): Promise<Summary>;
}

const HOUR_MS = 3_600_000;

/** Opens the overview. */
export function openOverview(db: Db, schema: string): Overview {
  const referral = sql.id(schema, "referral");
  return {
    async list({ status, institution, serviceType, rehearsals = false, overdueAt, since = 0, after, limit }) {
      const overdue = overdueAt === undefined ? null : new Date(overdueAt);
      const rows = await db.query<Row>(sql`
        select ${REFERRAL_ROW}, expected_institution, expected_until from ${referral}
        where (changed_at, referral_id) > (${new Date(after?.changedAt ?? 0)}, ${after?.referralId ?? ""})
          and changed_at >= ${new Date(since)}
          and (${status ?? null}::smallint is null or status = ${status ?? null})
          and (${institution ?? null}::text is null or ${institution ?? null} in (requester, performer))
          and (${serviceType ?? null}::text is null or (service_type = ${serviceType ?? null} and confidentiality in (1, 2, 3)))
          and (${rehearsals} or not rehearsal)
          and (${overdue}::timestamptz is null or expected_until < ${overdue})
        order by changed_at, referral_id limit ${limit}`);
      return rows.map(overviewRow);
    },

    async summary(now) {
      const [open, [late]] = await Promise.all([
        db.query<{ status: Status; count: number }>(sql`
          select status, count(*)::integer as count from ${referral} where status in (1, 2, 3, 5, 6) and not rehearsal group by status`),
        db.query<{ recent: number; overdue: number; oldest: Date | null }>(sql`
          select (select count(*)::integer from ${referral} where changed_at > ${new Date(now - HOUR_MS)} and not rehearsal) as recent,
            count(*)::integer as overdue, min(expected_until) as oldest
          from ${referral} where expected_until < ${new Date(now)} and not rehearsal`),
      ]);
      return {
        open: Object.fromEntries(open.map(({ status, count }) => [statusWord(status), count])),
        changedLastHour: late?.recent ?? 0,
        overdue: late?.overdue ?? 0,
        ...(late?.oldest ? { oldestOverdue: late.oldest.toISOString() } : {}),
      };
    },
  };
}

function overviewRow(row: Row): OverviewRow {
  const clearance = classOf(row.confidentiality);
  return {
    referral: row.referral_id,
    ...(row.rehearsal ? { rehearsal: true } : {}),
    status: statusWord(row.status),
    requester: row.requester,
    performer: row.performer,
    confidentiality: clearance,
    ...(clearance === "V" ? {} : { priority: priorityWord(row.priority), serviceType: row.service_type }),
    ...(row.expected_institution === "" ? {} : { expectedOf: row.expected_institution }),
    ...(row.expected_until === null ? {} : { expectedUntil: row.expected_until.toISOString() }),
    changedAt: row.changed_at.toISOString(),
  };
}
