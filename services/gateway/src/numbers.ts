// By which numbers institutions name referrals, and what is known of the referrals that somebody names.
import { sql } from "@ruta/db";
import type { Querying, Tx } from "@ruta/db";
import { parseReferralId, statusWord } from "@ruta/events";
import type { ReferralEvent, Status } from "@ruta/events";

/** Whose number it is: the requester's own (PLAC) or the performer's own (FILL). */
export type NumberKind = "PLAC" | "FILL";

/** A referral of an institution, and its standing. */
interface Standing {
  readonly referral: string;
  readonly role: "requester" | "performer";
  readonly status: string;
}

/** The numbers in one schema. */
export interface Numbers {
  /** Adds the numbers that events bring. */
  fold(tx: Tx, events: readonly ReferralEvent[]): void;
  /** The referrals of an institution under these ids, by id. */
  named(on: Querying, institution: string, referrals: readonly string[]): Promise<Map<string, Standing>>;
  /** Its referrals under its own numbers, by `kind number`; of the same case the latest, since a successor keeps the number. */
  numbered(
    on: Querying,
    institution: string,
    numbers: readonly { readonly kind: NumberKind; readonly number: string }[],
  ): Promise<Map<string, Standing[]>>;
}

interface Row {
  referral_id: string;
  requester: string;
  performer: string;
  status: Status;
}

/** The numbers kept in `schema`. */
export function createNumbers(schema: string): Numbers {
  const referral = sql.id(schema, "referral");
  const table = sql.id(schema, "referral_number");
  return {
    fold(tx, events) {
      const brought = events.flatMap(numbersOf);
      if (brought.length === 0) return;
      tx.send(sql`
        insert into ${table} (institution, kind, number, referral_id)
        select * from unnest(${brought.map((b) => b.institution)}::text[], ${brought.map((b) => b.kind)}::text[],
          ${brought.map((b) => b.number)}::text[], ${brought.map((b) => b.referralId)}::text[])
        on conflict do nothing`);
    },

    async named(on, institution, referrals) {
      if (referrals.length === 0) return new Map();
      const rows = await on.query<Row>(sql`
        select referral_id, requester, performer, status from ${referral}
        where referral_id = any(${[...referrals]}::text[]) and (requester = ${institution} or performer = ${institution})`);
      return new Map(rows.map((row) => [row.referral_id, standingOf(row, institution)]));
    },

    async numbered(on, institution, numbers) {
      if (numbers.length === 0) return new Map();
      const rows = await on.query<Row & { kind: NumberKind; number: string }>(sql`
        select n.kind, n.number, r.referral_id, r.requester, r.performer, r.status
        from unnest(${numbers.map((n) => n.kind)}::text[], ${numbers.map((n) => n.number)}::text[]) as k (kind, number)
        join ${table} n on n.institution = ${institution} and n.kind = k.kind and n.number = k.number
        join ${referral} r on r.referral_id = n.referral_id
        where r.requester = ${institution} or r.performer = ${institution}`);
      const found = Map.groupBy(rows, ({ kind, number }) => `${kind} ${number}`);
      return new Map(
        [...found].map(([key, own]) => [key, latestOfEach(own).map((row) => standingOf(row, institution))]),
      );
    },
  };
}

function numbersOf({ fact, requester, performer, referralId }: ReferralEvent) {
  const of = (institution: string, kind: NumberKind, number: string) =>
    number === "" || institution === "" ? [] : [{ institution, kind, number, referralId }];
  if (fact.case === "requested") return of(requester, "PLAC", fact.value.placerNumber);
  return fact.case === "accepted" ? of(performer, "FILL", fact.value.fillerNumber) : [];
}

function standingOf({ referral_id, requester, performer, status }: Row, institution: string): Standing {
  // Whoever refers to itself acts as the performer; as the requester it can still name the referral's own id.
  const role = requester === institution && performer !== institution ? "requester" : "performer";
  return { referral: referral_id, role, status: status === 0 ? "submitted" : statusWord(status) };
}

function latestOfEach<R extends Row>(rows: readonly R[]): R[] {
  const ordinal = ({ referral_id }: R) => parseReferralId(referral_id)?.ordinal ?? 0;
  const cases = Map.groupBy(rows, ({ referral_id }) => parseReferralId(referral_id)?.caseId ?? "");
  return [...cases.values()].map((own) => own.reduce((best, row) => (ordinal(row) > ordinal(best) ? row : best)));
}
