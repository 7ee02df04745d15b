// A database that is lost under traffic, and restored from a backup: behind the log, which has everything that came since.
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { ready } from "@ruta/demonstration/processes";
import { openDb, sql } from "@ruta/db";
import type { Db } from "@ruta/db";
import type { City } from "../city.ts";
import { watchOffsets } from "./offsets.ts";
import type { Servers } from "./servers.ts";
import type { Traffic } from "./traffic.ts";

const SERVICES = ["gateway", "directory", "router", "delivery"];
const READY_MS = 90_000;
const LOOK_MS = 50;
/** Requests before the backup, and between it and the loss. */
const BEFORE = 8;
const BETWEEN = 16;
/** How many of them are sent again. */
const REPEATS = 8;

/** What losing a database needs. */
export interface LossOptions {
  readonly city: City;
  readonly servers: Pick<Servers, "databaseUrl">;
  readonly traffic: Traffic;
  readonly db: Db;
  readonly say: (line: string) => void;
  readonly signal: AbortSignal | undefined;
}

/** A place for the keyring that is not lost with the rest, as it should have one; answers its URL. */
export async function makeKeyringPlace(databaseUrl: string): Promise<string> {
  const db = openDb({ url: databaseUrl, name: "drill", max: 1 });
  try {
    await db.query(sql`CREATE DATABASE keyring`);
  } finally {
    await db.close();
  }
  const url = new URL(databaseUrl);
  url.pathname = "/keyring";
  return url.href;
}

/** Takes a backup under traffic, loses the database under more of it, restores it and starts the services. Throws for a repeat answered otherwise. */
export async function loseDatabase({ city, traffic, db, say, signal }: LossOptions): Promise<void> {
  const prefix = city.env.RUTA_PREFIX ?? "";
  const folder = join(city.folder, "backup");
  const more = async (count: number): Promise<void> => {
    for (const until = traffic.asked.length + count; traffic.asked.length < until;)
      await delay(LOOK_MS, undefined, { signal });
  };
  await more(BEFORE);
  await city.ruta("backup", folder);
  const known = traffic.asked.length;
  // Whatever is decided again from now on would say another revision.
  const term = { kind: "term", value: { code: "DOC", taxonomy: "service-type", name: "DOC" } };
  await city.admin.post("/admin/directory/apply", { entries: [term], reason: "since the backup" });
  await more(BETWEEN);
  await Promise.all(
    city.processes.map((one) => {
      one.signal("SIGKILL");
      return one.stop();
    }),
  );
  for (const service of SERVICES) await db.query(sql`DROP SCHEMA ${sql.id(`${prefix}_${service}`)} CASCADE`);
  const since = traffic.asked.slice(known);
  say(`the database is lost, with ${since.length} requests and what became of them since the backup`);
  const told = JSON.parse(await city.ruta("--json", "restore", folder, "--only", "state", "--yes")) as {
    ahead: string;
  };
  say(`restored; the log has ${told.ahead} records that came since`);
  for (const one of city.processes) one.again();
  await Promise.all(city.adminUrls.map((url) => ready(`${url}/readyz`, READY_MS, signal)));
  await watchOffsets(db, prefix);
  for (const one of since.slice(0, REPEATS)) {
    const answer = await traffic.repeat(one);
    if (answer !== one.answer) throw new Error(`a repeat of ${one.webhookId} was answered ${answer}`);
  }
  say(`${Math.min(REPEATS, since.length)} of them sent again: each got its first answer`);
  await more(BEFORE);
}
