// The engine of a service: one outbox, two doors (consume and transact), the only place where records, SQL and offsets meet.
import { migrate, processId } from "@ruta/db";
import type { Db, Tx } from "@ruta/db";
import { createBell } from "../bell.ts";
import { checkSizes } from "../errors.ts";
import { silentLogger } from "../port.ts";
import type { Log, LogLogger, NewRecord, TopicName } from "../port.ts";
import { openAside } from "./aside.ts";
import type { Aside, ParkedFilter, ParkedRecord } from "./aside.ts";
import { openBacklog } from "./backlog.ts";
import type { Backlog } from "./backlog.ts";
import { startConsumer } from "./consumer.ts";
import type { ConsumeOptions, Consumer, Progress } from "./consumer.ts";
import { noFaults } from "./faults.ts";
import type { Faults } from "./faults.ts";
import { measureLag, waitForEnd, waitForRelay } from "./lag.ts";
import type { Lag, WaitForEnd, WaitForRelay } from "./lag.ts";
import { openOutbox } from "./outbox.ts";
import { foldOutput, noteOutput } from "./output.ts";
import type { OwnOutput } from "./output.ts";
import { openParked } from "./parked.ts";
import { checkLog } from "./position.ts";
import { startRelay } from "./relay.ts";
import type { Receipt } from "./relay.ts";

/** The migrations of an engine's tables, beside those of its service in one schema. */
export const ENGINE_MIGRATIONS = new URL("./migrations/", import.meta.url);
const BEAT_MS = 1_500;
/** How often the position of the own output is noted: a start reads what came since. */
const NOTE_MS = 10_000;
/** Rows that wait this long without success make the service unready. */
const STUCK_MS = 10_000;
const DRAIN_MS = 3_000;

/** What `openEngine` takes. */
export interface EngineOptions {
  readonly log: Log;
  readonly db: Db;
  /** Name of the service, for the logger. */
  readonly service: string;
  /** Schema of the service; the engine keeps its tables there. */
  readonly schema: string;
  readonly logger?: LogLogger;
  /** Names this process; one that is known by its connections when not said. Two living processes must not share one. */
  readonly instance?: string;
  /** Only for tests. */
  readonly faults?: Faults;
}

/** One outbox, two doors. */
export interface Engine {
  /**
   * Takes in what the log has of the service's own output and its tables lack, as after a restore from a backup. Before `consume`, so
   * that nothing is decided again otherwise; from then on the position of the output is kept. Answers how many records were unknown.
   */
  takeInOutput(own: OwnOutput): Promise<number>;
  /** Consumes topics as a member of a group: effect, offsets and outbox in one transaction a batch. */
  consume<T>(options: ConsumeOptions<T>): Promise<Consumer>;
  /**
   * Runs a transaction that may append records. With `waitForLog` it resolves when the log has them; a rejection after
   * that point leaves them to follow. It is never repeated: the caller knows whether that is safe.
   */
  transact<T>(
    fn: (tx: Tx) => Promise<{ readonly result: T; readonly records: readonly NewRecord[] }>,
    options?: { readonly waitForLog?: boolean },
  ): Promise<T>;
  /**
   * Keys of a topic for which other processes have committed records that the log does not have yet. Whoever appends for a key
   * by `transact` from several processes, in an order that a lock of its own gives, asks behind that lock and leaves these alone.
   */
  unsent(tx: Tx, topic: TopicName): Promise<Set<string>>;
  /** What has stepped aside, without content. */
  parked(filter?: ParkedFilter): Promise<ParkedRecord[]>;
  /** One of them with its bytes, and what staff may do with it; `transact` gives the transaction. */
  readonly aside: Pick<Aside, "note" | "giveUp"> & {
    get(id: Parameters<Aside["get"]>[1]): ReturnType<Aside["get"]>;
  };
  /** Flags the parked records of a key; the holder of the partition executes them in order. Answers how many. */
  release(topic: TopicName, key: string): Promise<number>;
  lag(): Promise<Lag[]>;
  /** What is in the outbox and what has stepped aside, counted up to a bound. */
  backlog(): Promise<Backlog>;
  /** How the consumers of this process get on, and how many records it has put into the log. Costs nothing. */
  progress(): { readonly consumers: readonly Progress[]; readonly relayed: number };
  /** Waits until a group has consumed what the log holds now; false when that takes longer. */
  waitForEnd(wait: WaitForEnd): Promise<boolean>;
  /**
   * Waits until the log has what was committed to the outbox for a topic under a key before the call, by whichever process
   * of the service: one that was killed leaves it to another. False when that takes longer.
   */
  waitForRelay(wait: WaitForRelay): Promise<boolean>;
  /** Whether everything moves; reasons hold names and codes only. */
  health(): { readonly ready: boolean; readonly reasons: string[] };
  /** Finishes the batch in hand, leaves the groups, relays what is unsent (at most 3 s), and ends. */
  stop(): Promise<void>;
}

