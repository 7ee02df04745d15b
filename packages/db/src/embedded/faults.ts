// What went wrong with the disk or the rights on it, in words that say what to do.

const KNOWN: readonly (readonly [RegExp, string])[] = [
  [/ENOSPC|No space left on device/i, "there is no space left: free some, or choose a data folder on another disk"],
  [/EDQUOT|Disk quota exceeded/i, "the disk quota is used up: free some space, or choose another data folder"],
  [/EROFS|Read-only file system/i, "the file system is read-only: choose another data folder"],
  [
    /EACCES|EPERM|Permission denied|Operation not permitted/i,
    "its rights do not allow it: give them, or choose another",
  ],
  [
    /incompatible with server|initialized by PostgreSQL version/i,
    "its data are of another major version of PostgreSQL",
  ],
  [/shmget|shared memory segment|could not create semaphores/i, "the system has no shared memory or semaphores left"],
];

/** An error about `place` that says what to do; `words` are the system's or the server's own, shown at its end. */
export function fault(place: string, words: string): Error {
  const shown = words
    .trim()
    .replaceAll(/\s*\n\s*/g, " | ")
    .slice(-600);
  const advice = KNOWN.find(([pattern]) => pattern.test(words))?.[1];
  const known = advice === undefined ? "the embedded database could not be started" : advice;
  return new Error(`${place}: ${known}${shown === "" ? "" : ` (${shown})`}`);
}

/** Runs `work`, turning an error of the file system into one that says what to do. */
export function onDisk<T>(place: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof Error && "code" in error && "syscall" in error) throw fault(place, error.message);
    throw error;
  }
}
