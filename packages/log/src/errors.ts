// What the log refuses, as errors with codes; no message holds content.
import { MAX_RECORD_BYTES } from "@ruta/events";
import type { NewRecord } from "@ruta/events";

/** A record's value exceeds what every driver takes. Nothing of the append was written. */
export class RecordTooLarge extends Error {
  readonly code = "record-too-large";
  readonly topic: string;
  readonly bytes: number;
  constructor(topic: string, bytes: number) {
    super(`a record for ${topic} has ${bytes} bytes; the log takes at most ${MAX_RECORD_BYTES}`);
    this.name = "RecordTooLarge";
    this.topic = topic;
    this.bytes = bytes;
  }
}

/** The topic does not exist in this log. Nothing of the append was written. */
export class UnknownTopic extends Error {
  readonly code = "unknown-topic";
  readonly topic: string;
  constructor(topic: string) {
    super(`the log has no topic ${topic}`);
    this.name = "UnknownTopic";
    this.topic = topic;
  }
}

/** Throws RecordTooLarge for the first record that is; both drivers call it before they write. */
export function checkSizes(records: readonly NewRecord[]): void {
  for (const record of records) {
    if (record.value.byteLength > MAX_RECORD_BYTES) throw new RecordTooLarge(record.topic, record.value.byteLength);
  }
}

/**
 * Thrown by a handler that cannot decide yet, such as while it waits for a directory revision: the batch is rolled back
 * and tried again with back-off, and nothing is parked.
 */
export class TryAgain extends Error {
  readonly code = "try-again";
  constructor(why: string) {
    super(why);
    this.name = "TryAgain";
  }
}
