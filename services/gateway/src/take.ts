// Takes verified acts in batches: one transaction holds claims and commands, and the answer leaves when the log has them.
import type { Db } from "@ruta/db";
import { TOPICS } from "@ruta/events";
import type { Directory } from "@ruta/events";
import { batcher } from "@ruta/kit";
import type { Engine } from "@ruta/log";
import type { Seal } from "@ruta/seal";
import { createAdmit } from "./admit.ts";
import type { ActIds } from "./content.ts";
import type { ClaimKey, Claims } from "./claims.ts";
import { GROUP } from "./consume.ts";
import { answerFrom, claimUnder, keyOf } from "./comparison.ts";
import { isRefusal } from "./envelope.ts";
import type { Envelope } from "./envelope.ts";
import type { Refusal } from "./errors.ts";
import { createPrepare } from "./prepare.ts";
import type { Admitted, Answer, Prepared } from "./prepare.ts";
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
  /** Which history this is, for ids; 0 for the first. */
  readonly history: () => bigint;
}

/** What became of an act. `repeated`: it was claimed by an earlier request, whose command may not be in the log yet. */
interface Taken {
  readonly together: Together;
  readonly repeated: boolean;
}

/** How long whoever names an unknown id waits for the view to reach the log's end, in milliseconds. */
export const VIEW_WAIT_MS = 2_000;
/** How long a repeat waits for the log to have what its first request left in the outbox, in milliseconds. */
const RELAY_WAIT_MS = 2_000;

const BATCH = { maxItems: 100, maxWaitMs: 1, concurrency: 2 };
const GONE: Refusal = { code: "content-erased" };
const STILL_RUNNING: Refusal = { code: "still-running", retryAfterS: 1 };

/** What came of acts that are taken together: an answer to each, or the refusal of one of them, by its index. */
export type Together = readonly Answer[] | { readonly refusal: Refusal; readonly index: number };

/**
 * A function that takes acts, all or none: their answers when the log has them, or why they are refused. Throws when nothing can be
 * recorded.
 */
export function createTake(deps: TakeDeps): (group: readonly Asked[]) => Promise<Together> {
  const { db, claims, engine, seal } = deps;
  const admit = createAdmit(deps);
  const prepare = createPrepare(deps);

  /** Answers from claims that stand already; what has none is left over. */
  async function fromClaims(batch: readonly Asked[], answers: Answers): Promise<Asked[]> {
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

  /** Makes the claims of whole groups; groups of which one claim lost a race against another process are left over. */
  async function claim(all: readonly Admitted[][], answers: Answers): Promise<Asked[]> {
    const preparedAll = await prepare(all.flat());
    all.flat().forEach(({ asked }, index) => {
      if (preparedAll[index] === "gone") answers.set(asked, GONE);
    });
    const groups = all.filter((group) => !group.some(({ asked }) => answers.get(asked) === GONE));
    const of = new Map(all.flat().map((admitted, index) => [admitted, preparedAll[index]]));
    const ofGroup = groups.map((group) => group.map((admitted) => of.get(admitted) as Prepared));
    const prepared = ofGroup.flat();
    if (prepared.length === 0) return [];
    const won = await engine.transact(
      async (tx) => {
        const made = await claims.insert(
          tx,
          prepared.map((each) => each.claim),
        );
        const whole = ofGroup.filter((group) => group.every((each) => made.has(each.claim.commandId)));
        const mine = new Set(whole.flat());
        claims.remove(
          tx,
          prepared.filter((each) => made.has(each.claim.commandId) && !mine.has(each)).map((each) => each.claim),
        );
        claims.addPersons(
          tx,
          [...mine].flatMap(({ persons }) => persons),
        );
        return { result: mine, records: [...mine].map(({ record }) => record) };
      },
      { waitForLog: true },
    );
    return groups.flat().flatMap(({ asked }, index) => {
      const each = prepared[index]!;
      if (!won.has(each)) return [asked];
      answers.set(asked, each.answer);
      return [];
    });
  }

  const takeOnce = batcher<readonly Asked[], Taken>({
    ...BATCH,
    async run(groups) {
      const answers: Answers = new Map();
      // Of two requests under one key in the same batch the second waits for what becomes of the first.
      const first = firstOfEach(groups);
      await fromClaims(first.flat(), answers);
      const open = first.flatMap((group) => openOf(group, answers));
      const fresh = new Set<Asked>();
      if (open.length > 0) {
        const admitted = await admit(open);
        const ids = new Map(open.map((asked, index) => [asked, admitted[index]!]));
        for (const [asked, each] of ids) if (isRefusal(each)) answers.set(asked, each);
        const going = first.flatMap((group): Admitted[][] => {
          const left = openOf(group, answers);
          return left.length === 0 ? [] : [left.map((asked) => ({ asked, ids: ids.get(asked) as ActIds }))];
        });
        const lost = going.length === 0 ? [] : await claim(going, answers);
        for (const { asked } of going.flat()) if (answers.has(asked)) fresh.add(asked);
        if (lost.length > 0) await fromClaims(lost, answers);
      }
      return groups.map((group) => ({
        together: together(group, answers),
        repeated: !group.every((asked) => fresh.has(asked)),
      }));
    },
  });

  /**
   * A claim may stand while its command waits in the outbox of a process that was killed. Its sender takes a 202 for leave to
   * send what follows, which would overtake the command: so no 202 leaves before the log has it.
   */
  async function inLog({ together: taken, repeated }: Taken): Promise<Together> {
    if (!repeated || "refusal" in taken) return taken;
    for (const [index, { case: key }] of taken.entries()) {
      const relayed = await engine.waitForRelay({ topic: TOPICS.commands, key, withinMs: RELAY_WAIT_MS });
      if (!relayed) return { refusal: STILL_RUNNING, index };
    }
    return taken;
  }

  return async function take(group) {
    const first = await takeOnce(group);
    if (!mayBeOnItsWay(first.together)) return inLog(first);
    const reached = await engine.waitForEnd({ group: GROUP, topic: TOPICS.events, withinMs: VIEW_WAIT_MS });
    const second = await takeOnce(group);
    if (reached || !mayBeOnItsWay(second.together)) return inLog(second);
    return { refusal: { code: "not-caught-up", retryAfterS: 2 }, index: 0 };
  };
}

type Answers = Map<Asked, Answer | Refusal>;

/** The acts of a group that have no answer yet; none when one of the group is refused, since then none is taken. */
function openOf(group: readonly Asked[], answers: Answers): readonly Asked[] {
  const refused = group.some((asked) => isRefusal(answers.get(asked) ?? {}));
  return refused ? [] : group.filter((asked) => !answers.has(asked));
}

function together(group: readonly Asked[], answers: Answers): Together {
  const all = group.map((asked) => answers.get(asked));
  const index = all.findIndex((answer) => answer !== undefined && isRefusal(answer));
  if (index >= 0) return { refusal: all[index] as Refusal, index };
  const waiting = all.indexOf(undefined);
  return waiting >= 0 ? { refusal: STILL_RUNNING, index: waiting } : (all as Answer[]);
}

/** What is not in the view yet may be there once the view has what the log holds now. */
function mayBeOnItsWay(answer: Together): boolean {
  if (!("refusal" in answer)) return false;
  return answer.refusal.code === "referral-not-found" || answer.refusal.code === "person-not-found";
}

/** The groups whose keys no earlier one of the batch has. */
function firstOfEach(batch: readonly (readonly Asked[])[]): (readonly Asked[])[] {
  const seen = new Set<string>();
  return batch.filter((group) => {
    const names = group.flatMap((asked) => namesOf(keyOf(asked)));
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
