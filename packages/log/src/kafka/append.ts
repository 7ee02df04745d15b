// Appending: one send at a time, with everything that waits in the next one, so that records share requests.
import type { Message, Producer, TopicMessages } from "kafkajs";
import { checkSizes } from "../errors.ts";
import { partitionOf } from "../partition.ts";
import { MAX_BATCH } from "../port.ts";
import type { Appended, NewRecord, TopicName } from "../port.ts";
import type { Connection } from "./connection.ts";
import type { Topics } from "./topics.ts";

/**
 * Most bytes of a send: a broker takes about 1 MiB a partition. Most records are MAX_BATCH, since kafkajs groups a send
 * by copying the partition's array for every record: 500 take a fraction of a millisecond, 20,000 take 80.
 */
const MAX_BYTES = 800_000;
/** Of a record beside key, value and headers. */
const OVERHEAD_BYTES = 64;
/** A send is tried for about 10 s: a broker that was killed is back by then. */
const SEND_RETRIES = 12;
const ACKS_ALL = -1;

interface Job {
  readonly results: Appended[];
  left: number;
  failed: boolean;
  resolve(results: Appended[]): void;
  reject(error: unknown): void;
}
interface Entry {
  readonly job: Job;
  readonly index: number;
  readonly topic: TopicName;
  readonly partition: number;
  readonly message: Message;
  readonly bytes: number;
}

/** Appends records. */
export interface Appender {
  append(records: readonly NewRecord[]): Promise<Appended[]>;
  /** Waits for what is being sent, then disconnects. */
  close(): Promise<void>;
}

/** Prepares appending; connects with the first record. */
export function createAppender(connection: Connection, topics: Topics): Appender {
  const queue: Entry[] = [];
  let producing: Promise<Producer> | undefined;
  let flying: Promise<void> | undefined;

  async function connectProducer(): Promise<Producer> {
    const producer = connection.client().producer({
      idempotent: true,
      allowAutoTopicCreation: false,
      retry: { retries: SEND_RETRIES },
      createPartitioner:
        () =>
        ({ message }) =>
          message.partition!,
    });
    await producer.connect();
    return producer;
  }

  /** The next records in order, as many as one send takes. */
  function takeFlight(): Entry[] {
    const flight: Entry[] = [];
    let bytes = 0;
    while (queue.length > flight.length && flight.length < MAX_BATCH) {
      const entry = queue[flight.length]!;
      if (flight.length > 0 && bytes + entry.bytes > MAX_BYTES) break;
      bytes += entry.bytes;
      flight.push(entry);
    }
    queue.splice(0, flight.length);
    return flight.filter(({ job }) => !job.failed);
  }

  async function send(flight: readonly Entry[]): Promise<void> {
    const byTopic = Map.groupBy(flight, ({ topic }) => topic);
    const topicMessages: TopicMessages[] = [];
    for (const [topic, entries] of byTopic) {
      topicMessages.push({ topic: connection.full(topic), messages: entries.map(({ message }) => message) });
    }
    const producer = await (producing ??= connectProducer());
    const answers = await producer.sendBatch({ acks: ACKS_ALL, topicMessages });
    const next = new Map(answers.map((a) => [`${a.topicName}/${a.partition}`, BigInt(a.baseOffset!)]));
    for (const { job, index, topic, partition } of flight) {
      const place = `${connection.full(topic)}/${partition}`;
      const offset = next.get(place)!;
      next.set(place, offset + 1n);
      job.results[index] = { partition, offset };
      job.left -= 1;
      if (job.left === 0) job.resolve(job.results);
    }
  }

  async function fly(): Promise<void> {
    // Calls of this turn of the event loop share the first send; those that come meanwhile share the next.
    await Promise.resolve();
    while (queue.length > 0) {
      const flight = takeFlight();
      if (flight.length === 0) continue;
      try {
        await send(flight);
      } catch (error) {
        // Nobody knows what of it was written. kafkajs takes back the sequence numbers of a failed send, and would give
        // them to other records, which the broker then takes for repeats and drops: this producer is not used again.
        const failed = producing;
        producing = undefined;
        failed?.then((producer) => producer.disconnect()).catch(() => {});
        topics.forget();
        for (const { job } of flight) {
          job.failed = true;
          job.reject(error);
        }
      }
    }
    flying = undefined;
  }

  return {
    async append(records) {
      checkSizes(records);
      const counts = new Map<TopicName, number>();
      for (const topic of new Set(records.map((record) => record.topic))) counts.set(topic, await topics.count(topic));
      if (records.length === 0) return [];
      return new Promise((resolve, reject) => {
        const job: Job = { results: [], left: records.length, failed: false, resolve, reject };
        records.forEach((record, index) => queue.push(entryOf(job, index, record, counts.get(record.topic)!)));
        flying ??= fly();
      });
    },
    async close() {
      await flying;
      await producing?.then((producer) => producer.disconnect()).catch(() => {});
    },
  };
}

function entryOf(job: Job, index: number, { topic, key, value, headers }: NewRecord, count: number): Entry {
  const partition = partitionOf(key, count);
  let bytes = OVERHEAD_BYTES + Buffer.byteLength(key) + value.byteLength;
  for (const [name, text] of Object.entries(headers)) bytes += Buffer.byteLength(name) + Buffer.byteLength(text) + 4;
  const message = { key, value: Buffer.from(value.buffer, value.byteOffset, value.byteLength), headers, partition };
  return { job, index, topic, partition, message, bytes };
}
