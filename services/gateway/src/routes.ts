// What each outside route takes and says of itself: zod schemas and words, from which the OpenAPI description is made.
import { STATUS_WORDS } from "@ruta/events";
import { z } from "zod";
import { CATALOGUE } from "./catalogue.ts";
import { envelopeSchema } from "./envelope.ts";
import { instant } from "./acts.ts";
import { directoryId } from "./person.ts";

const problem = z
  .looseObject({
    type: z.string(),
    title: z.string(),
    status: z.number(),
    code: z.string(),
    field: z.string().optional(),
    detail: z.string().optional(),
    remedy: z.string(),
  })
  .meta({ id: "Problem", description: "A refusal (RFC 9457); /docs/errors lists the codes" });

const receipt = z.looseObject({}).meta({
  id: "Receipt",
  description: "Signed by a key of GET /v1/keys; `ruta receipt verify` checks it, with the body that was sent",
});

const accepted = z
  .object({
    receipt,
    referral: z.string(),
    case: z.string(),
    person: z.string().optional(),
    members: z.array(z.string()).optional(),
    rehearsal: z.literal(true).optional(),
    decision: z
      .object({
        facts: z.array(z.string()).readonly(),
        status: z.string(),
        performer: z.string().optional(),
        refusal: z.object({ code: z.string(), remedy: z.string() }).optional(),
      })
      .optional()
      .meta({ description: "Only where Prefer: wait asked for it and it was known in time" }),
  })
  .meta({
    id: "Accepted",
    description: "The act is durably recorded; what is decided of it follows by webhook and GET",
  });

const object = z.looseObject({});
const security = [{ token: [] }];

/** POST /v1/in/{institution}. */
export const door = {
  schema: {
    summary: "Send an act",
    description:
      "A CloudEvents 1.0 JSON event of type ruta.referral.<act>, at most 256 KiB, signed by Standard Webhooks (v1 or v1a). The same webhook-id and body again gets the first answer again. Prefer: wait=5 waits up to so many seconds (at most 10) and adds the decision if it is known by then.",
    params: z.object({ institution: directoryId }),
    headers: z.looseObject({
      "webhook-id": z.string().meta({ description: "Yours, one an act; the same again is the same act" }),
      "webhook-timestamp": z.string().meta({ description: "Seconds since 1970, right to 300 s" }),
      "webhook-signature": z.string().meta({ description: "v1,<base64> or v1a,<base64> over id.timestamp.body" }),
    }),
    body: envelopeSchema,
    response: { 202: accepted, "4xx": problem, "5xx": problem },
  },
  // The signature is over the bytes: nothing is parsed or checked before it holds.
  validatorCompiler:
    ({ schema }: { schema: unknown }) =>
    (value: unknown) => {
      const isParams = schema instanceof z.ZodObject && "institution" in schema.shape;
      if (!isParams) return { value };
      const parsed = schema.safeParse(value);
      // An institution that cannot exist is answered like one that does not: by its signature.
      return { value: parsed.success ? parsed.data : { institution: "" } };
    },
};

/** POST /v1/in/{institution}/check. */
export const check = {
  schema: {
    summary: "Ask what would become of an act",
    description:
      "Takes what the door takes, signed in the same way, and records nothing. Whatever the door would refuse, or the lifecycle of the referral as it stands now, is refused here with the same code.",
    params: z.object({ institution: directoryId }),
    body: envelopeSchema,
    response: {
      200: z
        .object({
          act: z.string(),
          would: z.enum(["taken", "repeat"]),
          may: z.array(z.string()).readonly().optional(),
        })
        .meta({ id: "Checked", description: "What would become of the act, and which acts are possible now" }),
      "4xx": problem,
      "5xx": problem,
    },
  },
  validatorCompiler: door.validatorCompiler,
};

