// The tables of a hub in a soak: rows and bytes of each, and how it may grow by ARCHITECTURE.md's table.
import { readFileSync } from "node:fs";
import { sql } from "@ruta/db";
import type { Db } from "@ruta/db";
import { TOPIC_SPECS } from "@ruta/events";
import type { Meaning } from "./judge.ts";

const MIB = 2 ** 20;

/** What a number of rows may be. */
function rows(bound: Meaning["bound"]): Meaning {
  return { bound, unit: "rows", factor: bound === "cases" ? 1.1 : 1.3, slack: 30 };
}

/** What a size may be: a table that is written to has room in it that is not used at the moment. */
export function bytes(bound: Meaning["bound"], slackMib: number): Meaning {
  return { bound, unit: "bytes", factor: 1.3, slack: slackMib * MIB };
}

/** When a row of each table goes, in the words of ARCHITECTURE.md; `*` stands for every service. */
function goesBy(): Map<string, string> {
  const text = readFileSync(new URL("../../ARCHITECTURE.md", import.meta.url), "utf8");
  const section = text.split("## What grows, and what bounds it")[1]?.split("\n## ")[0] ?? "";
  return new Map(
    [...section.matchAll(/^\| `([^`]+)` \| [^|]+ \| ([^|]+) \|$/gm)].map(([, name = "", when = ""]) => [name, when]),
  );
}

/** What stays for good, or until somebody says so. */
const STAYS = /^stays|the rest stays|^at erasure|^with its key/;
const GOES = goesBy();

/** How a table may grow. Throws when ARCHITECTURE.md does not know it. */
function boundOf(table: string): "flat" | "cases" {
  const goes = GOES.get(table) ?? GOES.get(table.replace(/^\w+\./, "*."));
  if (goes === undefined) throw new Error(`ARCHITECTURE.md does not say what bounds ${table}`);
  return STAYS.test(goes) ? "cases" : "flat";
}

/** Measures every table below a prefix; adds what it finds for the first time to the meanings. */
export async function lookAtTables(
  db: Db,
  prefix: string,
  meanings: Map<string, Meaning>,
): Promise<Record<string, number>> {
  const values: Record<string, number> = {};
  const note = (name: string, value: number, meaning: Meaning): void => {
    values[name] = value;
    meanings.set(name, meaning);
  };
  const tables = await db.query<{ schema: string; name: string; size: bigint }>(sql`
    SELECT schemaname AS schema, relname AS name, pg_total_relation_size(relid) AS size
    FROM pg_stat_user_tables WHERE starts_with(schemaname, ${`${prefix}_`}) ORDER BY 1, 2`);
  for (const { schema, name, size } of tables) {
    const table = `${schema.slice(prefix.length + 1)}.${name}`;
    const place = sql.id(schema, name);
    if (table === "log.record") {
      const found = await db.query<{ topic: string; count: bigint }>(sql`
        SELECT t.name AS topic, count(*) AS count FROM ${place} r JOIN ${sql.id(schema, "topic")} t ON t.id = r.topic_id GROUP BY 1`);
      for (const spec of TOPIC_SPECS) {
        const count = found.find(({ topic }) => topic.endsWith(spec.name))?.count ?? 0n;
        note(`${table} ${spec.name}`, Number(count), rows(spec.retentionMs < 0 ? "cases" : "flat"));
      }
      note(`${table} size`, Number(size), bytes("cases", 16));
      continue;
    }
    const bound = boundOf(table);
    const body = table === "delivery.deliveries" ? sql`count(body)` : sql`0::bigint`;
    const [counted] = await db.query<{ count: bigint; bodies: bigint }>(
      sql`SELECT count(*) AS count, ${body} AS bodies FROM ${place}`,
    );
    note(table, Number(counted?.count), rows(bound));
    if (table === "delivery.deliveries") note(`${table} bodies`, Number(counted?.bodies), rows("flat"));
    note(`${table} size`, Number(size), bytes(bound, bound === "cases" ? 8 : 4));
  }
  return values;
}
