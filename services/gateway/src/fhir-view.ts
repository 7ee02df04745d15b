// A referral as its viewer may see it, in FHIR: made of the very body that GET answers in JSON, so that both disclose the same. Pure.
import { bundleOf } from "@ruta/fhir";
import type { Issue, Json, Picture } from "@ruta/fhir";
import { wordOf } from "@ruta/events";

/** The body of GET /v1/referrals/{id}, as far as FHIR shows it. */
interface Body {
  readonly referral: string;
  readonly case: string;
  readonly role?: "requester" | "performer";
  readonly status: string;
  readonly businessStatus?: { readonly code: string };
  readonly priority?: string;
  readonly confidentiality?: string;
  readonly requester?: string;
  readonly performer?: string;
  readonly number?: string;
  readonly serviceType?: string;
  readonly reasonCode?: string;
  readonly basedOn?: string;
  readonly replaces?: string;
  readonly expected?: { readonly institution: string; readonly acts: readonly string[]; readonly until?: string };
  readonly content?: string;
  readonly history?: readonly Step[];
  readonly refusals?: readonly { readonly code: string; readonly remedy?: string; readonly act?: string }[];
}

interface Step {
  readonly fact: string;
  readonly at: { readonly occurred?: string; readonly recorded?: string };
  readonly reasonCode?: string;
  readonly outcomeCode?: string;
  readonly reachedAt?: string;
  readonly appointmentAt?: string;
  readonly expectedAt?: string;
}

/** Facts that do not change where a referral stands: the reason of its status was given before them. */
const BESIDE: ReadonlySet<string> = new Set(
  [
    "acknowledged",
    "delivered",
    "undeliverable",
    "deliveryLate",
    "supplemented",
    "supplementAcknowledged",
    "disputed",
    "setAside",
  ].map(wordOf),
);
const REFUSED_STATUS = 422;

/** The Bundle of a referral. */
export function fhirView(seen: Readonly<Record<string, unknown>>): Json {
  const body = seen as unknown as Body;
  const { history = [], refusals = [], role, number } = body;
  const last = history.findLast(({ fact }) => !BESIDE.has(fact));
  const accepted = history.findLast(({ fact }) => fact === "accepted");
  const picture: Picture = {
    ...pick(body, ["referral", "case", "status", "businessStatus", "priority", "confidentiality", "requester"]),
    ...pick(body, ["performer", "serviceType", "basedOn", "replaces", "expected"]),
    ...(number === undefined ? {} : { number: { type: role === "requester" ? "PLAC" : "FILL", value: number } }),
    ...(body.reasonCode === undefined ? {} : { need: body.reasonCode }),
    ...(last ? pick(last, ["reasonCode", "outcomeCode", "reachedAt", "appointmentAt"]) : {}),
    ...(accepted ? pick(accepted, ["expectedAt"]) : {}),
    ...times(history),
    content: body.content ?? `/v1/referrals/${body.referral}/content`,
  };
  const issues = refusals.map(({ code, remedy, act }): Issue => ({
    code,
    status: REFUSED_STATUS,
    title: `Your ${act ?? "act"} was refused`,
    ...(remedy === undefined ? {} : { remedy }),
  }));
  return bundleOf(picture, { refusals: issues, at: history.at(-1)?.at.recorded });
}

function times(history: readonly Step[]): Pick<Picture, "authoredOn" | "lastModified"> {
  const [first, last] = [history[0]?.at.occurred ?? history[0]?.at.recorded, history.at(-1)?.at.recorded];
  return {
    ...(first === undefined ? {} : { authoredOn: first }),
    ...(last === undefined ? {} : { lastModified: last }),
  };
}

/** The named fields that are there. */
function pick<T extends object, K extends keyof T>(from: T, names: readonly K[]): Pick<T, K> {
  return Object.fromEntries(names.flatMap((name) => (from[name] === undefined ? [] : [[name, from[name]]]))) as Pick<
    T,
    K
  >;
}
