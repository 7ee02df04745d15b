// The directory in SQL: the lock of its one writer, the entries that stand, and the signed requests already executed.
import { fromBinary, toBinary } from "@bufbuild/protobuf";
import { sql } from "@ruta/db";
import type { Tx } from "@ruta/db";
import { Directory, DirectoryRecordSchema } from "@ruta/events";
import type { DirectoryRecord, EntryKind } from "@ruta/events";
import { entryOf, idOf } from "./form.ts";
import type { Entry } from "./form.ts";
import { KINDS } from "./whole.ts";

/** How long a signed request is remembered; a signature is taken for 5 minutes to either side of its time. */
const ACT_MEMORY = "1 hour";

/** The directory's own tables in one schema. */
export interface State {
  /** The directory that stands. Nobody else can change it until the transaction ends. */
  lock(tx: Tx): Promise<Directory>;
  /** Remembers a signed request; false when it was executed already. */
  remember(tx: Tx, signature: Uint8Array, now: number): Promise<boolean>;
  /** Makes the records of a new revision, its mark included, stand. */
  write(tx: Tx, records: readonly DirectoryRecord[]): Promise<void>;
  /** Replaces everything by a directory that was folded from the log; for a database that was lost. */
  adopt(tx: Tx, folded: Directory): Promise<void>;
}

/** The tables in `schema`. */
export function createState(schema: string): State {
  const revision = sql.id(schema, "revision");
  const entry = sql.id(schema, "entry");
  const act = sql.id(schema, "act");

  async function put(tx: Tx, number: bigint, entries: readonly Entry[]): Promise<void> {
    const records = entries.map((each) => toBinary(DirectoryRecordSchema, recordOf(number, each)));
    await tx.query(sql`
      insert into ${entry} (kind, id, record)
      select kind, id, record from unnest(${entries.map((each) => each.case)}::text[], ${entries.map(idOf)}::text[],
        ${records}::bytea[]) with ordinality as e (kind, id, record, place) order by place
      on conflict (kind, id) do update set record = excluded.record`);
    await tx.query(sql`update ${revision} set number = ${number}`);
  }

  return {
    async lock(tx) {
      const [row] = await tx.query<{ number: bigint }>(sql`select number from ${revision} for update`);
      const rows = await tx.query<{ record: Uint8Array }>(sql`select record from ${entry} order by ordinal`);
      return directoryOf(
        row?.number ?? 0n,
        rows.map(({ record }) => fromBinary(DirectoryRecordSchema, record)),
      );
    },

    async remember(tx, signature, now) {
      const at = new Date(now);
      await tx.query(sql`delete from ${act} where at < ${at}::timestamptz - ${ACT_MEMORY}::interval`);
      const rows = await tx.query(sql`
        insert into ${act} (signature, at) values (${Buffer.from(signature)}, ${at}) on conflict do nothing returning at`);
      return rows.length === 1;
    },

    async write(tx, records) {
      const number = records[0]?.revision ?? 0n;
      await put(
        tx,
        number,
        records.flatMap(({ entry: each }) => (isEntry(each) ? [each] : [])),
      );
    },

    async adopt(tx, folded) {
      await tx.query(sql`delete from ${entry}`);
      const entries = KINDS.flatMap((kind) => folded.all(kind).map((value) => entryOf(kind, value)));
      await put(tx, folded.revision, entries);
    },
  };
}

function isEntry(entry: DirectoryRecord["entry"]): entry is Entry {
  return entry.case !== undefined && entry.case !== "revisionCommitted";
}

function recordOf(revision: bigint, entry: Entry): DirectoryRecord {
  return { $typeName: "ruta.directory.v1.DirectoryRecord", revision, entry };
}

function directoryOf(revision: bigint, records: readonly DirectoryRecord[]): Directory {
  const tables = Object.fromEntries(KINDS.map((kind) => [kind, new Map<string, unknown>()])) as Record<
    EntryKind,
    Map<string, unknown>
  >;
  for (const { entry } of records) if (isEntry(entry)) tables[entry.case].set(idOf(entry), entry.value);
  return new Directory(revision, tables as unknown as ConstructorParameters<typeof Directory>[1]);
}
