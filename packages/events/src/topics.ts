// The topics of the hub: names, partitions, keys and retention, in one table.

/** Topics by their short names; the value is the full name before any prefix. */
export const TOPICS = {
  commands: "ruta.referral.commands.v1",
  events: "ruta.referral.events.v1",
  attempts: "ruta.delivery.attempts.v1",
  inbox: "ruta.delivery.inbox.v1",
  access: "ruta.access.v1",
  directory: "ruta.directory.v1",
} as const;

/** Full name of a topic, without prefix. */
export type TopicName = (typeof TOPICS)[keyof typeof TOPICS];

/** What a topic needs when it is created. `retentionMs` -1 keeps for ever; nothing is ever compacted. */
export interface TopicSpec {
  readonly name: TopicName;
  readonly partitions: number;
  readonly retentionMs: number;
}

const DAY_MS = 86_400_000;

/** How long an inbox keeps an item after it was offered, in days. */
export const INBOX_DAYS = 14;

/** Every topic with its partitions and retention (commands and attempts 30 days, inboxes 14, evidence for ever). */
export const TOPIC_SPECS: readonly TopicSpec[] = [
  { name: TOPICS.commands, partitions: 12, retentionMs: 30 * DAY_MS },
  { name: TOPICS.events, partitions: 12, retentionMs: -1 },
  { name: TOPICS.attempts, partitions: 12, retentionMs: 30 * DAY_MS },
  { name: TOPICS.inbox, partitions: 12, retentionMs: INBOX_DAYS * DAY_MS },
  { name: TOPICS.access, partitions: 12, retentionMs: -1 },
  { name: TOPICS.directory, partitions: 1, retentionMs: -1 },
];

/** Largest value of a record in bytes, on every driver; what is larger goes to a sealed blob. */
export const MAX_RECORD_BYTES = 60_000;
