// A small disk that can be made full: a file system in memory, where this process may mount one.
import { execFile } from "node:child_process";
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);
const SIZE = "1g"; // room for the database's write-ahead log, which grows to that size before it is used again

/** A disk of the drill. */
export interface Disk {
  readonly folder: string;
  /** Whether it can be made full here; if not, why. */
  readonly cannot: string | undefined;
  fill(): Promise<void>;
  empty(): void;
  close(): Promise<void>;
}

/** Makes the folder, on a disk of its own where that can be had. */
export async function openDisk(folder: string): Promise<Disk> {
  mkdirSync(folder, { recursive: true, mode: 0o711 });
  const ballast = join(folder, "ballast");
  const cannot = await run("mount", ["-t", "tmpfs", "-o", `size=${SIZE},mode=0711`, "tmpfs", folder]).then(
    () => undefined,
    () => "a file system in memory cannot be mounted by this user",
  );
  const empty = (): void => rmSync(ballast, { force: true });
  return {
    folder,
    cannot,
    empty,
    async fill() {
      // dd ends with an error when nothing is left: that is what is wanted.
      await run("dd", ["if=/dev/zero", `of=${ballast}`, "bs=1M"]).catch(() => {});
    },
    async close() {
      if (cannot === undefined) await run("umount", ["-l", folder]);
    },
  };
}
