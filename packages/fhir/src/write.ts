// FHIR out: a referral as a Bundle of Task and ServiceRequest, thin: ids, codes and times; what is said of a person is fetched. Pure.
import { createHash } from "node:crypto";
import { REQUEST_PRIORITIES } from "./codes.ts";
import { outcomeOf } from "./outcome.ts";
import type { Issue } from "./outcome.ts";
import { EXTENSION, HL7, PROFILE, RUTA } from "./systems.ts";

/** A referral as one recipient may see it. What it may not see, or what is not there, is left out. Times are RFC 3339. */
export interface Picture {
  readonly referral: string;
  readonly case: string;
  /** Task.status; "submitted" while it is not decided, "refused" when the request was. */
  readonly status: string;
  /** BSeR's; an empty code is none. */
  readonly businessStatus?: { readonly code: string };
  readonly priority?: string;
  readonly confidentiality?: string;
  readonly requester?: string;
  readonly performer?: string;
  /** The recipient's own number, and which of the two it is. */
  readonly number?: { readonly type: "PLAC" | "FILL"; readonly value: string };
  readonly serviceType?: string;
  readonly service?: string;
  /** Coded need. */
  readonly need?: string;
  readonly basedOn?: string;
  readonly replaces?: string;
  readonly authoredOn?: string;
  readonly lastModified?: string;
  /** Coded reason of the status. */
  readonly reasonCode?: string;
  readonly outcomeCode?: string;
  readonly reachedAt?: string;
  readonly appointmentAt?: string;
  readonly expectedAt?: string;
  readonly expected?: { readonly institution: string; readonly acts: readonly string[]; readonly until?: string };
  /** Where its content is fetched. */
  readonly content: string;
}

/** What a delivery adds: the event that it tells, by its act and its place in the lane. */
export interface Told {
  readonly event: string;
  readonly act: string;
  readonly sequence: number;
}

/** A FHIR resource. */
export type Json = Record<string, unknown>;

/** A Bundle and what stands in it. `refusals` are told beside the referral, or alone where there is none to show. */
export function bundleOf(
  picture: Picture | undefined,
  { told, refusals = [], at }: { told?: Told; refusals?: readonly Issue[]; at?: string | undefined },
): Json {
  const seed = picture?.referral ?? told?.event ?? "";
  const request = urn("ServiceRequest", seed);
  const resources: { url: string; resource: Json }[] = [
    ...(picture
      ? [
          { url: urn("Task", seed), resource: taskOf(picture, request, told) },
          { url: request, resource: serviceRequestOf(picture) },
        ]
      : []),
    ...(refusals.length > 0
      ? [{ url: urn("OperationOutcome", told?.event ?? seed), resource: outcomeOf(refusals) }]
      : []),
  ];
  return compact({
    resourceType: "Bundle",
    identifier: told && { system: RUTA.event, value: told.event },
    type: "collection",
    timestamp: at,
    entry: resources.map(({ url, resource }) => ({ fullUrl: url, resource })),
  });
}

/** A name-based UUID (RFC 9562, version 8): the same referral has the same addresses in every Bundle. */
function urn(type: string, name: string): string {
  const bytes = createHash("sha256").update(`ruta/${type}/${name}`).digest().subarray(0, 16);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x80;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = bytes.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
  return `urn:uuid:${hex}`;
}

const concept = (system: string, code: string | undefined, text?: string) =>
  code === undefined ? undefined : compact({ coding: [{ system, code }], text });
const identifier = (system: string, value: string) => ({ system, value });
const organization = (id: string) => ({ type: "Organization", identifier: identifier(RUTA.institution, id) });
const referralNamed = (id: string) => ({ type: "ServiceRequest", identifier: identifier(RUTA.referral, id) });
/** What the recipient may not see is said to be hidden, not to be missing (FHIR data-absent-reason). */
const MASKED = { extension: [{ url: HL7.dataAbsent, valueCode: "masked" }] };

/** Statuses of the hub that are none of R4. */
const STATUS: Readonly<Record<string, string>> = { submitted: "requested", refused: "failed" };
/** ServiceRequest.status beside Task.status; others are active. */
const REQUEST_STATUS: Readonly<Record<string, string>> = {
  "on-hold": "on-hold",
  rejected: "revoked",
  cancelled: "revoked",
  failed: "revoked",
  refused: "revoked",
  completed: "completed",
  "entered-in-error": "entered-in-error",
};

function identifiersOf({ referral, number }: Picture): Json[] {
  const own = number && {
    type: { coding: [{ system: HL7.identifierType, code: number.type }] },
    value: number.value,
  };
  return [identifier(RUTA.referral, referral), ...(own ? [own] : [])];
}

