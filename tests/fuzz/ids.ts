// Which ids each route of the hub takes, and who of staff may use it: the table of the tenancy test. A route, or a name in one, that
// is not here fails that test.
import { TOPICS } from "@ruta/events";
import type { JsonSchema, Route } from "../inspect.ts";
import { SAMPLES } from "./samples.ts";

/** Where ids stand in a route of the gateway; none where it takes none. */
export const OUTSIDE: Readonly<Record<string, string>> = {
  "POST /v1/in/:institution": "acts",
  "POST /v1/in/:institution/check": "acts",
  "POST /v1/in/:institution/fhir": "fhir",
  "GET /v1/referrals": "cursor",
  "GET /v1/referrals/:id": "referral",
  "GET /v1/referrals/:id/content": "referral",
  "GET /v1/inbox": "cursor",
  "POST /v1/inbox/ack": "cursor",
  "GET /v1/directory/:part": "none: the same for all",
  "GET /v1/keys": "none: public",
  "GET /fhir/metadata": "none: public",
  "GET /docs": "none: public",
  "GET /docs/errors": "none: public",
  "GET /": "none: public",
  "GET /openapi.json": "none: public",
  "GET /asyncapi.json": "none: public",
  "GET /schemas": "none: public",
  "GET /healthz": "none: public",
  "GET /readyz": "none: public",
};

/** What names ids in what institutions send; the tests ask for another's by each. Institutions and services are public. */
export const OUTSIDE_IDS = ["referral", "basedOn", "id", "event", "supersedes", "cursor", "after"];

/** What else institutions send. */
export const OUTSIDE_OTHERS =
  `institution specversion source subject time datacontenttype dataschema traceparent type data serviceType
  priority performer service reasonCode confidentiality number worker consent person members note rehearsal roadmap stage decision expectedAt appointmentAt
  outcomeCode reachedAt basis recipients recipientClass givenOn evidence ageBand absent sex nationality papers territory accused identity
  name given family chosen birthDate genderIdentity documents issuer contact phone email address safe languages narrative relation
  resourceType state role since limit wait part`.split(/\s+/);

/** Who of staff may: anyone, who may watch (operator, administrator, auditor), who may operate (without the auditor), who changes
 * the directory (administrator; the recovery key only for a new administrator), or an administrator alone. */
type Who = "anyone" | "watch" | "operate" | "directory" | "administrator";

/** By its role, who is refused. `recovery` is refused on the directory by what it does, not by its role. */
export const REFUSED: Readonly<Record<Who, readonly string[]>> = {
  anyone: [],
  watch: ["recoverer"],
  operate: ["recoverer", "auditor"],
  directory: ["auditor", "operator"],
  administrator: ["recoverer", "auditor", "operator"],
};

/** Who may use a route, the kind of id under each of its names, and what its body has besides, so that it is the ids that count. */
interface Rule {
  readonly who: Who;
  readonly ids: Readonly<Record<string, string>>;
  readonly body: object;
}

/** Where a page of a list goes on, and what lies deeper in a body: known, and not asked for by another's. */
export const PLACE = "place";
export const INNER = "inner";

const rule =
  (who: Who) =>
  (ids: Rule["ids"] = {}, body: object = {}): Rule => ({ who, ids, body });
const anyone = rule("anyone");
const watch = rule("watch");
const operate = rule("operate");
const directory = rule("directory");
const administrate = rule("administrator");

const poison = (service: string): Readonly<Record<string, Rule>> => ({
  [`GET /admin/${service}/status`]: watch(),
  [`GET /admin/${service}/poison`]: watch({ key: "case", after: "poison" }),
  [`GET /admin/${service}/poison/:id`]: watch({ id: "poison" }),
  [`POST /admin/${service}/poison/release`]: operate({ key: "case" }, { topic: TOPICS.commands }),
  [`POST /admin/${service}/poison/:id/set-aside`]: operate(
    { id: "poison" },
    { step: "propose", reasonCode: "unreadable" },
  ),
});
const failed = { what: "failed", since: "2026-01-01T00:00:00Z" };
const narrowed = { institution: "institution", case: "case", referral: "referral", delivery: "delivery" };

