// What each act carries: one strict schema an act, from which validation, types and the published description come.
import { REHEARSALS, isPlainId, parseReferralId } from "@ruta/events";
import { z } from "zod";
import * as codes from "./codes.ts";
import type { Act } from "@ruta/events";
import { calendarDate, directoryId, knownPersonSchema, memberSchema, personSchema } from "./person.ts";

/** An instant with its offset (RFC 3339). */
export const instant = z.iso.datetime({ offset: true });

const referral = z.string().refine((id) => parseReferralId(id) !== undefined);
const worker = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$/)
  .meta({ description: "Your own opaque reference of the worker who acts; never a name or a document number" });
const number = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9 ._:/-]{0,63}$/)
  .meta({ description: "Your own number of the referral; never a document number" });
const note = z.string().min(1).max(100_000).meta({ description: "Free text; sealed, and read only by those entitled" });
/** An id of the hub: of an event, or of a section. */
const plainId = z.string().refine(isPlainId);

const consent = z
  .strictObject({
    basis: z.enum(Object.keys(codes.BASES) as (keyof typeof codes.BASES)[]),
    recipients: z.array(directoryId).min(1).max(50).optional(),
    recipientClass: z.enum(codes.RECIPIENT_CLASSES).optional(),
    givenOn: calendarDate,
    evidence: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9 ._:/-]{0,127}$/),
  })
  .meta({
    id: "Consent",
    description:
      "The basis of the disclosure (E explicit consent, A assent, O duty to report, V vital interest, N no personal data) and whom it covers: recipients, recipientClass, or both",
  });

const roadmapId = z.string().regex(/^[A-Z][A-Z0-9-]{0,19}$/);
const stageId = z.string().regex(/^[A-Z][A-Z0-9-]{0,19}\.[0-9]{1,2}[a-z]?$/);

const request = z.strictObject({
  serviceType: z.string().regex(/^[A-Z0-9][A-Z0-9-]{0,39}$/),
  priority: z.enum(Object.keys(codes.PRIORITIES) as (keyof typeof codes.PRIORITIES)[]),
  performer: directoryId.optional(),
  service: directoryId.optional(),
  reasonCode: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9-]{0,39}$/)
    .optional(),
  confidentiality: z.enum(Object.keys(codes.CLASSES) as (keyof typeof codes.CLASSES)[]).optional(),
  number: number.optional(),
  basedOn: referral.optional(),
  worker: worker.optional(),
  consent,
  person: personSchema.optional(),
  members: z.array(memberSchema).max(20).optional(),
  note: note.optional(),
  roadmap: roadmapId.optional().meta({
    description:
      "Roadmap (ruta) that the case runs from here on, such as R12; left out: this one referral is all there is",
  }),
  decision: z.enum(["propose", "automatic"]).optional().meta({
    description:
      "propose: you are sent candidates with the result of each criterion, and your worker chooses; automatic: the hub chooses. Left out: what the stage of the roadmap says, and without a roadmap automatic",
  }),
  stage: stageId.optional().meta({
    description: "Stage of the roadmap that is asked for; left out: the first that serviceType serves",
  }),
  rehearsal: z.enum(REHEARSALS).optional().meta({
    description:
      "Makes it a rehearsal: chosen like a real one, sent to nobody, in no figure. A simulated counterpart serves it (complete), rejects it so that the next candidate serves (reject), or never answers (silent)",
  }),
});

const answer = { referral, worker, note: note.optional() };

/** The data of each act. */
export const DATA = {
  request,
  receive: z.strictObject(answer),
  accept: z.strictObject({ ...answer, number: number.optional(), expectedAt: instant.optional() }),
  reject: z.strictObject({ ...answer, reasonCode: z.enum(codes.REJECT_REASONS) }),
  schedule: z.strictObject({ ...answer, appointmentAt: instant }),
  "no-show": z.strictObject(answer),
  "cancel-appointment": z.strictObject({ ...answer, reasonCode: z.enum(codes.APPOINTMENT_REASONS).optional() }),
  report: z.strictObject(answer),
  start: z.strictObject(answer),
  hold: z.strictObject({ ...answer, reasonCode: z.enum(codes.HOLD_REASONS) }),
  resume: z.strictObject(answer),
  cancel: z.strictObject({ ...answer, reasonCode: z.enum(codes.CANCEL_REASONS) }),
  "confirm-cancellation": z.strictObject(answer),
  complete: z.strictObject({ ...answer, outcomeCode: z.enum(codes.OUTCOMES), reachedAt: instant.optional() }),
  fail: z.strictObject({ ...answer, reasonCode: z.enum(codes.FAIL_REASONS) }),
  "mark-in-error": z.strictObject({ ...answer, reasonCode: z.enum(codes.ERROR_REASONS) }),
  redirect: z.strictObject({ ...answer, performer: directoryId.optional(), consent }),
  acknowledge: z.strictObject(answer),
  dispute: z.strictObject({
    ...answer,
    event: plainId.meta({ description: "The id of the event that told you of the act" }),
    reasonCode: z.enum(codes.DISPUTE_REASONS),
  }),
  supplement: z.strictObject({
    ...answer,
    person: knownPersonSchema.optional(),
    members: z.array(knownPersonSchema).max(20).optional(),
    supersedes: z.array(plainId).min(1).max(50).optional().meta({
      description:
        "Ids of sections that you sent and that no longer hold, as GET of the content shows them. Each goes as a whole: say again what still holds of it",
    }),
  }),
  "acknowledge-supplement": z.strictObject({
    ...answer,
    event: plainId.meta({ description: "The id of the ruta.referral.supplement you were told of" }),
  }),
  choose: z.strictObject({
    ...answer,
    performer: directoryId.meta({ description: "The institution that you choose of those proposed" }),
    service: directoryId.optional(),
    reasonCode: z.enum(codes.CHOICE_REASONS),
  }),
  "open-stage": z.strictObject({
    ...answer,
    stage: stageId.meta({ description: "Stage of the case's roadmap to begin; referral is any of the case" }),
    performer: directoryId.optional(),
    consent: consent.optional(),
  }),
  "record-stage": z.strictObject({
    ...answer,
    stage: stageId.meta({ description: "Stage of the case's roadmap that ended without a referral" }),
    outcomeCode: z.enum(codes.STAGE_OUTCOMES),
  }),
  "close-case": z.strictObject({ ...answer, reasonCode: z.enum(codes.CLOSE_REASONS) }),
} as const satisfies Record<Act, z.ZodType>;

/** The data of an act, checked. */
type ActData<A extends Act = Act> = z.infer<(typeof DATA)[A]>;

/** The data of a request. */
export type RequestData = ActData<"request">;

/** The data of a supplement. */
export type SupplementData = ActData<"supplement">;

/** The basis as a sender states it. */
export type ConsentInput = z.infer<typeof consent>;

/** An act and its data, as one of a closed list. */
export type ActInput = { [A in Act]: { readonly act: A; readonly data: ActData<A> } }[Act];
