// The view of referrals in SQL: what the fold writes and what reads need. One statement a batch.
import { timestampMs } from "@bufbuild/protobuf/wkt";
import { sql } from "@ruta/db";
import type { Querying, Tx } from "@ruta/db";
import { TOPICS, decodeRecord } from "@ruta/events";
import type { BusinessStatus, Confidentiality, Priority, ReferralEvent, Status } from "@ruta/events";

/** A referral as a row of a list. */
export interface ReferralRow {
  readonly referral_id: string;
  readonly case_id: string;
  readonly requester: string;
  readonly performer: string;
  readonly status: Status;
  readonly business_status: BusinessStatus;
  readonly priority: Priority;
  readonly confidentiality: Confidentiality;
  readonly service_type: string;
  readonly placer_number: string;
  readonly rehearsal: boolean;
  readonly changed_at: Date;
}

/** The columns of a row. Named one by one, so that a migration that adds one leaves prepared statements good. */
export const REFERRAL_ROW =
  sql.raw(`referral_id, case_id, requester, performer, status, business_status, priority, confidentiality,
  service_type, placer_number, rehearsal, changed_at`);

/** The view in one schema. */
export interface State {
  /** Last version folded of each case that has any. */
  versions(on: Querying, cases: readonly string[]): Promise<Map<string, bigint>>;
  /** Adds events, gapless and in order a case, and brings the rows of their referrals up to them. */
  fold(tx: Tx, events: readonly Folded[]): void;
  /** All events of a case, in order. */
  caseEvents(on: Querying, caseId: string): Promise<ReferralEvent[]>;
  /** One page of an institution's referrals, oldest change first. */
  page(on: Querying, filter: PageFilter): Promise<ReferralRow[]>;
  /** Of these referrals the ones to which the institution is a party. */
  partyOf(on: Querying, institution: string, referrals: readonly string[]): Promise<ReadonlySet<string>>;
  /** The persons of these referrals, as `referral person`. */
  personsOf(on: Querying, referrals: readonly string[]): Promise<ReadonlySet<string>>;
}

/** An event as it is read, and as the log has it. */
interface Folded {
  readonly event: ReferralEvent;
  readonly bytes: Uint8Array;
}

/** What a page of referrals is asked for. */
export interface PageFilter {
  readonly institution: string;
  readonly role: "requester" | "performer" | undefined;
  readonly status: Status | undefined;
  /** Changed at or after, milliseconds. */
  readonly since: number;
  /** The last row of the page before. */
  readonly after: { readonly changedAt: number; readonly referralId: string } | undefined;
  readonly limit: number;
}

