// Who may see what of a referral: one table by role, phase, kind of institution and clearance class. Nothing else decides it.
import { InstitutionType, Status, SystemFunction } from "@ruta/events";
import type { Class, Institution } from "@ruta/events";

/** What an institution is to a referral. */
export type Role = "requester" | "performer" | "other";

/** How far a referral is: the performer has not decided, it serves, it is over. */
export type Phase = "before" | "after" | "ended";

/**
 * How an institution stands to content. `serving`: municipal, public, civil society, international. `private` gets a voucher code, never
 * the reason (domain §2 I50). `academia` serves with consent and does research on nothing that identifies (I49). `observer`: bodies that
 * only formulate and observe; they never read content (domain §1).
 */
export type Standing = "serving" | "academia" | "private" | "observer";

/** What can be shown of a referral. */
export type Item =
  | "needs" // service type and coded need
  | "ages" // age bands
  | "household" // members and their relations
  | "territory"
  | "circumstances" // sex, nationality, papers, languages
  | "identity"
  | "narrative" // narratives and notes
  | "accused" // institutions that must never be chosen
  | "voucher"; // a code to serve against, and nothing else

/** What one cell of the table allows, and the name of the cell, for the record of access. */
export interface Disclosure {
  readonly items: ReadonlySet<Item>;
  readonly rule: string;
}

const LETTERS: Readonly<Record<string, Item>> = {
  n: "needs",
  a: "ages",
  h: "household",
  t: "territory",
  c: "circumstances",
  i: "identity",
  s: "narrative",
  x: "accused",
  v: "voucher",
};

type Cells = Readonly<Record<Standing, Readonly<Record<Class, string>>>>;

const NOTHING = { U: "", N: "", R: "", V: "" };
const VOUCHER = { U: "v", N: "v", R: "v", V: "v" };
const OWN = { U: "nahtcisx", N: "nahtcisx", R: "nahtcisx", V: "nahtcisx" };

/** The sender sees what it sent and what came back. */
const REQUESTER: Cells = { serving: OWN, academia: OWN, private: VOUCHER, observer: NOTHING };

const TABLE: Readonly<Record<Exclude<Role, "other">, Readonly<Record<Phase, Cells>>>> = {
  requester: { before: REQUESTER, after: REQUESTER, ended: REQUESTER },
  performer: {
    // Enough to decide whether it can serve. Where a person of class V is, is not part of that.
    before: {
      serving: { U: "naht", N: "naht", R: "naht", V: "nah" },
      academia: { U: "naht", N: "naht", R: "naht", V: "na" },
      private: VOUCHER,
      observer: NOTHING,
    },
    // Whoever serves must know whom; class V is never served by a body that also does research.
    after: {
      serving: { U: "nahtcis", N: "nahtcis", R: "nahtcis", V: "nahtcis" },
      academia: { U: "nahtcis", N: "nahtcis", R: "nahtcis", V: "na" },
      private: VOUCHER,
      observer: NOTHING,
    },
    // The need to know has ended; what it served stays countable.
    ended: {
      serving: { U: "nah", N: "nah", R: "nah", V: "n" },
      academia: { U: "nah", N: "nah", R: "nah", V: "n" },
      private: NOTHING,
      observer: NOTHING,
    },
  },
};

/** The cell of the table for a viewer. */
export function disclosureOf(role: Role, phase: Phase, standing: Standing, clearance: Class): Disclosure {
  const rule = `${role}.${phase}.${standing}.${clearance}`;
  const letters = role === "other" ? "" : TABLE[role][phase][standing][clearance];
  const items = new Set<Item>();
  for (const letter of letters) {
    const item = LETTERS[letter];
    if (item !== undefined) items.add(item);
  }
  return { items, rule };
}

/** How an institution stands to content; one that the directory no longer has observes. */
export function standingOf(institution: Institution | undefined): Standing {
  if (institution === undefined) return "observer";
  const functions = new Set(institution.functions);
  const acts = functions.has(SystemFunction.EXECUTION) || functions.has(SystemFunction.PROTECTION);
  if (functions.has(SystemFunction.FORMULATION) && !acts) return "observer";
  if (institution.type === InstitutionType.PRIVATE) return "private";
  return institution.type === InstitutionType.ACADEMIA ? "academia" : "serving";
}

/** The phase of a status. */
export function phaseOf(status: Status): Phase {
  switch (status) {
    case Status.REQUESTED:
    case Status.RECEIVED:
    case Status.UNSPECIFIED:
      return "before";
    case Status.ACCEPTED:
    case Status.IN_PROGRESS:
    case Status.ON_HOLD:
      return "after";
    default:
      return "ended";
  }
}
