// The lock of a data folder: one process at a time, let go by the kernel when that process dies in whatever way.
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

const SQLITE_BUSY = 5;

/** Another process runs a server on this folder. */
export class FolderInUse extends Error {
  override readonly name = "FolderInUse";
  constructor(folder: string) {
    super(`another process uses ${folder}: stop it first, or choose another data folder`);
  }
}

/**
 * Takes the folder, or throws FolderInUse; the answer lets go. Node offers no file lock of its own, and a file with a
 * process id lies after kill -9; SQLite's lock on an empty file is the kernel's, so it can be neither stale nor raced.
 */
export function lockFolder(folder: string): () => void {
  const file = new DatabaseSync(join(folder, "postgres.lock"));
  try {
    file.exec("PRAGMA busy_timeout = 0; BEGIN EXCLUSIVE");
  } catch (error) {
    file.close();
    if (error instanceof Error && "errcode" in error && error.errcode === SQLITE_BUSY) throw new FolderInUse(folder);
    throw error;
  }
  return () => {
    if (file.isOpen) file.close();
  };
}