/** The view kept in `schema`. */
export function createState(schema: string): State {
  const caseEvent = sql.id(schema, "case_event");
  const referral = sql.id(schema, "referral");
  const knownPerson = sql.id(schema, "known_person");

  return {
    async versions(on, cases) {
      const rows = await on.query<{ case_id: string; version: bigint }>(sql`
        select case_id, max(version) as version from ${caseEvent}
        where case_id = any(${[...cases]}::text[]) group by case_id`);
      return new Map(rows.map((row) => [row.case_id, row.version]));
    },

    fold(tx, folded) {
      if (folded.length === 0) return;
      const events = folded.map(({ event }) => event);
      tx.send(sql`
        insert into ${caseEvent} (case_id, version, referral_id, event)
        select * from unnest(${events.map((e) => e.caseId)}::text[], ${events.map((e) => e.version)}::bigint[],
          ${events.map((e) => e.referralId)}::text[], ${folded.map(({ bytes }) => bytes)}::bytea[])`);
      openReferrals(tx, events);
      changeReferrals(tx, lastOfEach(events));
      const taken = accepted(events);
      if (taken.length === 0) return;
      tx.send(sql`
        insert into ${knownPerson} (institution, person_id)
        select r.performer, p from ${referral} r, unnest(r.persons) p
        where r.performer <> '' and not r.rehearsal and r.referral_id = any(${taken}::text[])
        on conflict do nothing`);
    },

    async caseEvents(on, caseId) {
      const rows = await on.query<{ event: Uint8Array }>(sql`
        select event from ${caseEvent} where case_id = ${caseId} order by version`);
      return rows.map((row) => decodeRecord(TOPICS.events, row.event));
    },

    async page(on, { institution, role, status, since, after, limit }) {
      const from = new Date(after?.changedAt ?? since);
      const side = (column: string) => sql`
        (select ${REFERRAL_ROW} from ${referral} where ${sql.id(column)} = ${institution} and ${sql.id(column)} <> ''
          and (changed_at, referral_id) > (${from}, ${after?.referralId ?? ""}) and changed_at >= ${new Date(since)}
          and (${status ?? null}::smallint is null or status = ${status ?? null})
        order by changed_at, referral_id limit ${limit})`;
      if (role !== undefined) return on.query<ReferralRow>(side(role));
      return on.query<ReferralRow>(sql`
        select * from (${side("requester")} union ${side("performer")}) own order by changed_at, referral_id limit ${limit}`);
    },

    async partyOf(on, institution, referrals) {
      const rows = await on.query<{ referral_id: string }>(sql`
        select referral_id from ${referral}
        where referral_id = any(${[...referrals]}::text[]) and (requester = ${institution} or performer = ${institution})`);
      return new Set(rows.map((row) => row.referral_id));
    },

    async personsOf(on, referrals) {
      const rows = await on.query<{ referral_id: string; person: string }>(sql`
        select referral_id, unnest(persons) as person from ${referral} where referral_id = any(${[...referrals]}::text[])`);
      return new Set(rows.map((row) => `${row.referral_id} ${row.person}`));
    },
  };

  /** Rows of referrals that were requested; what never changes of them comes with that event. */
  function openReferrals(tx: Tx, events: readonly ReferralEvent[]): void {
    const opened = events.flatMap((event) =>
      event.fact.case === "requested" ? [{ event, fact: event.fact.value }] : [],
    );
    if (opened.length === 0) return;
    tx.send(sql`
      insert into ${referral} (referral_id, case_id, requester, performer, status, business_status, priority, confidentiality,
        service_type, placer_number, rehearsal, persons, changed_at)
      select id, case_id, requester, '', 0, 0, 0, 0, service_type, number, rehearsal, string_to_array(persons, ' '), 'epoch'
      from unnest(${opened.map(({ event }) => event.referralId)}::text[], ${opened.map(({ event }) => event.caseId)}::text[],
        ${opened.map(({ event }) => event.requester)}::text[], ${opened.map(({ fact }) => fact.serviceType)}::text[],
        ${opened.map(({ fact }) => fact.placerNumber)}::text[], ${opened.map(({ event }) => event.rehearsal !== "")}::boolean[],
        ${opened.map(({ fact }) => [fact.personId, ...fact.members.map((m) => m.personId)].join(" "))}::text[])
        as o (id, case_id, requester, service_type, number, rehearsal, persons)
      on conflict do nothing`);
  }

  function changeReferrals(tx: Tx, last: readonly ReferralEvent[]): void {
    tx.send(sql`
      update ${referral} r set performer = c.performer, status = c.status, business_status = c.business_status,
        priority = c.priority, confidentiality = c.confidentiality, changed_at = c.changed_at,
        expected_institution = c.expected_institution, expected_until = c.expected_until
      from unnest(${last.map((e) => e.referralId)}::text[], ${last.map((e) => e.performer)}::text[],
        ${last.map((e) => e.status)}::smallint[], ${last.map((e) => e.businessStatus)}::smallint[],
        ${last.map((e) => e.priority)}::smallint[], ${last.map((e) => e.confidentiality)}::smallint[],
        ${last.map((e) => new Date(e.recordedAt ? timestampMs(e.recordedAt) : 0))}::timestamptz[],
        ${last.map((e) => e.expectation?.institution ?? "")}::text[],
        ${last.map(({ expectation }) => (expectation?.until ? new Date(timestampMs(expectation.until)) : null))}::timestamptz[])
        as c (referral_id, performer, status, business_status, priority, confidentiality, changed_at, expected_institution,
          expected_until)
      where r.referral_id = c.referral_id`);
  }
}

/** The last event of each referral; refusals change nothing of it. */
function lastOfEach(events: readonly ReferralEvent[]): ReferralEvent[] {
  const facts = events.filter((event) => event.fact.case !== "refused");
  return [...new Map(facts.map((event) => [event.referralId, event])).values()];
}

function accepted(events: readonly ReferralEvent[]): string[] {
  return events.filter((event) => event.fact.case === "accepted").map((event) => event.referralId);
}
