// Admits what was asked: the referral and the persons it names must be the sender's own, else it is told that there are none.
import type { Db } from "@ruta/db";
import { newCaseId, newPersonId, parseReferralId, referralId } from "@ruta/events";
import type { Directory } from "@ruta/events";
import type { Claims, Named } from "./claims.ts";
import type { ActIds } from "./content.ts";
import type { Refusal } from "./errors.ts";
import { referenceRefusal } from "./references.ts";
import type { State } from "./state.ts";
import type { Asked } from "./take.ts";

/** What admitting needs. */
export interface AdmitDeps {
  readonly db: Db;
  readonly state: State;
  readonly claims: Claims;
  readonly directory: () => Directory;
}

/** Ids of a person that a request names, and where. */
interface Mention {
  readonly id: string;
  readonly field: string;
}

/** For each of what was asked its ids, or why it is refused. */
export function createAdmit({ db, state, claims, directory }: AdmitDeps) {
  async function parties(batch: readonly Asked[]): Promise<ReadonlySet<string>> {
    const named = batch.flatMap((asked) =>
      referralsNamed(asked).map(({ id }) => ({ institution: asked.institution, id })),
    );
    const own = new Set<string>();
    for (const institution of new Set(named.map((each) => each.institution))) {
      const ids = named.filter((each) => each.institution === institution).map(({ id }) => id);
      for (const id of await state.partyOf(db, institution, ids)) own.add(`${institution} ${id}`);
      for (const id of await claims.requestsOf(db, institution, ids)) own.add(`${institution} ${id}`);
    }
    return own;
  }

  /** Persons of an institution's receipts and accepted referrals; those of a referral too, where more is said of one of its persons. */
  async function known(batch: readonly Asked[]): Promise<ReadonlySet<string>> {
    const persons = batch.flatMap((asked): Named[] =>
      personsNamed(asked).map(({ id }) => ({ institution: asked.institution, personId: id })),
    );
    const supplemented = batch.flatMap(({ envelope: { input } }) =>
      input.act === "supplement" ? [input.data.referral] : [],
    );
    const [own, ofReferral] = await Promise.all([
      claims.knownPersons(db, persons),
      supplemented.length === 0 ? new Set<string>() : state.personsOf(db, supplemented),
    ]);
    return own.union(ofReferral);
  }

  return async function admit(batch: readonly Asked[]): Promise<(ActIds | Refusal)[]> {
    const [referrals, persons] = await Promise.all([parties(batch), known(batch)]);
    return batch.map(
      (asked) =>
        referralRefusal(asked, referrals) ??
        personRefusal(asked, persons) ??
        referenceRefusal(asked.envelope.input, directory(), asked.receivedAt) ??
        idsOf(asked),
    );
  };
}

function idsOf({ envelope: { input } }: Asked): ActIds {
  if (input.act !== "request") {
    const id = input.data.referral;
    return { referralId: id, caseId: parseReferralId(id)?.caseId ?? "" };
  }
  const caseId = newCaseId();
  return {
    caseId,
    referralId: referralId(caseId, 1),
    personId: input.data.person?.id ?? newPersonId(),
    memberIds: (input.data.members ?? []).map((member) => member.id ?? newPersonId()),
  };
}

function referralsNamed({ envelope: { input } }: Asked): Mention[] {
  if (input.act !== "request") return [{ id: input.data.referral, field: "data.referral" }];
  return input.data.basedOn === undefined ? [] : [{ id: input.data.basedOn, field: "data.basedOn" }];
}

function personsNamed({ envelope: { input } }: Asked): Mention[] {
  if (input.act !== "request" && input.act !== "supplement") return [];
  const { person, members = [] } = input.data;
  return [
    ...(person?.id === undefined ? [] : [{ id: person.id, field: "data.person.id" }]),
    ...members.flatMap(({ id }, index) => (id === undefined ? [] : [{ id, field: `data.members.${index}.id` }])),
  ];
}

function referralRefusal(asked: Asked, own: ReadonlySet<string>): Refusal | undefined {
  const missing = referralsNamed(asked).find(({ id }) => !own.has(`${asked.institution} ${id}`));
  return missing && { code: "referral-not-found", field: missing.field };
}

function personRefusal(asked: Asked, own: ReadonlySet<string>): Refusal | undefined {
  const { institution, envelope } = asked;
  const { input } = envelope;
  const referral = input.act === "supplement" ? input.data.referral : "";
  const missing = personsNamed(asked).find(
    ({ id }) => !own.has(`${institution} ${id}`) && !own.has(`${referral} ${id}`),
  );
  return missing && { code: "person-not-found", field: missing.field };
}
