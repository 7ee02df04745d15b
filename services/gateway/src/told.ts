// What an institution is sent, by webhook or inbox: the published shape of each event. Delivery writes them; a test across services holds both equal.
import { ACTS, STATUS_WORDS, isCaseAct } from "@ruta/events";
import { z } from "zod";

/** Types of what is told of a referral, without their prefix: acts of the other party, and the hub's own words. */
export const TOLD = [
  ...ACTS.filter((act) => act !== "redirect" && act !== "choose" && !isCaseAct(act)),
  ...(["returned", "proposed", "worklisted", "undeliverable", "refused", "set-aside"] as const),
  ...([
    "stage-opened",
    "stage-offered",
    "stage-ended",
    "case-closed",
    "screening",
    "reminder",
    "rights-alert",
  ] as const),
];

/** How an institution told staff of the hub what was then recorded on its behalf. */
const TOLD_BY = ["phone", "mail", "in-person"] as const;

const instant = z.iso.datetime();
const acts = z.array(z.string()).meta({ description: "Words of acts, such as accept" });

/** The data of what is told: ids, codes and times. Class V shows ids and status only; private providers no need and no reason. */
const data = z.strictObject({
  referral: z.string(),
  case: z.string(),
  content: z.string().meta({ description: "Path of GET by which content is fetched, as far as the disclosure allows" }),
  rehearsal: z.literal(true).optional().meta({
    description: "Set only where no person is behind it: you asked to rehearse, and a simulated counterpart answers",
  }),
  status: z.enum(STATUS_WORDS).optional(),
  businessStatus: z.strictObject({ code: z.string(), text: z.string() }).optional().meta({ description: "HL7 BSeR" }),
  priority: z.enum(["emergency", "urgent", "normal"]).optional(),
  confidentiality: z.enum(["U", "N", "R", "V"]).optional(),
  serviceType: z.string().optional(),
  requester: z.string().optional(),
  performer: z.string().optional(),
  number: z.string().optional().meta({ description: "The recipient's own number of the referral" }),
  replaces: z.string().optional().meta({ description: "The referral that this one takes the place of" }),
  expected: z
    .strictObject({ institution: z.string(), acts, until: instant.optional() })
    .optional()
    .meta({ description: "Who is expected to do what next, and until when" }),
  may: acts.optional().meta({ description: "The acts that the recipient may make now" }),
  expectedAt: instant.optional(),
  appointmentAt: instant.optional(),
  outcomeCode: z.string().optional(),
  reachedAt: instant.optional(),
  reasonCode: z.string().optional(),
  roadmap: z.string().optional().meta({ description: "The roadmap that the case runs" }),
  stage: z.string().optional().meta({ description: "The stage of it that this is about" }),
  roadmaps: z.array(z.string()).optional().meta({ description: "Roadmaps to look at for a person of the case" }),
  clock: z
    .string()
    .optional()
    .meta({ description: "Of a reminder: acknowledge, decide, serve, choose, confirm-cancellation" }),
  percent: z.int().optional().meta({ description: "How many hundredths of the window have passed" }),
  dueAt: instant.optional().meta({ description: "When the window ends" }),
  escalation: z.int().optional().meta({ description: "1 at the end of the window, 2 at the last call" }),
  service: z.string().optional(),
  institution: z.string().optional(),
  candidates: z
    .array(
      z.strictObject({
        institution: z.string(),
        service: z.string(),
        points: z.int().meta({ description: "Sum of the points of its criteria: what the order is made of" }),
        unknown: z.array(z.string()).optional().meta({
          description: "Criteria of which the person's value or the service's rule is not known: never a yes",
        }),
        behind: z
          .array(z.string())
          .optional()
          .meta({ description: "Criteria that rank it behind and exclude nobody, such as language or nearby" }),
      }),
    )
    .optional()
    .meta({
      description: "Whom the requester may agree to, in ranked order; GET shows every criterion of everyone considered",
    }),
  supersedes: z.array(z.string()).optional(),
  event: z.string().optional(),
  code: z.string().optional().meta({ description: "Of what was refused: the code; /docs/errors says what to do" }),
  act: z.string().optional(),
  webhookId: z.string().optional(),
  command: z.string().optional().meta({ description: "Of what was given up: the id of the command" }),
  onBehalf: z
    .strictObject({ institution: z.string(), channel: z.enum(TOLD_BY), staff: z.string() })
    .optional()
    .meta({
      description:
        "Set where staff of the hub recorded what this institution told it; that institution can dispute it, by the id of this event",
    }),
});

/** A CloudEvents 1.0 JSON event as an institution gets it. */
export const toldSchema = z
  .strictObject({
    specversion: z.literal("1.0"),
    id: z.string().meta({ description: "Id of the event: with the recipient, what makes a repeat a repeat" }),
    source: z.literal("/ruta"),
    type: z.enum(TOLD.map((word) => `ruta.referral.${word}` as const)),
    subject: z.string().meta({ description: "The referral" }),
    time: instant,
    datacontenttype: z.literal("application/json"),
    sequence: z
      .string()
      .regex(/^\d{10}$/)
      .meta({
        description: "Counts what is told of a case to this recipient: 1, 2, 3 …; a gap is something undelivered",
      }),
    data,
  })
  .meta({
    id: "Told",
    description: "What an institution is told of a referral; thin: what is said of a person is fetched",
  });

const toldOfEndpoint = {
  specversion: z.literal("1.0"),
  id: z.string(),
  source: z.literal("/ruta"),
  subject: z.string().meta({ description: "The institution" }),
  time: instant,
  datacontenttype: z.literal("application/json"),
};

/** What is told of an institution's own endpoint, without the prefix; posted to it is only the challenge, the rest lies in its inbox. */
export const ENDPOINT_TOLD = ["challenge", "failing", "disabled", "recovered"] as const;

/** A CloudEvents 1.0 JSON event about the recipient's own endpoint. */
export const endpointSchema = z
  .discriminatedUnion("type", [
    z.strictObject({
      ...toldOfEndpoint,
      type: z.literal("ruta.endpoint.challenge"),
      data: z.strictObject({
        challenge: z
          .string()
          .meta({ description: 'Answer 2xx and {"challenge": "…"} with the same text, within 15 s' }),
      }),
    }),
    z.strictObject({
      ...toldOfEndpoint,
      type: z.enum(["ruta.endpoint.failing", "ruta.endpoint.disabled", "ruta.endpoint.recovered"]),
      data: z.strictObject({
        institution: z.string(),
        endpoint: z.string(),
        since: instant.optional().meta({ description: "Since when it has failed" }),
        reasonCode: z.enum(["gone", "failing", "operator"]).optional().meta({
          description: "Why it is disabled: it answered 410, it took nothing for days, or an operator said so",
        }),
      }),
    }),
  ])
  .meta({
    id: "EndpointTold",
    description:
      "The proof that is asked of an endpoint, and how it fares; not about any referral, and without a sequence",
  });
