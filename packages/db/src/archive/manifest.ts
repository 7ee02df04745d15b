// What an archive says of itself, in manifest.json beside its files; SHA256SUMS lists the hash of every file, this one too.

/** The file of the manifest. */
export const MANIFEST = "manifest.json";
/** The file of hashes, as `sha256sum --check` reads it. */
export const SUMS = "SHA256SUMS";
/** The form of archives that this version writes and reads. */
export const FORMAT = 1;

/** A table of an archive. */
export interface ArchivedTable {
  readonly schema: string;
  readonly table: string;
  readonly columns: readonly string[];
  readonly rows: number;
  /** Relative to the archive: COPY's text form, gzip. */
  readonly file: string;
}

/** A sequence of an archive and where it stood. */
export interface ArchivedSequence {
  readonly schema: string;
  readonly sequence: string;
  /** Its last value; null when none was taken yet. */
  readonly last: string | null;
}

/** A migration that had been applied to a schema. */
export interface ArchivedMigration {
  readonly schema: string;
  readonly migration: string;
  /** Hex. */
  readonly sha256: string;
}

/** The manifest. */
export interface Manifest {
  readonly format: typeof FORMAT;
  /** When the snapshot was taken, by the server's clock, RFC 3339. */
  readonly takenAt: string;
  /** The server that it was taken from. */
  readonly server: string;
  readonly schemas: readonly string[];
  readonly migrations: readonly ArchivedMigration[];
  /** In an order in which they can be loaded. */
  readonly tables: readonly ArchivedTable[];
  readonly sequences: readonly ArchivedSequence[];
  /** What the caller says of it. */
  readonly about: Readonly<Record<string, unknown>>;
}
