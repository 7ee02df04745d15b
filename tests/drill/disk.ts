// A disk that can be made full: a file system in memory, where this process may mount one.
import { execFile } from "node:child_process";
import { mkdirSync } from "node:fs";
import { statfs } from "node:fs/promises";
import { promisify } from "node:util";

const run = promisify(execFile);
/** More than any drill writes; of the memory only what is written is used. */
const SIZE = "16g";
/** The database writes while its disk is being made full. */
const TRIES = 20;

/** A disk of the drill. */
export interface Disk {
  readonly folder: string;
  /** Whether it can be made full here; if not, why. */
  readonly cannot: string | undefined;
  /** Leaves no room beyond what is written. */
  fill(): Promise<void>;
  empty(): Promise<void>;
  close(): Promise<void>;
}

/** Makes the folder, on a disk of its own where that can be had. */
export async function openDisk(folder: string): Promise<Disk> {
  mkdirSync(folder, { recursive: true, mode: 0o711 });
  const cannot = await run("mount", ["-t", "tmpfs", "-o", `size=${SIZE},mode=0711`, "tmpfs", folder]).then(
    () => undefined,
    () => "a file system in memory cannot be mounted by this user",
  );
  const resize = (size: string): Promise<unknown> => run("mount", ["-o", `remount,size=${size}`, folder]);
  return {
    folder,
    cannot,
    async fill() {
      for (let tries = 1; ; tries += 1) {
        const { blocks, bfree, bsize } = await statfs(folder);
        try {
          // Refused when more has been written meanwhile.
          await resize(String((blocks - bfree) * bsize));
          return;
        } catch (error) {
          if (tries >= TRIES) throw error;
        }
      }
    },
    empty: async () => void (await resize(SIZE)),
    async close() {
      if (cannot === undefined) await run("umount", ["-l", folder]);
    },
  };
}
