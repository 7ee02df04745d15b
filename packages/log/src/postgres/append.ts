// Appending: one statement in flight a process, into which everything that waits meanwhile is gathered.
import { sql } from "@ruta/db";
import type { Db, Sql } from "@ruta/db";
import { isTransient } from "@ruta/db";
import { checkSizes } from "../errors.ts";
import { partitionOf } from "../partition.ts";
import type { Appended, NewRecord } from "../port.ts";
import type { Topics } from "./topics.ts";

/** A gathered append is closed at this many records; 60 kB each at the worst. */
const GATHER = 500;

interface Placed {
  readonly topicId: number;
  readonly partition: number;
  readonly record: NewRecord;
}

interface Waiting {
  readonly placed: readonly Placed[];
  resolve(result: Appended[]): void;
  reject(error: unknown): void;
}

/** The one writer of a process. */
export interface Appender {
  append(records: readonly NewRecord[]): Promise<Appended[]>;
  /** Waits for what is in flight. */
  idle(): Promise<void>;
}

/** `written` is told the ids of the topics that have new records, after their commit. */
export function createAppender(db: Db, schema: string, topics: Topics, written: (ids: number[]) => void): Appender {
  const queue: Waiting[] = [];
  let running: Promise<void> | undefined;

  async function write(batch: readonly Waiting[]): Promise<void> {
    const placed = batch.flatMap((waiting) => waiting.placed);
    const rows = await db.query<{ offset: bigint }>(statement(schema, placed));
    let at = 0;
    for (const waiting of batch) {
      waiting.resolve(waiting.placed.map(({ partition }) => ({ partition, offset: rows[at++]!.offset })));
    }
    written([...new Set(placed.map(({ topicId }) => topicId))]);
  }

  async function drain(): Promise<void> {
    while (queue.length > 0) {
      let size = 0;
      let count = 0;
      while (count < queue.length && (count === 0 || size + queue[count]!.placed.length <= GATHER)) {
        size += queue[count]!.placed.length;
        count += 1;
      }
      const batch = queue.splice(0, count);
      await write(batch).catch(async (error: unknown) => {
        if (batch.length === 1 || isTransient(error)) return batch.forEach((waiting) => waiting.reject(error));
        // One caller's bad bytes must not refuse the others' records.
        for (const waiting of batch) await write([waiting]).catch(waiting.reject);
      });
    }
    running = undefined;
  }

  return {
    async append(records) {
      checkSizes(records);
      if (records.length === 0) return [];
      const placed: Placed[] = [];
      for (const record of records) {
        const topic = await topics.get(record.topic);
        placed.push({ topicId: topic.id, partition: partitionOf(record.key, topic.partitions), record });
      }
      const { promise, resolve, reject } = Promise.withResolvers<Appended[]>();
      queue.push({ placed, resolve, reject });
      running ??= drain();
      return promise;
    },
    idle: async () => running,
  };
}

function statement(schema: string, placed: readonly Placed[]): Sql {
  return sql`SELECT "offset" FROM ${sql.id(schema, "append")}(
    ${placed.map(({ topicId }) => topicId)}::integer[], ${placed.map(({ partition }) => partition)}::integer[],
    ${placed.map(({ record }) => record.key)}::text[], ${placed.map(({ record }) => record.value.byteLength)}::integer[],
    ${Buffer.concat(placed.map(({ record }) => record.value))}::bytea,
    ${placed.map(({ record }) => JSON.stringify(record.headers))}::text[])`;
}
