// For tests: a small directory and a case told act by act, each at a time of its own, through decide and evolve alone.
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import type { MessageInitShape } from "@bufbuild/protobuf";
import {
  Channel,
  Confidentiality,
  ConsentBasis,
  Directory,
  EndpointSchema,
  InstitutionSchema,
  InstitutionType,
  Priority,
  ReferralCommandSchema,
  SectionSchema,
  ServiceSchema,
  TerritorySchema,
  create,
  referralId,
} from "@ruta/events";
import type {
  ConsentSchema,
  Criterion,
  Institution,
  ReferralEvent,
  Roadmap,
  Section,
  SectionKind,
  Service,
} from "@ruta/events";
import type { CaseAct } from "@ruta/events";
import type { Notice, RunningAct } from "./acts.ts";
import { wordOf } from "@ruta/events";
import { decide } from "./decide.ts";
import type { Decision } from "./decide.ts";
import type { Routing } from "./routing.ts";
import { emptyCase } from "./state.ts";
import type { CaseState, ReferralState } from "./state.ts";

export const HOUR = 3_600_000;
export const DAY = 24 * HOUR;
/** A Monday, 10:00 in Quito. */
export const MONDAY = Date.parse("2026-11-23T10:00:00-05:00");
export const CASE = "0123456789abcdefghjkmnpqrs";
export const FIRST = referralId(CASE, 1);
export const PERSON = "p-0123456789abcdefghjkmnpqrs";

/** Short words for what a directory of a test holds. */
export interface DirectorySketch {
  readonly institutions: readonly ({ id: string } & MessageInitShape<typeof InstitutionSchema>)[];
  readonly services: readonly ({ id: string; institution: string } & MessageInitShape<typeof ServiceSchema>)[];
  /** Institutions without an endpoint; all others have one. */
  readonly unreachable?: readonly string[];
  /** Each territory and what contains it. */
  readonly territories?: Readonly<Record<string, readonly string[]>>;
  readonly roadmaps?: readonly Roadmap[];
}

/** A committed directory of a sketch, at revision 7. */
export function directoryOf({
  institutions,
  services,
  unreachable = [],
  territories = {},
  roadmaps = [],
}: DirectorySketch): Directory {
  const entities = institutions.map((i) => create(InstitutionSchema, { type: InstitutionType.MUNICIPAL, ...i }));
  const offers = services.map((s) => create(ServiceSchema, { serviceType: "ALO-FAM", acceptsReferrals: true, ...s }));
  const endpoints = entities
    .filter(({ id }) => !unreachable.includes(id))
    .map(({ id }) => create(EndpointSchema, { id: `e-${id}`, institution: id, url: `https://${id}.example/in` }));
  const places = Object.entries(territories).map(([id, within]) =>
    create(TerritorySchema, { id, within: [...within] }),
  );
  const tables = {
    institution: new Map<string, Institution>(entities.map((e) => [e.id, e])),
    service: new Map<string, Service>(offers.map((e) => [e.id, e])),
    endpoint: new Map(endpoints.map((e) => [e.id, e])),
    territory: new Map(places.map((e) => [e.id, e])),
    place: new Map(),
    institutionKey: new Map(),
    accessToken: new Map(),
    staff: new Map(),
    term: new Map(),
    roadmap: new Map(roadmaps.map((one) => [`${one.id}@${one.version}`, one])),
  };
  return new Directory(7n, tables);
}

/** One sender, three houses for families: the first municipal, the second of civil society, the third private. */
export const QUITO = directoryOf({
  institutions: [
    { id: "sender" },
    { id: "house-a" },
    { id: "house-b", type: InstitutionType.CIVIL_SOCIETY },
    { id: "house-c", type: InstitutionType.PRIVATE },
    { id: "stranger" },
  ],
  services: [
    { id: "beds-a", institution: "house-a" },
    { id: "beds-b", institution: "house-b" },
    { id: "beds-c", institution: "house-c" },
  ],
});

/** An explicit consent to any institution. */
export const ANYONE: MessageInitShape<typeof ConsentSchema> = {
  basis: ConsentBasis.EXPLICIT,
  recipientClass: "any",
  givenOn: "2026-11-23",
  evidence: "F-12",
};

type CommandInit = MessageInitShape<typeof ReferralCommandSchema>;
type ActInit = NonNullable<CommandInit["act"]>;

/** A request with what every request has. */
export function asks(fields: Extract<ActInit, { case: "request" }>["value"] = {}): ActInit {
  const usual = {
    personId: PERSON,
    serviceType: "ALO-FAM",
    priority: Priority.URGENT,
    confidentiality: Confidentiality.NORMAL,
    consent: ANYONE,
    ageBand: "18-59",
  };
  return { case: "request", value: { ...usual, ...fields } } as ActInit;
}

/** A sealed section of a test, with nothing in it. */
export function sealed(sectionId: string, subject: string, kind: SectionKind): Section {
  return create(SectionSchema, { sectionId, subject, kind, keyId: `k-${subject}`, ciphertext: new Uint8Array([1, 2]) });
}

/** What a test says of a command besides its act. */
export interface Telling extends Omit<CommandInit, "act" | "$typeName"> {
  readonly by?: string;
  readonly at?: number;
}

