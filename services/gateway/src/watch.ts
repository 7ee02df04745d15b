// What staff see of referrals: the timeline of a case, and what happens as it happens; ids, codes and times, never content.
import { timestampMs } from "@bufbuild/protobuf/wkt";
import { TOPICS, decodeRecord, classOf, priorityWord, statusWord, wordOf } from "@ruta/events";
import type { ReferralEvent } from "@ruta/events";
import { follow } from "@ruta/log";
import type { Following, Log, LogLogger } from "@ruta/log";
import { detailOf } from "./detail.ts";

/** One event in a line. */
interface WatchLine {
  readonly at: string;
  readonly fact: string;
  readonly referral: string;
  readonly rehearsal?: true;
  readonly actor: string;
  readonly requester: string;
  readonly performer: string;
  readonly status: string;
  readonly detail: string;
  readonly serviceType?: string;
  readonly priority?: string;
  /** Tries that a delivery took. */
  readonly attempts?: number;
}

/** The line of an event. Class V is opaque: that something happened to it, and nothing of what it is about. */
function watchLine(event: ReferralEvent): WatchLine {
  const opaque = classOf(event.confidentiality) === "V";
  return {
    at: new Date(event.recordedAt ? timestampMs(event.recordedAt) : 0).toISOString(),
    fact: wordOf(event.fact.case ?? "unknown"),
    referral: event.referralId,
    ...(event.rehearsal === "" ? {} : { rehearsal: true }),
    actor: actorOf(event),
    requester: event.requester,
    performer: event.performer,
    status: statusWord(event.status),
    detail: opaque ? "" : detailOf(event),
    ...(event.fact.case === "requested" && !opaque
      ? { serviceType: event.fact.value.serviceType, priority: priorityWord(event.priority) }
      : {}),
    ...(event.fact.case === "delivered" ? { attempts: event.fact.value.attempts } : {}),
  };
}

/** Who acted; where the hub recorded it for an institution, both. */
function actorOf({ actor }: ReferralEvent): string {
  const { institution = "", onBehalfOf = "" } = actor ?? {};
  return onBehalfOf === "" ? institution : `${institution} for ${onBehalfOf}`;
}

/** The timeline of a case from its events, for one of its referrals; undefined when it has none of that id. */
export function timelineOf(events: readonly ReferralEvent[], referralId: string): Record<string, unknown> | undefined {
  const last = events.findLast((event) => event.referralId === referralId && event.fact.case !== "refused");
  const expected = last?.expectation;
  if (!last) return undefined;
  return {
    referral: referralId,
    case: last.caseId,
    ...(last.rehearsal === "" ? {} : { rehearsal: true }),
    status: statusWord(last.status),
    requester: last.requester,
    performer: last.performer,
    ...(expected && expected.institution !== ""
      ? {
          expected: {
            institution: expected.institution,
            acts: expected.acts,
            ...(expected.until ? { until: new Date(timestampMs(expected.until)).toISOString() } : {}),
          },
        }
      : {}),
    steps: events.map((event) => ({ version: Number(event.version), ...watchLine(event) })),
  };
}

/** What a watcher wants to see; what is left out does not narrow it. */
export interface WatchFilter {
  readonly referral?: string;
  /** As actor, requester or performer. */
  readonly institution?: string;
  /** Such as `accepted`. */
  readonly fact?: string;
  /** Status after the event. */
  readonly state?: string;
}

function wants({ referral, institution, fact, state }: WatchFilter, line: WatchLine): boolean {
  return (
    (referral === undefined || line.referral === referral) &&
    (institution === undefined || [line.actor, line.requester, line.performer].includes(institution)) &&
    (fact === undefined || line.fact === fact) &&
    (state === undefined || line.status === state)
  );
}

/** Watchers of what happens from now on, wherever the events were decided. */
export interface Watching {
  /** Calls `onLine` for each event that the filter lets pass, until the answer is called. */
  watch(onLine: (line: WatchLine) => void, filter?: WatchFilter): Promise<() => void>;
  stop(): Promise<void>;
}

/** The log is read once for all watchers, and only while there are any. */
export function createWatching(log: Log, logger: LogLogger): Watching {
  const watchers = new Set<(line: WatchLine) => void>();
  let following: Promise<Following> | undefined;

  async function stop(): Promise<void> {
    const running = following;
    following = undefined;
    await (await running)?.stop();
  }
  return {
    async watch(onLine, filter = {}) {
      const watcher = (line: WatchLine): void => {
        if (wants(filter, line)) onLine(line);
      };
      watchers.add(watcher);
      following ??= follow(
        log,
        TOPICS.events,
        (records) => {
          for (const record of records) {
            const line = watchLine(decodeRecord(TOPICS.events, record.value));
            for (const watcher of watchers) watcher(line);
          }
        },
        { logger, from: "end" },
      );
      await following;
      return () => {
        watchers.delete(watcher);
        if (watchers.size === 0) void stop();
      };
    },
    stop,
  };
}
