// Writes an archive: every table from one snapshot as compressed COPY text, read back from disk, and the manifest last.
import { createHash } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { mkdir, open, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { to } from "pg-copy-streams";
import { sql } from "../sql.ts";
import { countRows, migrationsOf, presentSchemas, sequencesOf, tablesOf } from "./catalog.ts";
import type { Table } from "./catalog.ts";
import { FORMAT, MANIFEST, SUMS } from "./manifest.ts";
import type { Manifest } from "./manifest.ts";
import { ArchiveProblem } from "./problem.ts";
import { counter } from "./progress.ts";
import type { Progress } from "./progress.ts";
import { inSession, stoppable, unlessStopped } from "./session.ts";
import type { Session } from "./session.ts";

/** What `writeArchive` takes. */
export interface WriteOptions {
  readonly url: string;
  readonly schemas: readonly string[];
  /** A folder that exists and is empty. Its name should say that it is not finished; renaming it is the caller's. */
  readonly folder: string;
  readonly about: Readonly<Record<string, unknown>>;
  /** Told of rows written, of all. */
  readonly progress?: Progress;
  readonly signal?: AbortSignal | undefined;
}

const NEWLINE = 0x0a;
/** What is compressed here is mostly ciphertext in hex: the first level halves it, the others do no more. */
const LEVEL = { level: 1 };

/** Archives schemas as of one moment. Throws ArchiveProblem, and what the disk or the server says. */
export async function writeArchive(options: WriteOptions): Promise<Manifest> {
  const { url, schemas, folder, about, progress = () => {}, signal } = options;
  const begin = "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY";
  const { manifest, sums } = await inSession(url, begin, async (session) => {
    const present = await presentSchemas(session, schemas);
    const missing = schemas.find((schema) => !present.includes(schema));
    if (missing !== undefined) throw new ArchiveProblem("nothing-to-archive", missing);
    const [head] = await session.query<{ at: Date; server: string }>(
      sql`SELECT now() AS at, current_setting('server_version') AS server`,
    );
    const tables = await tablesOf(session, schemas);
    const rows = await countRows(session, tables);
    const told = counter(
      rows.reduce((sum, one) => sum + one, 0),
      progress,
    );
    const sums = new Map<string, string>();
    const archived: Manifest["tables"][number][] = [];
    for (const [index, table] of tables.entries()) {
      const file = `${table.schema}/${table.table}.copy.gz`;
      await mkdir(join(folder, table.schema), { recursive: true });
      const written = await writeTable(session, table, join(folder, file), (count) => told.add(count), signal);
      if (written.rows !== rows[index]) throw new ArchiveProblem("rows-differ", `${table.schema}.${table.table}`);
      sums.set(file, written.sha256);
      archived.push({ ...table, rows: written.rows, file });
    }
    told.end();
    unlessStopped(signal);
    const manifest: Manifest = {
      format: FORMAT,
      takenAt: (head?.at ?? new Date(0)).toISOString(),
      server: `PostgreSQL ${head?.server ?? ""}`,
      schemas,
      migrations: await migrationsOf(session, schemas),
      tables: archived,
      sequences: await sequencesOf(session, schemas),
      about,
    };
    return { manifest, sums };
  });
  // From the disk again: what a cable or a full disk did to it shows now, not on the day it is needed.
  for (const [file, sha256] of sums)
    if ((await hashOf(join(folder, file))) !== sha256) throw new ArchiveProblem("file-changed", file);
  const text = `${JSON.stringify(manifest, null, 2)}\n`;
  await writeDurably(join(folder, MANIFEST), text);
  sums.set(MANIFEST, createHash("sha256").update(text).digest("hex"));
  await writeDurably(join(folder, SUMS), [...sums].map(([file, sha256]) => `${sha256}  ${file}\n`).join(""));
  for (const below of ["", ...new Set(manifest.tables.map(({ schema }) => schema))])
    await syncFolder(join(folder, below));
  return manifest;
}

/** One table; answers its rows and the hash of the bytes as they were handed to the disk. */
async function writeTable(
  { client }: Session,
  { schema, table, columns }: Table,
  path: string,
  wrote: (rows: number) => void,
  signal: AbortSignal | undefined,
): Promise<{ rows: number; sha256: string }> {
  const names = columns.map((column) => sql.id(column).text).join(", ");
  const copy = client.query(to(`COPY ${sql.id(schema, table).text} (${names}) TO STDOUT`));
  const hash = createHash("sha256");
  let rows = 0;
  const counting = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      // COPY's text form writes a newline inside a value as \n: each byte of that kind ends a row.
      let count = 0;
      for (let at = chunk.indexOf(NEWLINE); at >= 0; at = chunk.indexOf(NEWLINE, at + 1)) count += 1;
      rows += count;
      wrote(count);
      done(null, chunk);
    },
  });
  const hashing = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      done(null, chunk);
    },
  });
  const disk = createWriteStream(path, { flags: "wx", mode: 0o600, flush: true });
  await pipeline(stoppable(copy, signal), counting, createGzip(LEVEL), hashing, disk);
  return { rows, sha256: hash.digest("hex") };
}

/** The SHA-256 of a file, hex. */
export async function hashOf(path: string, read: (bytes: number) => void = () => {}): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
    hash.update(chunk);
    read(chunk.length);
  }
  return hash.digest("hex");
}

async function writeDurably(path: string, text: string): Promise<void> {
  await writeFile(path, text, { flag: "wx", mode: 0o600, flush: true });
}

/** Makes the names in a folder durable. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
