// Archives of whole schemas: taken from one snapshot while everything runs, checked by hashes, loaded all or nothing.
export { ArchiveProblem } from "./archive/problem.ts";
export type { Manifest } from "./archive/manifest.ts";
export { loadArchive } from "./archive/load.ts";
export type { SchemaFolders } from "./archive/load.ts";
export type { Progress } from "./archive/progress.ts";
export { readArchive, verifyArchive } from "./archive/verify.ts";
export { syncFolder, writeArchive } from "./archive/write.ts";