/** A case as a test tells it: every act goes through `decide`, and the clock is the test's own. */
export class Story {
  readonly directory: Directory;
  readonly routing: Routing;
  readonly events: ReferralEvent[] = [];
  now = MONDAY;
  state: CaseState = emptyCase(CASE);
  private told = 0;

  constructor(directory: Directory = QUITO, routing: Routing = new Map()) {
    this.directory = directory;
    this.routing = routing;
  }

  /** Tells an act of `by` at `at` (default: one minute later), and answers what came of it. */
  tell(act: ActInit, { by = "sender", at = this.now + 60_000, ...rest }: Telling = {}): Decision {
    this.now = at;
    this.told += 1;
    const command = create(ReferralCommandSchema, {
      commandId: `command-${this.told}`,
      caseId: CASE,
      referralId: FIRST,
      actor: {
        institution: by,
        worker: "op-7",
        channel: by === "hub" ? Channel.HUB : Channel.WEBHOOK,
      },
      receivedAt: timestampFromMs(at),
      webhookId: `msg-${this.told}`,
      act,
      ...rest,
    });
    const position = { topic: "ruta.referral.commands.v1", partition: 3, offset: BigInt(this.told) };
    const decision = decide(this.state, command, {
      directory: this.directory,
      routing: this.routing,
      now: at,
      position,
    });
    this.state = decision.state;
    this.events.push(...decision.events);
    return decision;
  }

  /** A referral of the case, by its ordinal. */
  referral(ordinal = 1): ReferralState {
    const found = this.state.referrals[referralId(CASE, ordinal)];
    if (!found) throw new Error(`the case has no referral ${ordinal}`);
    return found;
  }

  /** All facts so far, in words. */
  facts(): string[] {
    return factsOf(this.events);
  }
}

/** The facts of events in words. */
export function factsOf(events: readonly ReferralEvent[]): string[] {
  return events.map(({ fact }) => (fact.case === undefined ? "" : wordOf(fact.case)));
}

/** The result of a criterion for an institution, in the last event that recorded candidates. */
export function resultOf(story: Story, institution: string, name: string): Criterion | undefined {
  const event = story.events.findLast(({ fact }) => ["addressed", "returned", "worklisted"].includes(fact.case ?? ""));
  const recorded =
    event?.fact.case === "addressed" || event?.fact.case === "returned" || event?.fact.case === "worklisted"
      ? event.fact.value.candidates
      : [];
  return recorded.find((c) => c.institution === institution)?.criteria.find((c) => c.name === name);
}

/** An act with the content that tests use unless they say otherwise. */
export function usual(act: RunningAct | CaseAct | Notice, now: number): ActInit {
  switch (act) {
    case "receive":
      return { case: "receive", value: {} };
    case "accept":
      return { case: "accept", value: { fillerNumber: "B-1" } };
    case "reject":
      return { case: "reject", value: { reasonCode: "no-capacity" } };
    case "schedule":
      return { case: "schedule", value: { appointmentAt: timestampFromMs(now + HOUR) } };
    case "no-show":
      return { case: "noShow", value: {} };
    case "cancel-appointment":
      return { case: "cancelAppointment", value: { reasonCode: "institution" } };
    case "report":
      return { case: "report", value: {} };
    case "start":
      return { case: "start", value: {} };
    case "hold":
      return { case: "hold", value: { reasonCode: "waitlist" } };
    case "resume":
      return { case: "resume", value: {} };
    case "cancel":
      return { case: "cancel", value: { reasonCode: "person-withdrew" } };
    case "confirm-cancellation":
      return { case: "confirmCancellation", value: {} };
    case "complete":
      return { case: "complete", value: { outcomeCode: "served" } };
    case "fail":
      return { case: "fail", value: { reasonCode: "no-capacity" } };
    case "mark-in-error":
      return { case: "markInError", value: { reasonCode: "test" } };
    case "redirect":
      return { case: "redirect", value: { performer: "house-a", consent: ANYONE } };
    case "acknowledge":
      return { case: "acknowledge", value: {} };
    case "supplement":
      return { case: "supplement", value: {} };
    case "acknowledge-supplement":
      return { case: "acknowledgeSupplement", value: { eventId: "event" } };
    case "dispute":
      return { case: "dispute", value: { eventId: "event", reasonCode: "not-said" } };
    case "choose":
      return { case: "choose", value: { performer: "house-a", reasonCode: "first-proposed" } };
    case "open-stage":
      return { case: "openStage", value: { stageId: "R12.3" } };
    case "record-stage":
      return { case: "recordStage", value: { stageId: "R12.1", outcomeCode: "served" } };
    case "close-case":
      return { case: "closeCase", value: { reasonCode: "person-withdrew" } };
    case "reroute":
      return { case: "reroute", value: { reasonCode: "no-response" } };
    case "record-delivered":
      return { case: "recordDelivered", value: { eventId: "event", institution: "house-a", attempts: 1 } };
    case "record-undeliverable":
      return {
        case: "recordUndeliverable",
        value: { eventId: "event", institution: "house-a", attempts: 9, reasonCode: "exhausted" },
      };
    case "record-delivery-late":
      return { case: "recordDeliveryLate", value: { eventId: "event", institution: "house-a", attempts: 2 } };
    case "record-set-aside":
      return {
        case: "recordSetAside",
        value: { topic: "ruta.referral.commands.v1", commandId: "c-0", staff: ["one", "two"], institution: "house-a" },
      };
  }
}
