// The topics of a log in PostgreSQL: made once, remembered by name.
import { sql } from "@ruta/db";
import type { Db } from "@ruta/db";
import { UnknownTopic } from "../errors.ts";
import type { TopicSpec } from "../port.ts";

/** A topic as this log knows it. */
export interface Topic {
  readonly id: number;
  readonly name: string;
  readonly partitions: number;
}

/** Looks topics up and makes them. A topic never changes once made, so what was read is kept. */
export interface Topics {
  create(specs: readonly TopicSpec[]): Promise<void>;
  /** Throws UnknownTopic. */
  get(name: string): Promise<Topic>;
}

/** `named` gives a topic its name in the log (with prefix). */
export function openTopics(db: Db, schema: string, named: (topic: string) => string): Topics {
  const known = new Map<string, Topic>();

  async function get(name: string): Promise<Topic> {
    const kept = known.get(name);
    if (kept) return kept;
    const [found] = await db.query<Topic>(
      sql`SELECT id, name, partitions FROM ${sql.id(schema, "topic")} WHERE name = ${named(name)}`,
    );
    if (!found) throw new UnknownTopic(name);
    known.set(name, found);
    return found;
  }

  return {
    get,
    async create(specs) {
      await db.query(sql`
        WITH made AS (
          INSERT INTO ${sql.id(schema, "topic")} (name, partitions, retention_ms)
          SELECT * FROM unnest(${specs.map((s) => named(s.name))}::text[], ${specs.map((s) => s.partitions)}::integer[],
            ${specs.map((s) => s.retentionMs)}::bigint[])
          ON CONFLICT (name) DO NOTHING RETURNING id, partitions)
        INSERT INTO ${sql.id(schema, "topic_partition")} (topic_id, partition)
        SELECT id, n FROM made, generate_series(0, partitions - 1) AS n`);
    },
  };
}
