// For tests: all that a hub keeps and says, as text, in which nothing of a person may stand in clear.
import { openDb, sql } from "@ruta/db";
import { TOPIC_SPECS } from "@ruta/events";
import { openLog } from "@ruta/log";
import { expect } from "vitest";
import type { City } from "./city.ts";

/** Every byte that the hub keeps or says: tables, topics, logs and metrics, as one text. Binary is read as latin1 and as hex. */
export async function everything(city: City): Promise<string> {
  const db = openDb({ url: city.databaseUrl, name: "canary" });
  const tables = await db.query<{ schema: string; name: string }>(sql`
    select table_schema as schema, table_name as name from information_schema.tables
    where table_type = 'BASE TABLE' and table_schema not in ('pg_catalog', 'information_schema')`);
  const texts: string[] = [];
  for (const { schema, name } of tables) {
    const rows = await db.query<{ line: string }>(sql`select t::text as line from ${sql.id(schema, name)} t`);
    for (const { line } of rows) texts.push(line, ...[...line.matchAll(/\\x([0-9a-f]+)/g)].map(unhex));
  }
  await db.close();
  expect(texts.length).toBeGreaterThan(50);
  const { KAFKA_BROKERS: kafkaBrokers, RUTA_PREFIX } = city.env;
  const log = await openLog({
    ...(kafkaBrokers === undefined ? {} : { kafkaBrokers }),
    databaseUrl: city.databaseUrl,
    prefix: `${RUTA_PREFIX}.`,
    clientId: "canary",
  });
  for (const { name } of TOPIC_SPECS)
    for (const { partition, start } of await log.offsets(name))
      for (const { key, value, headers } of await log.read(name, partition, start))
        texts.push(
          key,
          Buffer.from(value).toString("latin1"),
          Buffer.from(value).toString("utf8"),
          JSON.stringify(headers),
        );
  await log.close();
  for (const url of city.adminUrls) texts.push(await (await fetch(new URL("/metrics", url))).text());
  return [...texts, city.logs()].join("\n");
}

function unhex([, hex = ""]: RegExpMatchArray): string {
  return Buffer.from(hex, "hex").toString("utf8");
}
