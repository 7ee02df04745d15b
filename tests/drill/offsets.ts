// Offsets under watch: a trigger of the drill notes each one that falls, which is a batch decided by two holders.
import type { Db } from "@ruta/db";
import { sql } from "@ruta/db";

const SERVICES = ["gateway", "router", "delivery"];

/** Puts the offsets of every service under watch. */
export async function watchOffsets(db: Db, prefix: string): Promise<void> {
  await db.query(sql`CREATE SCHEMA IF NOT EXISTS drill`);
  await db.query(
    sql`CREATE TABLE IF NOT EXISTS drill.fallen (grp text, topic text, partition integer, from_offset bigint, to_offset bigint)`,
  );
  await db.query(sql`CREATE OR REPLACE FUNCTION drill.note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO drill.fallen VALUES (new.grp, new.topic, new.partition, old.next, new.next); RETURN new; END $$`);
  for (const service of SERVICES)
    await db.query(sql`CREATE TRIGGER drill AFTER UPDATE ON ${sql.id(`${prefix}_${service}`, "consumer_offset")}
      FOR EACH ROW WHEN (new.next < old.next) EXECUTE FUNCTION drill.note()`);
}

/** How often an offset fell. */
export async function fallenOffsets(db: Db): Promise<number> {
  const [row] = await db.query<{ count: number }>(sql`SELECT count(*)::integer AS count FROM drill.fallen`);
  return row?.count ?? 0;
}
