// Loads an archive into a database that has none of its schemas: tables, rows and sequences in one transaction, or nothing.
import { createReadStream } from "node:fs";
import { join } from "node:path";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { from } from "pg-copy-streams";
import { applyWithin } from "../migrate.ts";
import { sql } from "../sql.ts";
import { presentSchemas } from "./catalog.ts";
import type { ArchivedTable, Manifest } from "./manifest.ts";
import { ArchiveProblem } from "./problem.ts";
import { counter } from "./progress.ts";
import type { Progress } from "./progress.ts";
import { inSession, stoppable, unlessStopped } from "./session.ts";
import type { Session } from "./session.ts";

/** The folders of migrations that make the tables of each schema, by the schema's name. */
export type SchemaFolders = Readonly<Record<string, readonly URL[]>>;

/** What `loadArchive` takes. */
export interface LoadOptions {
  readonly url: string;
  readonly folder: string;
  /** As `verifyArchive` answered it. */
  readonly manifest: Manifest;
  readonly folders: SchemaFolders;
  /** Done in the same transaction when everything is loaded. */
  readonly finish?: (session: Pick<Session, "query">) => Promise<void>;
  /** Told of bytes loaded, of all as they lie on disk. */
  readonly progress?: Progress;
  readonly signal?: AbortSignal | undefined;
}

/** Loads an archive. Killed at any point, it leaves the database as it was. Throws ArchiveProblem. */
export async function loadArchive(options: LoadOptions): Promise<void> {
  const { url, folder, manifest, folders, progress = () => {}, signal, finish } = options;
  await inSession(url, "BEGIN", async (session) => {
    const [present] = await presentSchemas(session, manifest.schemas);
    if (present !== undefined) throw new ArchiveProblem("not-empty", present);
    // The very migrations that the archive had: the first start applies what has come since.
    for (const schema of manifest.schemas) {
      const had = manifest.migrations.filter((one) => one.schema === schema);
      const known = await applyWithin(session.client, schema, folders[schema] ?? [], had);
      const unknown = had.find(({ migration }) => !known.includes(migration));
      if (unknown) throw new ArchiveProblem("newer-schema", `${schema} ${unknown.migration}`);
    }
    const told = counter(
      manifest.tables.reduce((sum, { rows }) => sum + rows, 0),
      progress,
    );
    for (const table of manifest.tables) await loadTable(session, folder, table, (rows) => told.add(rows), signal);
    for (const { schema, sequence, last } of manifest.sequences)
      if (last !== null)
        await session.query(sql`SELECT setval(${sql.id(schema, sequence).text}::regclass, ${last}::bigint)`);
    await finish?.(session);
    for (const { schema, table } of manifest.tables) await session.query(sql`ANALYZE ${sql.id(schema, table)}`);
    told.end();
    unlessStopped(signal);
  });
}

const NEWLINE = 0x0a;

async function loadTable(
  { client, query }: Session,
  folder: string,
  { schema, table, columns, file, rows }: ArchivedTable,
  loaded: (rows: number) => void,
  signal: AbortSignal | undefined,
): Promise<void> {
  const id = sql.id(schema, table);
  // A migration may have put rows there, which the archive has as they stood.
  await query(sql`DELETE FROM ${id}`);
  const names = columns.map((column) => sql.id(column).text).join(", ");
  const copy = client.query(from(`COPY ${id.text} (${names}) FROM STDIN`));
  const counting = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      let count = 0;
      for (let at = chunk.indexOf(NEWLINE); at >= 0; at = chunk.indexOf(NEWLINE, at + 1)) count += 1;
      loaded(count);
      done(null, chunk);
    },
  });
  await pipeline(stoppable(createReadStream(join(folder, file)), signal), createGunzip(), counting, copy);
  if (copy.rowCount !== rows) throw new ArchiveProblem("rows-differ", `${schema}.${table}`);
}
