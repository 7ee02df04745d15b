// Claims in SQL: what the door has taken, unique by webhook-id and by the sender's own number, and whom a sender may name.
import { sql } from "@ruta/db";
import type { Querying, Tx } from "@ruta/db";
import { parseReferralId } from "@ruta/events";

/** A claim as it is kept. */
export interface Claim {
  readonly institution: string;
  readonly webhookId: string;
  readonly commandId: string;
  readonly act: string;
  readonly caseId: string;
  readonly referralId: string;
  /** The sender's own number; only a request claims it, and only once. */
  readonly number: string | undefined;
  readonly receivedAt: number;
  /** The sealed part: a Section, see take.ts. */
  readonly sealed: Uint8Array;
}

/** A key under which a claim may already stand. */
export interface ClaimKey {
  readonly institution: string;
  readonly webhookId: string;
  readonly number: string | undefined;
}

interface Row {
  institution: string;
  webhook_id: string;
  command_id: string;
  act: string;
  case_id: string;
  referral_id: string;
  placer_number: string | null;
  received_at: Date;
  sealed: Uint8Array;
}

/** The claims of one schema. */
export interface Claims {
  /** Claims that stand under any of these keys. */
  find(on: Querying, keys: readonly ClaimKey[]): Promise<Claim[]>;
  /** Adds those whose keys are free; returns the command ids that won. Waits for concurrent claims of the same keys. */
  insert(tx: Tx, claims: readonly Claim[]): Promise<ReadonlySet<string>>;
  /** Takes claims back that this transaction has made. */
  remove(tx: Tx, claims: readonly Claim[]): void;
  /** Of these referrals the ones that the institution requested at this door. */
  requestsOf(on: Querying, institution: string, referrals: readonly string[]): Promise<ReadonlySet<string>>;
  /** Remembers persons of an institution's receipts. */
  addPersons(tx: Tx, persons: readonly Named[]): void;
  /** Of these the pairs that are known, as `institution person`. */
  knownPersons(on: Querying, persons: readonly Named[]): Promise<ReadonlySet<string>>;
}

/** A person as an institution names it. */
export interface Named {
  readonly institution: string;
  readonly personId: string;
}

/** The claims kept in `schema`. */
export function createClaims(schema: string): Claims {
  const claim = sql.id(schema, "claim");
  const knownPerson = sql.id(schema, "known_person");
  const read = sql.raw(
    "c.institution, c.webhook_id, c.command_id, c.act, c.case_id, c.referral_id, c.placer_number, c.received_at, c.sealed",
  );
  const columns = (persons: readonly Named[]) =>
    sql`unnest(${persons.map((p) => p.institution)}::text[], ${persons.map((p) => p.personId)}::text[]) as n (institution, person_id)`;

  return {
    async find(on, keys) {
      const rows = await on.query<Row>(sql`
        select ${read} from ${claim} c join unnest(${keys.map((k) => k.institution)}::text[],
          ${keys.map((k) => k.webhookId)}::text[]) as k (institution, webhook_id)
          on c.institution = k.institution and c.webhook_id = k.webhook_id
        union
        select ${read} from ${claim} c join unnest(${keys.map((k) => k.institution)}::text[],
          ${keys.map((k) => k.number ?? null)}::text[]) as k (institution, placer_number)
          on c.institution = k.institution and c.placer_number = k.placer_number`);
      return rows.map(claimOf);
    },

    async insert(tx, claims) {
      // One order for all writers, so that two batches never wait for each other in a circle.
      const all = claims.toSorted((a, b) => (a.institution + a.webhookId < b.institution + b.webhookId ? -1 : 1));
      const rows = await tx.query<{ command_id: string }>(sql`
        insert into ${claim} (institution, webhook_id, command_id, act, case_id, referral_id, placer_number, received_at, sealed)
        select * from unnest(${all.map((c) => c.institution)}::text[], ${all.map((c) => c.webhookId)}::text[],
          ${all.map((c) => c.commandId)}::text[], ${all.map((c) => c.act)}::text[], ${all.map((c) => c.caseId)}::text[],
          ${all.map((c) => c.referralId)}::text[], ${all.map((c) => c.number ?? null)}::text[],
          ${all.map((c) => new Date(c.receivedAt))}::timestamptz[], ${all.map((c) => c.sealed)}::bytea[])
        on conflict do nothing returning command_id`);
      return new Set(rows.map((row) => row.command_id));
    },

    remove(tx, claims) {
      if (claims.length === 0) return;
      tx.send(sql`
        delete from ${claim} c using unnest(${claims.map((c) => c.institution)}::text[],
          ${claims.map((c) => c.webhookId)}::text[]) as k (institution, webhook_id)
        where c.institution = k.institution and c.webhook_id = k.webhook_id`);
    },

    async requestsOf(on, institution, referrals) {
      if (referrals.length === 0) return new Set();
      const rows = await on.query<{ referral_id: string }>(sql`
        select referral_id from ${claim}
        where institution = ${institution} and act = 'request' and case_id = any(${referrals.map(caseOf)}::text[])
          and referral_id = any(${[...referrals]}::text[])`);
      return new Set(rows.map((row) => row.referral_id));
    },

    addPersons(tx, persons) {
      if (persons.length === 0) return;
      tx.send(sql`insert into ${knownPerson} select * from ${columns(persons)} on conflict do nothing`);
    },

    async knownPersons(on, persons) {
      if (persons.length === 0) return new Set();
      const rows = await on.query<{ institution: string; person_id: string }>(sql`
        select institution, person_id from ${knownPerson} natural join ${columns(persons)}`);
      return new Set(rows.map((row) => `${row.institution} ${row.person_id}`));
    },
  };
}

function caseOf(referralId: string): string {
  return parseReferralId(referralId)?.caseId ?? "";
}

function claimOf(row: Row): Claim {
  return {
    institution: row.institution,
    webhookId: row.webhook_id,
    commandId: row.command_id,
    act: row.act,
    caseId: row.case_id,
    referralId: row.referral_id,
    number: row.placer_number ?? undefined,
    receivedAt: row.received_at.getTime(),
    sealed: row.sealed,
  };
}
