// The events of one decision as they are drafted: each carries what every event must, and the state follows at once.
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import {
  ActorSchema,
  CauseSchema,
  Channel,
  CommandRefusedSchema,
  ReferralEventSchema,
  SectionKind,
  create,
} from "@ruta/events";
import type { Actor, Directory, ReferralCommand, ReferralEvent, Section } from "@ruta/events";
import { actOf } from "./acts.ts";
import type { RefusalCode } from "./errors.ts";
import { HUB, expectationOf, nobody } from "./expectation.ts";
import { mayOf } from "./may.ts";
import { STANDING } from "./phase.ts";
import type { Phase } from "./phase.ts";
import { markOf } from "./rehearse.ts";
import type { Routing } from "./routing.ts";
import { evolve, msOf } from "./state.ts";
import type { CaseState } from "./state.ts";

/** What a decision needs besides the state and the command; all of it comes in. */
export interface Context {
  /** The directory at the revision under which to decide. */
  readonly directory: Directory;
  /** What choosing may know of the persons; empty where nothing was said. */
  readonly routing: Routing;
  /** The log's time of the command, milliseconds. */
  readonly now: number;
  /** Where the log holds the command. */
  readonly position: { readonly topic: string; readonly partition: number; readonly offset: bigint };
}

/** How an event differs from what its referral already says. */
export interface Particulars {
  /** The referral's phase after the event; left out, it stays. */
  readonly phase?: Phase;
  readonly performer?: string;
  /** Who acted; the sender of the command unless said. */
  readonly actor?: Actor;
  readonly sections?: readonly Section[];
  /** True for what an outsider is told: nothing of the referral but its id. */
  readonly bare?: boolean;
  /** Stage of the roadmap that it is about; that of its referral unless said. */
  readonly stage?: string;
  /** The roadmap that the case begins to run with it. */
  readonly roadmap?: Pick<ReferralEvent, "roadmapId" | "roadmapVersion">;
  /** What a new referral starts from. */
  readonly opens?: Pick<ReferralEvent, "requester" | "priority" | "confidentiality">;
}

/** The hub as the one who acts. */
export function hubActor(): Actor {
  return create(ActorSchema, { institution: HUB, channel: Channel.HUB });
}

/** The events drafted so far and the state after them. */
export class Draft {
  readonly command: ReferralCommand;
  readonly context: Context;
  /** The time of the decision: the command's, never before the case's last event. */
  readonly now: number;
  readonly events: ReferralEvent[] = [];
  state: CaseState;

  constructor(state: CaseState, command: ReferralCommand, context: Context) {
    this.state = state;
    this.command = command;
    this.context = context;
    this.now = Math.max(context.now, state.lastAt);
  }

  /** When it happened as the sender says, else when the door took it, else now. Milliseconds. */
  get occurredAt(): number {
    return msOf(this.command.occurredAt ?? this.command.receivedAt) ?? this.now;
  }

  /** Adds an event of a referral. */
  emit(referralId: string, fact: ReferralEvent["fact"], particulars: Particulars = {}): void {
    const { command, context, state, now } = this;
    const referral = particulars.bare ? undefined : state.referrals[referralId];
    const standing = particulars.phase === undefined ? {} : STANDING[particulars.phase];
    const recordedAt = timestampFromMs(now);
    const receivedAt = command.receivedAt ?? recordedAt;
    const {
      actor = command.actor ?? hubActor(),
      performer = referral?.performer ?? "",
      sections = [],
      opens,
    } = particulars;
    const event = create(ReferralEventSchema, {
      caseId: state.caseId,
      version: BigInt(state.version + 1),
      referralId,
      actor,
      occurredAt: command.occurredAt ?? receivedAt,
      receivedAt,
      recordedAt,
      directoryRevision: context.directory.revision,
      cause: create(CauseSchema, { ...context.position, commandId: command.commandId }),
      requester: opens?.requester ?? referral?.requester ?? "",
      performer,
      status: standing.status ?? referral?.status ?? 0,
      businessStatus: standing.business ?? referral?.businessStatus ?? 0,
      sections: [...sections],
      roadmapId: particulars.roadmap?.roadmapId ?? state.run?.roadmap ?? "",
      roadmapVersion: particulars.roadmap?.roadmapVersion ?? state.run?.version ?? 0,
      stageId: particulars.stage ?? referral?.request.stageId ?? "",
      priority: opens?.priority ?? referral?.priority ?? 0,
      rehearsal: markOf(state, command),
      confidentiality: particulars.bare ? 0 : (opens?.confidentiality ?? state.confidentiality),
      fact,
    });
    this.state = evolve(state, event);
    const after = this.state.referrals[referralId];
    // A request alone expects nothing of anybody: the next event of the same decision says where it goes.
    const expects = after !== undefined && fact.case !== "requested" && !particulars.bare;
    event.expectation = expects ? expectationOf(after) : nobody();
    if (expects) {
      event.requesterMay = [...mayOf(after, "requester")];
      event.performerMay = [...mayOf(after, "performer")];
    }
    this.events.push(event);
  }

  /** Records that the command was refused. */
  refuse(code: RefusalCode): RefusalCode {
    const { command } = this;
    const value = create(CommandRefusedSchema, {
      commandId: command.commandId,
      act: actOf(command) ?? "",
      code,
      institution: command.actor?.institution ?? HUB,
      webhookId: command.webhookId,
    });
    // The body as it came stays as evidence; what it tells of a person is not taken into the case.
    const sections = command.sections.filter(({ kind }) => kind === SectionKind.RAW);
    const bare = code === "not-a-party" || code === "unknown-referral";
    this.emit(command.referralId, { case: "refused", value }, { sections, bare });
    return code;
  }
}
