// Takes verified acts in batches: one transaction holds claims and commands, and the answer leaves when the log has them.
import type { Db } from "@ruta/db";
import { TOPICS } from "@ruta/events";
import type { Directory } from "@ruta/events";
import { batcher } from "@ruta/kit";
import type { Engine } from "@ruta/log";
import type { Seal } from "@ruta/seal";
import { createAdmit } from "./admit.ts";
import type { ClaimKey, Claims } from "./claims.ts";
import { GROUP } from "./consume.ts";
import { answerFrom, claimUnder, keyOf } from "./comparison.ts";
import { isRefusal } from "./envelope.ts";
import type { Envelope } from "./envelope.ts";
import type { Refusal } from "./errors.ts";
import { createPrepare } from "./prepare.ts";
import type { Admitted, Answer } from "./prepare.ts";
import type { State } from "./state.ts";

/** A verified and checked request, as the door hands it on. */
export interface Asked {
  readonly institution: string;
  readonly path: string;
  readonly webhookId: string;
  /** The signature headers, kept as evidence. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  readonly envelope: Envelope;
  /** Milliseconds. */
  readonly receivedAt: number;
}

/** What taking needs. */
export interface TakeDeps {
  readonly db: Db;
  readonly state: State;
  readonly claims: Claims;
  readonly engine: Pick<Engine, "transact" | "waitForEnd" | "waitForRelay">;
  readonly seal: Pick<Seal, "createKeys" | "sealSections" | "openSections">;
  readonly signingSeed: Uint8Array;
  readonly directory: () => Directory;
}

/** What became of an act. `repeated`: it was claimed by an earlier request, whose command may not be in the log yet. */
interface Taken {
  readonly answer: Answer | Refusal;
  readonly repeated: boolean;
}

/** How long whoever names an unknown id waits for the view to reach the log's end, in milliseconds. */
export const VIEW_WAIT_MS = 2_000;
/** How long a repeat waits for the log to have what its first request left in the outbox, in milliseconds. */
const RELAY_WAIT_MS = 2_000;

const BATCH = { maxItems: 100, maxWaitMs: 1, concurrency: 2 };
const STILL_RUNNING: Refusal = { code: "still-running", retryAfterS: 1 };

/** A function that takes one act: its answer when the log has it, or why it is refused. Throws when nothing can be recorded. */
export function createTake(deps: TakeDeps): (asked: Asked) => Promise<Answer | Refusal> {
  const { db, claims, engine, seal } = deps;
  const admit = createAdmit(deps);
  const prepare = createPrepare(deps);

  /** Answers from claims that stand already; what has none is left over. */
  async function fromClaims(batch: readonly Asked[], answers: Map<Asked, Answer | Refusal>): Promise<Asked[]> {
    const standing = await claims.find(db, batch.map(keyOf));
    if (standing.length === 0) return [...batch];
    const found = batch.flatMap((asked) => {
      const claim = claimUnder(keyOf(asked), standing);
      return claim ? [{ asked, claim }] : [];
    });
    const answered = await answerFrom(seal, found);
    found.forEach(({ asked }, index) => answers.set(asked, answered[index]!));
    return batch.filter((asked) => !answers.has(asked));
  }

  /** Makes the claims; what lost a race against another process is left over. */
  async function claim(batch: readonly Admitted[], answers: Map<Asked, Answer | Refusal>): Promise<Asked[]> {
    const prepared = await prepare(batch);
    const won = await engine.transact(
      async (tx) => {
        const made = await claims.insert(
          tx,
          prepared.map((each) => each.claim),
        );
        const mine = prepared.filter((each) => made.has(each.claim.commandId));
        await claims.addPersons(
          tx,
          mine.flatMap(({ persons }) => persons),
        );
        return { result: made, records: mine.map(({ record }) => record) };
      },
      { waitForLog: true },
    );
    return batch.flatMap(({ asked }, index) => {
      const each = prepared[index]!;
      if (!won.has(each.claim.commandId)) return [asked];
      answers.set(asked, each.answer);
      return [];
    });
  }

  const takeOnce = batcher<Asked, Taken>({
    ...BATCH,
    async run(batch) {
      const answers = new Map<Asked, Answer | Refusal>();
      // Of two requests under one key in the same batch the second waits for what becomes of the first.
      const first = firstOfEach(batch);
      let open = await fromClaims(first, answers);
      const fresh = new Set<Asked>();
      if (open.length > 0) {
        const admitted = await admit(open);
        const going = open.flatMap((asked, index): Admitted[] => {
          const ids = admitted[index]!;
          if (!isRefusal(ids)) return [{ asked, ids }];
          answers.set(asked, ids);
          return [];
        });
        open = going.length === 0 ? [] : await claim(going, answers);
        for (const { asked } of going) if (answers.has(asked)) fresh.add(asked);
        if (open.length > 0) await fromClaims(open, answers);
      }
      return batch.map((asked) => ({ answer: answers.get(asked) ?? STILL_RUNNING, repeated: !fresh.has(asked) }));
    },
  });

  /**
   * A claim may stand while its command waits in the outbox of a process that was killed. Its sender takes a 202 for leave to
   * send what follows, which would overtake the command: so no 202 leaves before the log has it.
   */
  async function inLog({ answer, repeated }: Taken): Promise<Answer | Refusal> {
    if (!repeated || isRefusal(answer)) return answer;
    const wait = { topic: TOPICS.commands, key: answer.case, withinMs: RELAY_WAIT_MS };
    return (await engine.waitForRelay(wait)) ? answer : STILL_RUNNING;
  }

  return async function take(asked) {
    const first = await takeOnce(asked);
    if (!mayBeOnItsWay(first.answer)) return inLog(first);
    const reached = await engine.waitForEnd({ group: GROUP, topic: TOPICS.events, withinMs: VIEW_WAIT_MS });
    const second = await takeOnce(asked);
    return reached || !mayBeOnItsWay(second.answer) ? inLog(second) : { code: "not-caught-up", retryAfterS: 2 };
  };
}

/** What is not in the view yet may be there once the view has what the log holds now. */
function mayBeOnItsWay(answer: Answer | Refusal): boolean {
  return isRefusal(answer) && (answer.code === "referral-not-found" || answer.code === "person-not-found");
}

/** The requests whose keys no earlier one of the batch has. */
function firstOfEach(batch: readonly Asked[]): Asked[] {
  const seen = new Set<string>();
  return batch.filter((asked) => {
    const names = namesOf(keyOf(asked));
    const free = names.every((name) => !seen.has(name));
    for (const name of names) seen.add(name);
    return free;
  });
}

function namesOf({ institution, webhookId, number }: ClaimKey): string[] {
  const names = [JSON.stringify([institution, "webhook-id", webhookId])];
  if (number !== undefined) names.push(JSON.stringify([institution, "number", number]));
  return names;
}