/** Every route of the admin apps that staff signs for. */
export const STAFF: Readonly<Record<string, Rule>> = {
  ...poison("directory"),
  ...poison("router"),
  ...poison("delivery"),
  ...poison("gateway"),
  "GET /admin/hub/log/:topic": watch({ key: "case", after: PLACE }),
  "GET /admin/hub/keys/ending": watch(),
  "GET /admin/hub/own-keys": watch(),
  "POST /admin/hub/own-keys/:fingerprint/retire": administrate({ fingerprint: "hub key" }),
  "GET /admin/alerts": watch(),
  "POST /admin/directory/apply": directory({ id: INNER, code: INNER, institution: INNER }),
  "POST /admin/directory/keys": directory({ institution: "institution" }),
  "POST /admin/directory/tokens": directory({ institution: "institution" }),
  "POST /admin/directory/endpoints": directory({ institution: "institution" }),
  "POST /admin/directory/keys/rotate": directory({ institution: "institution" }),
  "POST /admin/directory/endpoints/rotate": directory({ institution: "institution" }),
  "POST /admin/directory/staff": directory({ id: "staff" }),
  "POST /admin/directory/keys/:id/revoke": directory({ id: "credential", institution: "institution" }),
  "POST /admin/directory/tokens/:id/revoke": directory({ id: "credential", institution: "institution" }),
  "POST /admin/directory/staff/:id/revoke": directory({ id: "staff" }),
  "POST /admin/directory/roadmaps": directory({}, { text: "id: R12" }),
  "POST /admin/directory/roadmaps/approve": directory({ id: PLACE }, { id: "R12", version: 1, sha256: "0".repeat(64) }),
  "GET /admin/directory/roadmaps": anyone(),
  "GET /admin/directory/roadmaps/:id/:version": anyone({ id: PLACE, version: PLACE }),
  "GET /admin/directory/roadmaps/:id/:version/proposal": anyone({ id: PLACE, version: PLACE }),
  "GET /admin/directory": anyone(),
  "GET /admin/directory/keys": anyone(),
  "GET /admin/directory/tokens": anyone(),
  "GET /admin/directory/:kind": anyone(),
  "POST /admin/gateway/histories": watch({ id: "referral" }),
  "GET /admin/router/summary": watch(),
  "GET /admin/router/cases/:id": watch({ id: "case" }),
  "POST /admin/router/referrals/:referral/act": operate(
    { referral: "referral", onBehalfOf: "institution", performer: INNER },
    { act: { act: "accept" }, toldBy: "op", salt: "0123456789abcdefghjkmnpqrs", channel: "phone" },
  ),
  "POST /admin/router/referrals/:referral/reroute": operate(
    { referral: "referral", performer: "institution" },
    { reasonCode: "no-response" },
  ),
  "GET /admin/router/worklist": watch({ after: PLACE, assigned: "staff" }),
  "POST /admin/router/worklist/:id/assign": operate({ id: "referral", staff: "staff" }),
  "POST /admin/router/worklist/:id/resolve": operate({ id: "referral", performer: "institution" }, { how: "retry" }),
  "GET /admin/delivery/summary": watch(),
  "GET /admin/delivery/attempts": watch({
    institution: "institution",
    referral: "referral",
    delivery: "delivery",
    cursor: PLACE,
  }),
  "POST /admin/delivery/redrives/count": watch(narrowed, { ...failed, reason: undefined }),
  "POST /admin/delivery/redrives": operate(narrowed, failed),
  "GET /admin/delivery/redrives": watch({ cursor: PLACE }),
  "GET /admin/delivery/redrives/:id": watch({ id: "redrive" }),
  "POST /admin/delivery/redrives/:id/stop": operate({ id: "redrive" }),
  "POST /admin/delivery/redrives/:id/resume": operate({ id: "redrive" }),
  "GET /admin/delivery/parked": watch({ id: "delivery", institution: "institution", after: PLACE }),
  "POST /admin/delivery/parked/:id/retry": operate({ id: "delivery" }),
  "POST /admin/delivery/parked/:id/skip": operate({ id: "delivery" }),
  "POST /admin/delivery/institutions/:institution/wake": operate({ institution: "institution" }),
  "GET /admin/delivery/endpoints": watch({ after: "institution" }),
  "POST /admin/delivery/endpoints/:institution/pause": operate({ institution: "institution" }),
  "POST /admin/delivery/endpoints/:institution/resume": operate({ institution: "institution" }),
  "POST /admin/delivery/endpoints/:institution/disable": operate({ institution: "institution" }),
  "POST /admin/delivery/endpoints/:institution/test": operate({ institution: "institution" }),
  "GET /admin/gateway/summary": watch(),
  "GET /admin/gateway/referrals": watch({ institution: "institution", cursor: PLACE }),
  "GET /admin/gateway/referrals/:id/choices": watch({ id: "referral" }),
  "GET /admin/gateway/referrals/:id": watch({ id: "referral" }),
  "GET /admin/gateway/inboxes": watch(),
  "GET /admin/gateway/watch": watch({ referral: "referral", institution: "institution" }),
};

/** What else staff sends. */
export const STAFF_OTHERS =
  `topic from limit state reason step reasonCode act expectedAt appointmentAt outcomeCode reachedAt toldBy salt
  channel occurredAt dryRun kind priority hours how outcome since what until parkedReason perSecond service overdue rehearsals fact label
  publicKey mode url scheme ratePerSecond overlapHours roles entries value name type functions taxonomy asOf`.split(
    /\s+/,
  );

/** Every name of a schema's properties, however deep. */
function namesIn(schema: JsonSchema | undefined): string[] {
  const {
    properties = {},
    $defs = {},
    anyOf = [],
    oneOf = [],
    allOf = [],
    items,
  } = (schema ?? {}) as {
    readonly [part in "properties" | "$defs"]?: Readonly<Record<string, JsonSchema>>;
  } & { readonly [part in "anyOf" | "oneOf" | "allOf"]?: readonly JsonSchema[] } & { readonly items?: JsonSchema };
  const inner = [...Object.values(properties), ...Object.values($defs), ...anyOf, ...oneOf, ...allOf];
  return [...Object.keys(properties), ...[...inner, ...(items ? [items] : [])].flatMap(namesIn)];
}

/** Every name of a value, however deep. */
function namesOf(value: unknown): string[] {
  if (typeof value !== "object" || value === null) return [];
  const own = Array.isArray(value) ? [] : Object.keys(value);
  return [...own, ...Object.values(value).flatMap(namesOf)];
}

/** Every name by which a route takes something; where it has no schema, those of the fuzz's samples. */
export function namesTaken({ method, url, params, query, body }: Route): string[] {
  const inPath = [...url.matchAll(/:(\w+)/g)].map(([, name]) => name!);
  const sampled = body === undefined && !url.startsWith("/v1/") ? namesOf(SAMPLES[`${method} ${url}`]) : [];
  return [...new Set([...inPath, ...[params, query, body].flatMap(namesIn), ...sampled])];
}
