// The relay: sends this process's unsent rows by sequence, one batch in flight, and tells those who wait for theirs.
import { backoff } from "../backoff.ts";
import { createBell } from "../bell.ts";
import type { Log, LogLogger } from "../port.ts";
import { MAX_BATCH } from "../port.ts";
import type { Faults } from "./faults.ts";
import type { Outbox } from "./outbox.ts";

/** More unsent rows than this make consumers wait. */
const FULL = 5_000;

/**
 * What was sent is marked with the next look, or after so many milliseconds: a look each costs as much as the rest of the relay.
 * A process that is killed before sends so much again, which every reader drops.
 */
const MARK_MS = 50;

/** Waits for some rows to be in the log. */
export interface Receipt {
  readonly appended: Promise<void>;
  /** The rows are committed: should they be gone, another process has sent them. */
  committed(): void;
  /** They never will be: the transaction was rolled back. */
  cancel(): void;
}

/** The relay of one process. */
export interface Relay {
  /** There may be rows. `count` is how many were just committed. */
  wake(count?: number): void;
  /** Call before the commit of these rows, so that none is sent unseen. */
  expect(seqs: readonly bigint[]): Receipt;
  /** Whether so much is unsent that consumers should wait. */
  full(): boolean;
  /** Resolves true when what was there at the call is sent, false after `ms`. */
  drained(ms: number): Promise<boolean>;
  /** Settles receipts whose rows another process has sent, as it does for one that was taken for ended. */
  recheck(): Promise<void>;
  /** Since when (ms of performance.now) rows wait without any success; undefined when none do. */
  stuckSince(): number | undefined;
  /** Records that this process has put into the log since it started. */
  relayed(): number;
  /** Ends it; receipts that are open reject. */
  stop(): Promise<void>;
}

interface Waiting {
  readonly seqs: Set<bigint>;
  committed: boolean;
  resolve(): void;
  reject(error: Error): void;
}

/** Starts a relay. */
export function startRelay(log: Log, outbox: Outbox, faults: Faults, logger: LogLogger): Relay {
  const bell = createBell();
  const emptied = createBell();
  const waiting = new Map<bigint, Waiting>();
  let backlog = 0;
  let relayed = 0;
  let stuck: number | undefined;
  let emptyAt = -1; // rings heard before the last look that found nothing
  let stopped = false;

  function settle(seqs: Iterable<bigint>): void {
    for (const seq of seqs) {
      const one = waiting.get(seq);
      if (!one) continue;
      waiting.delete(seq);
      one.seqs.delete(seq);
      if (one.seqs.size === 0) one.resolve();
    }
  }

  async function loop(): Promise<void> {
    let sent: bigint[] = [];
    let failures = 0;
    while (!stopped) {
      const seen = bell.count();
      try {
        const rows = await outbox.next(sent, MAX_BATCH);
        if (sent.length > 0) await faults("mark");
        sent = [];
        if (rows.length === 0) {
          backlog = 0;
          stuck = undefined;
          emptyAt = seen;
          emptied.ring();
          await bell.wait(seen, 2 ** 31 - 1);
          continue;
        }
        stuck ??= performance.now();
        await log.append(rows);
        stuck = performance.now();
        sent = rows.map(({ seq }) => seq);
        relayed += sent.length;
        await faults("relay");
        settle(sent);
        backlog = Math.max(0, backlog - sent.length);
        failures = 0;
        if (rows.length < MAX_BATCH) await bell.wait(seen, MARK_MS);
      } catch (error) {
        failures += 1;
        stuck ??= performance.now();
        const code = error instanceof Error && "code" in error ? error.code : "unknown";
        logger.warn({ err: { code }, count: failures }, "the outbox could not be relayed; trying again");
        await pause(backoff(failures, Math.random()));
      }
    }
    // What was sent is marked before the end, so that the next process does not send it again.
    if (sent.length > 0) await outbox.next(sent, 0).catch(() => {});
  }
  // Not cut short by new rows: they could not be sent either.
  const stopping = createBell();
  const pause = (ms: number): Promise<void> => stopping.wait(0, ms);
  const looping = loop();

  return {
    wake(count = 0) {
      backlog += count;
      bell.ring();
    },
    expect(seqs) {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      promise.catch(() => {}); // the caller may have thrown before it waits
      const one: Waiting = { seqs: new Set(seqs), committed: false, resolve, reject };
      for (const seq of seqs) waiting.set(seq, one);
      if (seqs.length === 0) resolve();
      return {
        appended: promise,
        committed: () => {
          one.committed = true;
        },
        cancel: () => seqs.forEach((seq) => waiting.delete(seq)),
      };
    },
    full: () => backlog > FULL,
    async drained(ms) {
      bell.ring();
      // A look that was under way at the call does not count: it may have begun before the rows were there.
      const mark = bell.count();
      const end = performance.now() + ms;
      while (emptyAt < mark) {
        const left = end - performance.now();
        if (left <= 0 || stopped) return false;
        await emptied.wait(emptied.count(), left);
      }
      return true;
    },
    async recheck() {
      const open = [...waiting].filter(([, one]) => one.committed).map(([seq]) => seq);
      if (open.length === 0) return;
      const present = await outbox.present(open);
      settle(open.filter((seq) => !present.has(seq)));
    },
    stuckSince: () => stuck,
    relayed: () => relayed,
    async stop() {
      stopped = true;
      bell.ring();
      stopping.ring();
      emptied.ring();
      await looping;
      for (const one of new Set(waiting.values()))
        one.reject(new Error("the engine has stopped; the records will follow"));
      waiting.clear();
    },
  };
}
