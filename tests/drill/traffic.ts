// The traffic of a drill: institutions that ask and answer without pause, and remember on their own what they were promised.
import { setTimeout as delay } from "node:timers/promises";
import type { Personality } from "@ruta/client/simulator";
import type { Citizen, City } from "../city.ts";

/** Who asks. */
const SENDERS = ["norte", "sur"] as const;
/** Who serves. */
const PERFORMERS = ["casa-par", "casa-impar", "casa-lenta"] as const;
/** Everybody. */
export const INSTITUTIONS = [...SENDERS, ...PERFORMERS];

const serves: Personality = {
  label: "serves",
  answers: () => [
    { act: "accept", afterMs: 20 },
    { act: "start", afterMs: 20 },
    { act: "complete", afterMs: 20, data: { outcomeCode: "served" } },
  ],
  replyAfterMs: 0,
  downForMs: 0,
};

/** What `openCity` takes of them; those who only ask have no personality. */
export const PERSONALITIES: Readonly<Record<string, Personality | undefined>> = {
  norte: undefined,
  sur: undefined,
  "casa-par": serves,
  "casa-impar": serves,
  "casa-lenta": { ...serves, label: "slow", replyAfterMs: 300 },
};
/** How those behave who only ask. */
export const SILENT: Personality = { ...serves, label: "silent", answers: () => [] };

/** A request that the door has answered 202. Times are those of performance.now. */
export interface Asked {
  readonly institution: string;
  readonly performer: string;
  readonly webhookId: string;
  readonly caseId: string;
  readonly begunAt: number;
  readonly takenAt: number;
  /** The answer, as JSON. */
  readonly answer: string;
}

/** When something flowed again, and the case that was complete last. */
export interface Flow {
  readonly at: number;
  readonly caseId: string;
}

/** Running traffic. */
export interface Traffic {
  readonly asked: readonly Asked[];
  /** When the sender of a case was told that it is complete; only of those that were. */
  readonly toldAt: ReadonlyMap<string, number>;
  /**
   * Since when every request is answered that was taken before `at`, and one that began after it; undefined while not. Throws
   * when the traffic has ended by itself.
   */
  flowsSince(at: number): Flow | undefined;
  /** Sends a request once more, under its webhook-id and byte for byte; answers what it is answered now, as JSON. */
  repeat(one: Asked): Promise<string>;
  /** Requests under way. */
  waiting(): number;
  /** Asks nothing more; resolves when what was begun is taken. */
  stop(): Promise<void>;
}

/** Webhook-ids of requests begin with it. */
const NAME = "drill-";

function request(institution: string, n: number): object {
  return {
    serviceType: "ALO-FAM",
    priority: "urgent",
    performer: PERFORMERS[n % PERFORMERS.length],
    number: `${institution}-${n}`,
    consent: { basis: "E", recipientClass: "any", givenOn: "2026-11-20", evidence: "F-1" },
    person: { ageBand: "18-59", identity: { name: { given: `Persona ${n}` } } },
  };
}

/** Starts so many lines of requests; each asks again a while after its last answer, so that a hub that is away slows them down. */
export function startTraffic(city: City, lines: number, pauseMs: number): Traffic {
  const asked: Asked[] = [];
  const toldAt = new Map<string, number>();
  const read = new Map<string, number>();
  let stopping = false;
  let n = 0;
  let waiting = 0;

  async function line(institution: string): Promise<void> {
    while (!stopping) {
      n += 1;
      const [mine, webhookId, begunAt] = [n, `${NAME}${n}`, performance.now()];
      waiting += 1;
      const { status, body } = await city.citizen(institution).send(webhookId, "request", request(institution, mine));
      waiting -= 1;
      if (status !== 202) throw new Error(`request ${webhookId} was refused with ${status} ${String(body.code)}`);
      const performer = PERFORMERS[mine % PERFORMERS.length]!;
      const caseId = String(body.case);
      const answer = JSON.stringify(body);
      asked.push({ institution, performer, webhookId, caseId, begunAt, takenAt: performance.now(), answer });
      await delay(pauseMs);
    }
  }
  function look(): void {
    for (const id of SENDERS) {
      const { entries } = city.citizen(id).journal;
      for (const entry of entries.slice(read.get(id) ?? 0))
        if (entry.kind === "received" && entry.type === "complete") toldAt.set(entry.case, performance.now());
      read.set(id, entries.length);
    }
  }
  const looking = setInterval(look, 50);
  const running = Promise.all(Array.from({ length: lines }, (_, i) => line(SENDERS[i % SENDERS.length]!)));
  let ended: Error | undefined;
  running.catch((error: unknown) => (ended = error instanceof Error ? error : new Error(String(error))));
  return {
    asked,
    toldAt,
    async repeat({ institution, webhookId }) {
      const data = request(institution, Number(webhookId.slice(NAME.length)));
      return JSON.stringify((await city.citizen(institution).send(webhookId, "request", data)).body);
    },
    waiting: () => waiting,
    flowsSince(at) {
      if (ended) throw ended;
      const told = (one: Asked): Flow | undefined => {
        const time = toldAt.get(one.caseId);
        return time === undefined ? undefined : { at: time, caseId: one.caseId };
      };
      const before = asked.filter(({ takenAt }) => takenAt <= at).map(told);
      const [first] = asked
        .filter(({ begunAt }) => begunAt > at)
        .flatMap((one) => told(one) ?? [])
        .toSorted((a, b) => a.at - b.at);
      if (!first || before.includes(undefined)) return undefined;
      return before.reduce<Flow>((last, flow) => (flow && flow.at > last.at ? flow : last), first);
    },
    async stop() {
      stopping = true;
      await running.finally(() => setTimeout(() => clearInterval(looking), 0));
    },
  };
}

/**
 * Cases in which somebody has not heard yet what is to come: the sender of the end, the performer of its acknowledgement. `knows`
 * tells what was heard otherwise than by a webhook.
 */
export function untold(
  asked: readonly Asked[],
  citizens: readonly Citizen[],
  knows: (institution: string, caseId: string, type: string) => boolean = () => false,
): string[] {
  const heard = new Set(
    citizens.flatMap(({ journal }) =>
      journal.entries.flatMap((entry) =>
        entry.kind === "received" ? [`${entry.institution} ${entry.case} ${entry.type}`] : [],
      ),
    ),
  );
  const told = (institution: string, caseId: string, type: string): boolean =>
    heard.has(`${institution} ${caseId} ${type}`) || knows(institution, caseId, type);
  return asked
    .filter(
      ({ institution, performer, caseId }) =>
        !told(institution, caseId, "complete") || !told(performer, caseId, "acknowledge"),
    )
    .map(({ caseId }) => caseId);
}
