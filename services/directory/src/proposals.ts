// Versions of roadmaps that wait for a second person, in SQL.
import { sql } from "@ruta/db";
import type { Querying, Tx } from "@ruta/db";

/** What one person laid before another. */
export interface Proposal {
  readonly roadmap: string;
  readonly version: number;
  /** The YAML as it came. */
  readonly text: string;
  /** SHA-256 of the text, in hexadecimal: what the second person approves. */
  readonly sha256: string;
  readonly staff: string;
  readonly publicKey: Uint8Array;
  readonly reason: string;
  readonly at: Date;
}

/** The proposals of one schema. */
export interface Proposals {
  /** Lays one before the others; an earlier one of the same version goes. */
  put(tx: Tx, proposal: Proposal): Promise<void>;
  get(on: Querying, roadmap: string, version: number): Promise<Proposal | undefined>;
  list(on: Querying): Promise<Proposal[]>;
  remove(on: Querying, roadmap: string, version: number): Promise<void>;
}

/** Longest time that one waits. */
const KEPT = "30 days";
const COLUMNS = sql.raw(`roadmap, version, text, sha256, staff, public_key as "publicKey", reason, at`);

/** Opens them. */
export function openProposals(schema: string): Proposals {
  const table = sql.id(schema, "proposal");
  return {
    async put(tx, { roadmap, version, text, sha256, staff, publicKey, reason, at }) {
      await tx.query(sql`delete from ${table} where at < ${at}::timestamptz - ${KEPT}::interval`);
      await tx.query(sql`
        insert into ${table} (roadmap, version, text, sha256, staff, public_key, reason, at)
        values (${roadmap}, ${version}, ${text}, ${sha256}, ${staff}, ${Buffer.from(publicKey)}, ${reason}, ${at})
        on conflict (roadmap, version) do update set text = excluded.text, sha256 = excluded.sha256,
          staff = excluded.staff, public_key = excluded.public_key, reason = excluded.reason, at = excluded.at`);
    },
    async get(on, roadmap, version) {
      const [row] = await on.query<Proposal>(
        sql`select ${COLUMNS} from ${table} where roadmap = ${roadmap} and version = ${version}`,
      );
      return row;
    },
    list: (on) => on.query<Proposal>(sql`select ${COLUMNS} from ${table} order by roadmap, version`),
    async remove(on, roadmap, version) {
      await on.query(sql`delete from ${table} where roadmap = ${roadmap} and version = ${version}`);
    },
  };
}