/** Opens the engine of a service, making its tables when they are missing. Throws LogBehind for a log that is not the one it was. */
export async function openEngine(options: EngineOptions): Promise<Engine> {
  const { log, db, schema, logger = silentLogger, faults = noFaults } = options;
  await migrate(db, { schema, folder: ENGINE_MIGRATIONS, family: "log" });
  await checkLog(log, db, schema);
  const aside = openAside(schema);
  const outbox = openOutbox(db, schema, options.instance ?? processId(db));
  await outbox.beat();
  const relay = startRelay(log, outbox, faults, logger);
  const consumers = new Set<Consumer>();
  const progress = createBell();
  let stopping: Promise<void> | undefined;

  let beating: Promise<void> | undefined;
  async function beat(): Promise<void> {
    const taken = await outbox.beat();
    if (taken > 0) {
      logger.info({ service: options.service, count: taken }, "relaying what an ended process left unsent");
      relay.wake(taken);
    }
    await relay.recheck();
  }
  const output = { log, db, schema, outbox, logger };
  let written: readonly TopicName[] = [];
  let noting: Promise<void> | undefined;
  const noteTimer = setInterval(() => {
    // One that fails is made good by the next: the position only falls behind.
    noting ??= noteOutput(output, written)
      .catch(() => {})
      .finally(() => {
        noting = undefined;
      });
  }, NOTE_MS);
  noteTimer.unref();
  const timer = setInterval(() => {
    // A beat that fails is made good by the next; what was missed is only that others may send our rows too.
    beating ??= beat()
      .catch(() => {})
      .finally(() => {
        beating = undefined;
      });
  }, BEAT_MS);
  timer.unref();
  relay.wake();

  async function stop(): Promise<void> {
    await Promise.all([...consumers].map((consumer) => consumer.stop()));
    await relay.drained(DRAIN_MS);
    clearInterval(timer);
    clearInterval(noteTimer);
    await beating;
    await noting;
    await noteOutput(output, written).catch(() => {}); // the next start reads a little more
    await relay.stop();
    await outbox.exit().catch(() => {}); // the missing heartbeat says it too
  }

  return {
    async takeInOutput(own) {
      const unknown = await foldOutput(output, own);
      relay.wake();
      written = own.topics;
      return unknown;
    },
    async consume(consume) {
      const parked = openParked(schema, consume.group);
      const base = { db, schema, outbox, parked, relay, faults, logger };
      const consumer = await startConsumer(log, consume, base, () => progress.ring());
      consumers.add(consumer);
      return {
        ...consumer,
        async stop() {
          consumers.delete(consumer);
          await consumer.stop();
        },
      };
    },
    async transact(fn, { waitForLog = false } = {}) {
      let receipt: Receipt | undefined;
      let count = 0;
      try {
        const result = await db.tx(async (tx) => {
          const { result, records } = await fn(tx);
          checkSizes(records);
          count = records.length;
          if (waitForLog) receipt = relay.expect(await outbox.insert(tx, records));
          else outbox.put(tx, records);
          await faults("effect");
          return result;
        });
        receipt?.committed();
        await faults("commit");
        if (count > 0) relay.wake(count);
        await receipt?.appended;
        return result;
      } catch (error) {
        receipt?.cancel();
        if (count > 0) relay.wake(); // nobody knows whether a COMMIT that failed has happened
        throw error;
      }
    },
    unsent: (tx, topic) => outbox.unsentKeys(tx, topic),
    parked: (filter = {}) => aside.list(db, filter),
    aside: { note: aside.note, giveUp: aside.giveUp, get: (id) => aside.get(db, id) },
    release: (topic, key) => aside.release(db, topic, key),
    lag: () => measureLag(log, db, schema, Date.now()),
    backlog: openBacklog(db, schema),
    progress: () => ({
      consumers: [...consumers].flatMap((consumer) => consumer.progress()),
      relayed: relay.relayed(),
    }),
    waitForEnd: (wait) => waitForEnd(log, db, schema, wait, (ms) => progress.wait(progress.count(), ms)),
    waitForRelay: (wait) => waitForRelay(outbox, wait),
    health() {
      const stuck = relay.stuckSince();
      const reasons = [...consumers].flatMap((consumer) => consumer.reasons());
      if (stuck !== undefined && performance.now() - stuck > STUCK_MS) reasons.push("outbox: records wait for the log");
      return { ready: reasons.length === 0, reasons };
    },
    stop: () => (stopping ??= stop()),
  };
}
