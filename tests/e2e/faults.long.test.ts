// Alerts that a real fault fires on a running hub and that end with it: a full disk, a certificate that ends, a slow database, a
// clock that is wrong. They must hold for a minute, which is too long for every test run.
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { connect, createServer } from "node:net";
import type { AddressInfo, Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Transform } from "node:stream";
import { testDatabase } from "@ruta/db/testing";
import { keep, ready, RUTA } from "@ruta/demonstration/processes";
import { freePorts } from "@ruta/demonstration/setup";
import { afterAll, describe, expect, test } from "vitest";
import { makeAuthority } from "../certificates.ts";
import { openCity } from "../city.ts";
import { command } from "../command.ts";
import { openDisk } from "../drill/disk.ts";
import { has } from "../tools.ts";
import { SILENT } from "../walk/houses.ts";

const HELD = { timeout: 170_000, interval: 1_000 };
const stops: (() => Promise<unknown> | void)[] = [];
afterAll(async () => {
  for (const stop of stops.toReversed()) await stop();
});

async function firing(env: NodeJS.ProcessEnv): Promise<string[]> {
  const { stdout } = await command(["--json", "status"], env);
  return (JSON.parse(stdout) as { alerts: { name: string }[] }).alerts.map(({ name }) => name);
}

/** A way to a database on which whatever passes is late by so many milliseconds. */
async function slowWay(database: URL): Promise<{ readonly url: string; late(ms: number): void }> {
  let lateMs = 0;
  const late = (): Transform =>
    new Transform({ transform: (chunk: Buffer, _encoding, done) => void setTimeout(done, lateMs, null, chunk) });
  const sockets = new Set<Socket>();
  const listener = createServer({ noDelay: true }, (client) => {
    const server = connect({ host: database.hostname, port: Number(database.port), noDelay: true });
    for (const socket of [client, server]) {
      sockets.add(socket);
      socket.on("error", () => {});
    }
    client.on("close", () => server.destroy());
    server.on("close", () => client.destroy());
    client.pipe(late()).pipe(server);
    server.pipe(late()).pipe(client);
  });
  await new Promise<void>((done) => void listener.listen(0, "127.0.0.1", done));
  stops.push(() => {
    for (const socket of sockets) socket.destroy();
    listener.close();
  });
  const url = new URL(database);
  url.port = String((listener.address() as AddressInfo).port);
  return { url: url.href, late: (ms) => (lateMs = ms) };
}

describe("a real fault fires its alert, until it is mended:", { timeout: 240_000 }, () => {
  test.skipIf(!has("openssl"))(
    "a full disk of the embedded database, and a certificate that ends",
    async ({ skip }) => {
      const folder = mkdtempSync(join(tmpdir(), "ruta-faults-"));
      chmodSync(folder, 0o711); // passable for the database's user, or its data would lie on another disk
      stops.push(() => rmSync(folder, { recursive: true, force: true }));
      const disk = await openDisk(join(folder, "data"));
      stops.push(() => disk.close());
      if (disk.cannot !== undefined) skip(disk.cannot);
      const { cert, key } = await (await makeAuthority(folder, "authority")).issue("hub", ["localhost"], 3);
      const [port, adminPort] = await freePorts(2);
      const env = {
        PATH: process.env.PATH,
        LC_ALL: "C",
        RUTA_DATA: disk.folder,
        RUTA_PORT: String(port),
        RUTA_ADMIN_PORT: String(adminPort),
        RUTA_ADMIN_URLS: `http://127.0.0.1:${adminPort}`,
        RUTA_TLS_CERT: cert,
        RUTA_TLS_KEY: key,
      };
      expect(await command(["init", "--staff", "administrator"], env)).toMatchObject({ code: 0 });
      const hub = keep({ name: "hub", file: RUTA, args: ["start"], execArgv: [], env, log: join(folder, "hub.log") });
      stops.push(() => hub.stop());
      await ready(`${env.RUTA_ADMIN_URLS}/readyz`, 60_000);
      await expect.poll(() => firing(env), HELD).toEqual(["RutaCertificateEnds"]);
      await disk.fill();
      await expect.poll(() => firing(env), HELD).toEqual(expect.arrayContaining(["RutaDiskFull", "RutaDiskLow"]));
      await disk.empty();
      await expect.poll(() => firing(env), HELD).toEqual(["RutaCertificateEnds"]);
    },
  );

  test("a database that answers late, and a clock that is ten seconds ahead", async () => {
    const database = await testDatabase();
    stops.push(() => database.drop());
    const way = await slowWay(new URL(database.url));
    const ahead = "const now = Date.now; Date.now = () => now() + 10_000;";
    const city = await openCity({ driver: "postgres", processes: "one" }, { sender: undefined }, SILENT, {
      databaseUrl: way.url,
      kafkaBrokers: undefined,
      instances: 1,
      execArgv: ["--import", `data:text/javascript,${encodeURIComponent(ahead)}`],
      door: async ([port]) => port!,
    });
    stops.push(() => city.stop());
    // Asked through a slow database the command gives up: what the process itself says of its alerts is read.
    const said = (words: string): string[] =>
      [...city.logs().matchAll(/"name":"(Ruta\w+)".*"msg":"an alert (fires|has ended)"/g)]
        .filter(([, , what]) => what === words)
        .map(([, name = ""]) => name);
    way.late(400);
    await expect.poll(() => said("fires"), HELD).toEqual(expect.arrayContaining(["RutaClockSkew", "RutaDatabaseSlow"]));
    way.late(0);
    await expect.poll(() => said("has ended"), HELD).toContain("RutaDatabaseSlow");
  });
});
