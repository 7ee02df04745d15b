// What sets Kafka up and looks at it, without a log. A door of its own: a hub on the embedded log loads no Kafka client.
export { reachKafka } from "./kafka/reach.ts";
export type { KafkaSecurity } from "./kafka/security.ts";
export type { TopicDifference } from "./kafka/topic-config.ts";
export { examineTopics, settleTopics } from "./kafka/topic-state.ts";
export type { TopicState } from "./kafka/topic-state.ts";