function metaOf({ confidentiality }: Picture, profile?: string): Json | undefined {
  return some({
    profile: profile === undefined ? undefined : [profile],
    security: confidentiality === undefined ? undefined : [{ system: HL7.confidentiality, code: confidentiality }],
  });
}

function taskOf(picture: Picture, focus: string, told: Told | undefined): Json {
  const { requester, performer, businessStatus, reasonCode, expectedAt, reachedAt, authoredOn } = picture;
  const whole = requester !== undefined && authoredOn !== undefined;
  return compact({
    resourceType: "Task",
    id: picture.referral,
    meta: metaOf(picture, whole ? PROFILE.task : undefined),
    extension: extensionsOf(picture, told),
    identifier: identifiersOf(picture),
    groupIdentifier: identifier(RUTA.case, picture.case),
    status: STATUS[picture.status] ?? picture.status,
    // SDOH Clinical Care asks for a text wherever there is a reason; ours says the code again.
    statusReason: concept(RUTA.reason, reasonCode, reasonCode),
    businessStatus:
      businessStatus && businessStatus.code !== "" ? concept(HL7.businessStatus, businessStatus.code) : undefined,
    intent: "order",
    priority: REQUEST_PRIORITIES[picture.priority ?? ""],
    code: { coding: [{ system: HL7.taskCode, code: "fulfill" }] },
    focus: { reference: focus, type: "ServiceRequest" },
    for: subjectOf(picture),
    executionPeriod: reachedAt === undefined ? undefined : { end: reachedAt },
    authoredOn,
    lastModified: picture.lastModified,
    requester: requester === undefined ? MASKED : organization(requester),
    owner: performer === undefined ? undefined : organization(performer),
    restriction: expectedAt === undefined ? undefined : { period: { end: expectedAt } },
    output: outputsOf(picture),
  });
}

function extensionsOf({ expected, content }: Picture, told: Told | undefined): Json[] {
  const inner = expected && [
    { url: "institution", valueString: expected.institution },
    ...expected.acts.map((act) => ({ url: "act", valueCode: act })),
    ...(expected.until === undefined ? [] : [{ url: "until", valueDateTime: expected.until }]),
  ];
  return [
    ...(told
      ? [
          { url: EXTENSION.act, valueCode: told.act },
          { url: EXTENSION.sequence, valueUnsignedInt: told.sequence },
        ]
      : []),
    ...(inner ? [{ url: EXTENSION.expected, extension: inner }] : []),
    { url: EXTENSION.content, valueUrl: content },
  ];
}

function outputsOf({ outcomeCode, appointmentAt }: Picture): Json[] | undefined {
  const all = [
    ...(outcomeCode === undefined
      ? []
      : [{ type: concept(RUTA.output, "outcome"), valueCodeableConcept: concept(RUTA.outcome, outcomeCode) }]),
    ...(appointmentAt === undefined
      ? []
      : [{ type: concept(RUTA.output, "appointment"), valueDateTime: appointmentAt }]),
  ];
  return all.length === 0 ? undefined : all;
}

function serviceRequestOf(picture: Picture): Json {
  const { requester, performer, service, serviceType, need, basedOn, replaces } = picture;
  return compact({
    resourceType: "ServiceRequest",
    id: picture.referral,
    meta: metaOf(picture),
    identifier: identifiersOf(picture),
    basedOn: basedOn === undefined ? undefined : [referralNamed(basedOn)],
    replaces: replaces === undefined ? undefined : [referralNamed(replaces)],
    requisition: identifier(RUTA.case, picture.case),
    status: REQUEST_STATUS[picture.status] ?? "active",
    intent: "order",
    priority: REQUEST_PRIORITIES[picture.priority ?? ""],
    code: concept(RUTA.serviceType, serviceType) ?? MASKED,
    subject: subjectOf(picture),
    authoredOn: picture.authoredOn,
    requester: requester === undefined ? MASKED : organization(requester),
    performer: performersOf(performer, service),
    reasonCode: need === undefined ? undefined : [concept(RUTA.need, need)],
  });
}

function performersOf(performer: string | undefined, service: string | undefined): Json[] | undefined {
  const all = [
    ...(performer === undefined ? [] : [organization(performer)]),
    ...(service === undefined ? [] : [{ type: "HealthcareService", identifier: identifier(RUTA.service, service) }]),
  ];
  return all.length === 0 ? undefined : all;
}

/** The person of this case: who it is, its content says to those entitled. */
function subjectOf(picture: Picture): Json {
  return { type: "Patient", identifier: identifier(RUTA.case, picture.case) };
}

function some(fields: Json): Json | undefined {
  const all = compact(fields);
  return Object.keys(all).length === 0 ? undefined : all;
}

function compact(fields: Json): Json {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
