// The previous release goes on, and starts again, on a database that this version has migrated, while traffic runs through both.
import { join } from "node:path";
import { testDatabase } from "@ruta/db/testing";
import { RUTA, keep, ready } from "@ruta/demonstration/processes";
import { freePorts } from "@ruta/demonstration/setup";
import { openDb, sql } from "@ruta/db";
import { expect, test, vi } from "vitest";
import { openCity } from "../city.ts";
import { INSTITUTIONS, PERSONALITIES, SILENT, startTraffic, untold } from "../drill/traffic.ts";
import { PREVIOUS_RELEASE, unpackPreviousRelease } from "./previous-release.ts";

const PATIENCE = { timeout: 60_000, interval: 200 };

test(`${PREVIOUS_RELEASE} works on beside this version, and is started again beside it`, async () => {
  const previous = unpackPreviousRelease();
  const stops: (() => Promise<void>)[] = [async () => previous.remove()];
  try {
    const database = await testDatabase();
    stops.push(database.drop);
    const city = await openCity({ driver: "postgres", processes: "many" }, PERSONALITIES, SILENT, {
      databaseUrl: database.url,
      kafkaBrokers: undefined,
      instances: 1,
      execArgv: [],
      door: async ([port]) => port!,
      program: previous.program,
    });
    stops.push(city.stop);
    const db = openDb({ url: database.url, name: "previous-release", max: 1 });
    stops.push(db.close);
    const migrations = (): Promise<{ name: string }[]> =>
      db.query(sql`SELECT name FROM ${sql.id(`${city.env.RUTA_PREFIX}_delivery`, "migrations")}`);
    const before = (await migrations()).length;
    const traffic = startTraffic(city, 2, 100);
    const flows = (): Promise<void> => {
      const at = performance.now();
      return vi.waitFor(() => expect(traffic.flowsSince(at)).toBeDefined(), PATIENCE);
    };
    await flows();

    const [port, adminPort] = await freePorts(2);
    const current = keep({
      name: "this version",
      file: RUTA,
      args: ["start"],
      env: { ...city.env, RUTA_PORT: String(port), RUTA_ADMIN_PORT: String(adminPort) },
      log: join(city.folder, "hub.log"),
    });
    stops.push(() => current.stop());
    await ready(`http://127.0.0.1:${adminPort}/readyz`, 60_000);
    await flows();
    expect((await migrations()).length).toBeGreaterThanOrEqual(before);

    for (const one of city.processes) one.signal("SIGKILL");
    await Promise.all(city.adminUrls.map((url) => ready(`${url}/readyz`, 60_000)));
    await flows();
    await traffic.stop();
    const citizens = INSTITUTIONS.map((id) => city.citizen(id));
    await vi.waitFor(() => expect(untold(traffic.asked, citizens)).toEqual([]), PATIENCE);
    for (const url of city.adminUrls) expect((await fetch(`${url}/readyz`)).status, url).toBe(200);
  } finally {
    for (const stop of stops.toReversed()) await stop();
  }
});
