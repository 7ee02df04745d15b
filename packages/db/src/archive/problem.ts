// What is wrong with an archive, or with where it should go, as a code and the facts; no message holds content.

/** Why an archive cannot be used or written. */
export type ArchiveCode =
  | "nothing-to-archive" // the schemas are not in the database
  | "not-whole" // no archive, or one that was not finished
  | "other-format"
  | "file-missing"
  | "file-changed"
  | "rows-differ"
  | "not-empty" // a schema of the archive is in the database already
  | "newer-schema"; // the archive has migrations that this version does not know

/** An archive that cannot be used or written. */
export class ArchiveProblem extends Error {
  override readonly name = "ArchiveProblem";
  readonly code: ArchiveCode;
  /** The file, table or schema that it is about. */
  readonly what: string;

  constructor(code: ArchiveCode, what: string) {
    super(`${code}: ${what}`);
    this.code = code;
    this.what = what;
  }
}
