// The embedded server's door: nothing but what the hub and the tests need of it.
export { runningEmbedded } from "./embedded/attach.ts";
export { FolderInUse } from "./embedded/lock.ts";
export { startEmbedded } from "./embedded/start.ts";
export type { EmbeddedOptions, EmbeddedServer } from "./embedded/start.ts";
