// The log: a port with two drivers, and the engine that joins records, SQL and offsets.
export { RecordTooLarge, TryAgain, UnknownTopic } from "./errors.ts";
export { followDirectory, reachRevision } from "./directory.ts";
export type { FollowedDirectory } from "./directory.ts";
export { VersionGap, decodeEvent, newEvents, placeOf } from "./events.ts";
export { follow } from "./follow.ts";
export type { Following } from "./follow.ts";
export { openLog } from "./open-log.ts";
export type { LogConfig } from "./open-log.ts";
export { LOG_MIGRATIONS, logSchema } from "./postgres/driver.ts";
export { partitionOf } from "./partition.ts";
export { MAX_BATCH, silentLogger } from "./port.ts";
export type {
  Appended,
  Log,
  LogLogger,
  LogRecord,
  Member,
  Membership,
  NewRecord,
  Position,
  TopicName,
  TopicPartition,
  TopicSpec,
} from "./port.ts";
export { unknownKind } from "./engine/consumer.ts";
export { ENGINE_MIGRATIONS, openEngine } from "./engine/engine.ts";
export type { ConsumeOptions, Consumer, Progress, Unknown } from "./engine/consumer.ts";
export type { Backlog } from "./engine/backlog.ts";
export type { Engine, EngineOptions } from "./engine/engine.ts";
export { noteRestored } from "./engine/output.ts";
export type { OwnOutput } from "./engine/output.ts";
export { LogBehind } from "./engine/position.ts";
export type { FaultPoint, Faults } from "./engine/faults.ts";
export type { Lag, WaitForEnd } from "./engine/lag.ts";
export type { ParkedId, ParkedRecord } from "./engine/aside.ts";
export type { ParkReason } from "./engine/parked.ts";
export type { Handle, Handled } from "./engine/work.ts";