/** GET /v1/referrals. */
export const list = {
  schema: {
    summary: "List your referrals",
    description:
      "Those you sent or were sent, oldest change first. Follow next until it is missing; ask again with since.",
    querystring: z.strictObject({
      state: z.enum(STATUS_WORDS).optional(),
      role: z.enum(["requester", "performer"]).optional(),
      since: instant.optional().meta({ description: "Changed at or after this instant" }),
      cursor: z.string().max(200).optional(),
      limit: z.coerce.number().int().min(1).max(200).default(50),
    }),
    response: { 200: z.object({ referrals: z.array(object), next: z.string().optional() }), "4xx": problem },
    security,
  },
};

const byId = z.object({ id: z.string().max(64) });

/** GET /v1/referrals/{id}. */
export const referral = {
  schema: {
    summary: "Read a referral",
    description:
      "State, history, refusals, what is expected next of whom until when, the acts that you may make now (`may`), and what was supplemented. `submitted` until it is decided.",
    params: byId,
    response: { 200: object, "4xx": problem, "5xx": problem },
    security,
  },
};

/** GET /v1/referrals/{id}/content. */
export const content = {
  schema: {
    summary: "Open the content of a referral",
    description:
      "What your role, the state and the clearance class allow, each piece with the id of its section; what was superseded is shown no more. Every opening of identity or narrative is recorded.",
    params: byId,
    response: { 200: object, "4xx": problem, "5xx": problem },
    security,
  },
};

const inboxItem = z
  .object({
    cursor: z.string().meta({ description: "Acknowledges this item and all before it; where to go on" }),
    webhookId: z.string().meta({ description: "The same whenever it is offered again, and the same as by webhook" }),
    contentType: z.string(),
    event: object.meta({ description: "What a webhook would bring" }),
  })
  .meta({ id: "InboxItem" });

/** GET /v1/inbox. */
export const inbox = {
  schema: {
    summary: "Pull your inbox",
    description:
      "The same events in the same order of each case as by webhook, at least once, kept 14 days. Without after it starts behind the last acknowledged one. With wait it answers as soon as there is one.",
    querystring: z.strictObject({
      after: z.string().max(400).optional().meta({ description: "next, or the cursor of an item, as it was answered" }),
      wait: z.coerce.number().int().min(0).max(30).default(0).meta({ description: "Seconds to wait for an item" }),
      limit: z.coerce.number().int().min(1).max(200).default(50),
    }),
    response: {
      200: z.object({ items: z.array(inboxItem), next: z.string().optional() }),
      "4xx": problem,
      "5xx": problem,
    },
    security,
  },
};

/** The body of an acknowledgement. */
export const acknowledgement = z.strictObject({ cursor: z.string().min(1).max(400) });

/** POST /v1/inbox/ack. */
export const acknowledge = {
  schema: {
    summary: "Acknowledge your inbox",
    description: "Everything up to the cursor is taken: its cases are told. The same again changes nothing.",
    body: acknowledgement,
    response: { 200: z.object({ cursor: z.string() }), "4xx": problem, "5xx": problem },
    security,
  },
  // The token is checked first; then the bytes are read as strictly as the door reads them.
  validatorCompiler: () => (value: unknown) => ({ value }),
};

/** GET /v1/directory/{part}. */
export const directory = {
  schema: {
    summary: "Read the directory",
    description: "Institutions, services or terms (and territories) with the revision; HSDS field names. Has an ETag.",
    params: z.object({ part: z.enum(CATALOGUE) }),
    response: { 200: object, "4xx": problem },
    security,
  },
};

/** GET /v1/keys. */
export const keys = {
  schema: {
    summary: "Read the hub's public keys",
    description:
      "JWKS (Ed25519), each key also as whpk_: they verify receipts and v1a deliveries. Those in force come first, the newest before the others; one with `until` signs nothing since then, and verifies the receipts of before for ever.",
    response: { 200: z.object({ keys: z.array(object) }) },
  },
};
