// One member of a group: what it holds, and the loop that fetches for it.
import type { Db } from "@ruta/db";
import { MAX_BATCH, nameOf } from "../port.ts";
import type { LogLogger, LogRecord, Member, Position, TopicName, TopicPartition } from "../port.ts";
import { createBell } from "../bell.ts";
import type { Bell } from "../bell.ts";
import { cursor, readMany } from "./read.ts";
import type { Cursor } from "./read.ts";
import type { Topic } from "./topics.ts";

/** A reader looks by itself this often, should a notice be lost. */
const POLL_MS = 1_000;

/** The fetching side of a member; who holds what is decided in groups.ts. */
export interface Fetching {
  readonly bell: Bell;
  held(): TopicPartition[];
  /** Adds partitions and asks the member where to start; what it does not answer is asked again by `settle`. */
  gain(partitions: readonly TopicPartition[]): Promise<void>;
  /** Asks again for partitions without an answer. */
  settle(): Promise<void>;
  /** Stops fetching these and waits until the member has let go. */
  lose(partitions: readonly TopicPartition[]): Promise<void>;
  seek(position: Position): void;
  pause(partition: TopicPartition): void;
  /** Ends the loop after the batch in hand. */
  stop(): Promise<void>;
}

/** What fetching needs. */
export interface FetchingOptions {
  readonly db: Db;
  readonly schema: string;
  readonly topics: readonly Topic[];
  /** The topics' names without prefix, by id. */
  readonly names: ReadonlyMap<number, TopicName>;
  readonly member: Member;
  readonly logger: LogLogger;
}

/** Starts fetching for a member that holds nothing yet. */
export function startFetching({ db, schema, topics, names, member, logger }: FetchingOptions): Fetching {
  const bell = createBell();
  const byName = new Map(topics.map((topic) => [names.get(topic.id)!, topic]));
  const held = new Map<string, TopicPartition>();
  const unanswered = new Map<string, TopicPartition>();
  const cursors = new Map<string, Cursor>();
  let turn = Promise.resolve(); // `assigned` and `records` never overlap
  let turned = 0;
  let stopped = false;

  function exclusively(work: () => Promise<void>): Promise<void> {
    const done = turn.then(work);
    turn = done.catch(() => {});
    return done;
  }
  function place(position: Position): void {
    const name = nameOf(position);
    const topic = byName.get(position.topic);
    if (held.has(name) && topic) cursors.set(name, cursor(topic, position.topic, position.partition, position.next));
  }

  async function fetch(): Promise<{ records: LogRecord[]; read: ReadonlyMap<string, Cursor> }> {
    const read = new Map(cursors);
    if (read.size === 0) return { records: [], read };
    const all = [...read.values()];
    // Each fetch begins at another partition, so that a full one never starves the rest.
    turned = (turned + 1) % all.length;
    const records = await readMany(db, schema, [...all.slice(turned), ...all.slice(0, turned)], MAX_BATCH);
    return { records, read };
  }
  /** Drops what was fetched of partitions that were lost, paused or sought meanwhile, and moves the cursors on. */
  function accept({ records, read }: Awaited<ReturnType<typeof fetch>>): LogRecord[] {
    const valid = records.filter((record) => {
      const at = cursors.get(nameOf(record));
      return at !== undefined && at === read.get(nameOf(record));
    });
    for (const record of valid) place({ topic: record.topic, partition: record.partition, next: record.offset + 1n });
    return valid;
  }

  async function loop(): Promise<void> {
    let ahead: ReturnType<typeof fetch> | undefined;
    while (!stopped) {
      const seen = bell.count();
      try {
        const fetched = await (ahead ?? fetch());
        ahead = undefined;
        const records = accept(fetched);
        if (records.length === 0) {
          await bell.wait(seen, POLL_MS);
          continue;
        }
        // With a backlog the next batch is fetched while this one is at work.
        if (fetched.records.length === MAX_BATCH) {
          ahead = fetch();
          ahead.catch(() => {});
        }
        await exclusively(() => member.records(records));
      } catch (error) {
        ahead = undefined;
        logger.warn({ err: { code: errorCode(error) } }, "reading the log failed; reading again");
        await bell.wait(seen, POLL_MS);
      }
    }
  }
  const looping = loop();

  async function settle(): Promise<void> {
    const asked = [...unanswered.values()];
    if (asked.length === 0) return;
    await exclusively(async () => {
      const still = asked.filter((partition) => unanswered.has(nameOf(partition)));
      const positions = await member.assigned(still);
      for (const partition of still) unanswered.delete(nameOf(partition));
      positions.forEach(place);
    }).catch((error: unknown) => {
      logger.warn({ err: { code: errorCode(error) } }, "a partition could not be started yet");
    });
    bell.ring();
  }

  return {
    bell,
    held: () => [...held.values()],
    settle,
    async gain(partitions) {
      for (const partition of partitions) {
        held.set(nameOf(partition), partition);
        unanswered.set(nameOf(partition), partition);
      }
      await settle();
    },
    async lose(partitions) {
      for (const partition of partitions) {
        held.delete(nameOf(partition));
        unanswered.delete(nameOf(partition));
        cursors.delete(nameOf(partition));
      }
      if (partitions.length > 0) await member.revoked(partitions);
    },
    seek(position) {
      place(position);
      bell.ring();
    },
    pause: (partition) => void cursors.delete(nameOf(partition)),
    async stop() {
      stopped = true;
      bell.ring();
      await looping;
    },
  };
}

function errorCode(error: unknown): string {
  if (!(error instanceof Error)) return "unknown";
  return "code" in error ? String(error.code) : error.name;
}
