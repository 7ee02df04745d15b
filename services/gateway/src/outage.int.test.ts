// When the database goes away the door says so, and what it is sent again counts once.
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startEmbedded } from "@ruta/db/embedded";
import { openDb } from "@ruta/db";
import { TOPICS } from "@ruta/events";
import { openLog } from "@ruta/log";
import { afterAll, beforeAll, expect, test } from "vitest";
import { smallRequest } from "./examples.ts";
import { Bed, SOON } from "./test-service.ts";

let folder: string;
let server: Awaited<ReturnType<typeof startEmbedded>>;
let bed: Bed;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "ruta-outage-"));
  chmodSync(folder, 0o711);
  server = await startEmbedded({ folder, fsync: false });
  bed = await Bed.on(
    { url: server.url, drop: async () => {} },
    openDb({ url: server.url, name: "gateway-test" }),
    await openLog({ databaseUrl: server.url, prefix: "outage.", clientId: "test" }),
  );
});
afterAll(async () => {
  await bed?.close();
  await server?.stop();
  rmSync(folder, { recursive: true, force: true });
});

test("while the database is away the door answers 503 with Retry-After; back again, the repeat is taken, once", async () => {
  const door = await bed.start();
  const event = JSON.stringify(smallRequest({ number: "O-1" }));
  expect(await bed.send(door, "sender", smallRequest())).toMatchObject({ status: 202 });
  const port = Number(new URL(server.url).port);
  await server.stop();
  const refused = await bed.send(door, "sender", event, "outage");
  expect(refused).toMatchObject({ status: 503, body: { code: "log-unavailable" } });
  expect(refused.headers.get("retry-after")).toBe("2");
  expect(bed.lines.join("")).toContain("could not record");
  server = await startEmbedded({ folder, port, fsync: false });
  await expect.poll(async () => (await bed.send(door, "sender", event, "outage")).status, SOON).toBe(202);
  const { body } = await bed.send(door, "sender", event, "outage");
  expect(await bed.records(TOPICS.commands, String(body.case))).toHaveLength(1);
});
