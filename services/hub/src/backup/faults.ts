// What is wrong with a backup or its place, in the words of the command, with what to do.
import { ArchiveProblem } from "@ruta/db/archive";
import { say } from "../language.ts";
import { CommandError, EXIT } from "../output.ts";

const DAMAGED = () => say`it cannot be trusted: take another backup`;

function wordsOf({ code, what }: ArchiveProblem): readonly [message: string, remedy: string] {
  switch (code) {
    case "nothing-to-archive":
      return [
        say`there is nothing to back up: the database has no schema ${what}`,
        say`check RUTA_PREFIX and DATABASE_URL`,
      ];
    case "not-whole":
      return [
        say`${what} is missing: this is no backup, or one that was not finished`,
        say`name the folder that \`ruta backup\` has made`,
      ];
    case "other-format":
      return [
        say`the backup has the form ${what}, which this version does not read`,
        say`restore it with the version that made it`,
      ];
    case "file-missing":
      return [say`the backup lacks ${what}`, DAMAGED()];
    case "file-changed":
      return [say`${what} is not as it was written`, DAMAGED()];
    case "rows-differ":
      return [say`the rows of ${what} are not as many as there should be`, DAMAGED()];
    case "not-empty":
      return [
        say`the database has a schema ${what} already: nothing was changed`,
        say`restore to an empty database, or add --only state or --only keyring for the part that is missing`,
      ];
    case "newer-schema":
      return [say`the backup is of a newer version (${what})`, say`install the version that made it, or a later one`];
  }
}

/** Runs work on a backup; what is expected to go wrong becomes an error that says what to do. */
export async function withFaults<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof ArchiveProblem) {
      const [message, remedy] = wordsOf(error);
      throw new CommandError(message, EXIT.failed, remedy);
    }
    const { code } = error as { code?: string };
    if (code === "ENOSPC" || code === "EDQUOT")
      throw new CommandError(
        say`the disk is full`,
        EXIT.failed,
        say`nothing was kept of it: make room, or name a folder on another disk`,
      );
    throw error;
  }
}
