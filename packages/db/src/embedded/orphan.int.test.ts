// Servers and hubs that are killed, stopped or started twice: nothing committed is lost and no stranger is harmed.
import { spawn } from "node:child_process";
import { statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import pg from "pg";
import { afterEach, beforeEach, expect, test } from "vitest";
import { FolderInUse } from "./lock.ts";
import { isAlive } from "./orphan.ts";
import { ask, freePort, sandbox } from "./sandbox.ts";
import type { Sandbox } from "./sandbox.ts";
import { startEmbedded } from "./start.ts";

let box: Sandbox;

beforeEach(() => {
  box = sandbox();
});

afterEach(() => box.clear());

test("ten times killed with -9 under writes, every committed row is there", async () => {
  let committed = 0;
  for (let round = 0; round <= 10; round += 1) {
    const server = await box.start();
    const client = new pg.Client({ connectionString: server.url });
    client.on("error", () => {});
    await client.connect();
    await client.query("CREATE TABLE IF NOT EXISTS row (n int PRIMARY KEY)");
    const { rows } = await client.query<{ n: number }>("SELECT count(*)::int AS n FROM row");
    expect(rows[0]?.n).toBeGreaterThanOrEqual(committed);
    if (round === 10) {
      await client.end();
      break;
    }
    const base = rows[0]?.n ?? 0;
    const killAt = base + 5 + round;
    for (let n = base; ; n += 1) {
      if (n === killAt) process.kill(server.pid, "SIGKILL");
      const done = await client.query("INSERT INTO row VALUES ($1)", [n]).then(
        () => true,
        () => false,
      );
      if (!done) break;
      committed = n + 1;
    }
    expect(committed).toBeGreaterThanOrEqual(killAt);
    await client.end().catch(() => {});
  }
});

test("a server that outlived a hub killed with -9 is taken over, with its data and its port", async () => {
  const { hub, server } = await box.otherHub();
  process.kill(hub, "SIGKILL");
  const mine = await box.start();
  expect(mine.pid).toBe(server);
  expect(box.lines.join()).toContain("taken over");
  expect(await ask(mine.url, "SELECT 1 AS one")).toEqual([{ one: 1 }]);
  await mine.stop();
  expect(isAlive(server)).toBe(false);
});

test("an orphan that does not answer is ended and the server starts again", async () => {
  const { hub, server } = await box.otherHub();
  process.kill(hub, "SIGKILL");
  process.kill(server, "SIGSTOP");
  const mine = await box.start();
  expect(mine.pid).not.toBe(server);
  expect(isAlive(server)).toBe(false);
  expect(await ask(mine.url, "SELECT 1 AS one")).toEqual([{ one: 1 }]);
}, 30_000);

test("an orphan on another port than the one asked for is replaced", async () => {
  const { hub, server } = await box.otherHub();
  process.kill(hub, "SIGKILL");
  const port = await freePort();
  const mine = await box.start({ port });
  expect(new URL(mine.url).port).toBe(String(port));
  expect(isAlive(server)).toBe(false);
});

test("while one hub runs, another on its folder is refused in words", async () => {
  const { hub } = await box.otherHub();
  try {
    const error = await startEmbedded({ folder: box.folder }).catch((error: unknown) => error);
    expect(error).toBeInstanceOf(FolderInUse);
    expect(String(error)).toContain(box.folder);
  } finally {
    process.kill(hub, "SIGKILL");
    await box.start(); // takes the orphan over, so that it is stopped at the end
  }
});

test("of two first starts at once on one folder one wins and one is refused", async () => {
  const both = await Promise.allSettled([box.start(), box.start()]);
  expect(both.map((one) => one.status).toSorted()).toEqual(["fulfilled", "rejected"]);
  expect(both.find((one) => one.status === "rejected")?.reason).toBeInstanceOf(FolderInUse);
});

test("a pid file whose number now belongs to another program stops nobody and harms nobody", async () => {
  const first = await box.start();
  await ask(first.url, "CREATE TABLE kept ()");
  await first.stop();
  // Run as the server's own user: the server itself would refuse to start beside such a process.
  const data = box.data();
  const { uid, gid } = statSync(data);
  const stranger = spawn("sleep", ["60"], { uid, gid, stdio: "ignore" });
  try {
    writeFileSync(join(data, "postmaster.pid"), `${stranger.pid}\n${data}\n0\n5432\n\n127.0.0.1\n`);
    const second = await box.start();
    expect(await ask(second.url, "SELECT * FROM kept")).toEqual([]);
    expect(stranger.exitCode).toBeNull();
    expect(stranger.signalCode).toBeNull();
  } finally {
    stranger.kill();
  }
});

test("a server of another folder is never touched, even when the pid file names it", async () => {
  const other = await box.start({ folder: join(box.root, "other") });
  const mine = await box.start();
  await mine.stop();
  writeFileSync(join(box.data(), "postmaster.pid"), `${other.pid}\nx\n0\n${new URL(other.url).port}\n`);
  const again = await box.start();
  expect(again.pid).not.toBe(other.pid);
  expect(await ask(other.url, "SELECT 1 AS one")).toEqual([{ one: 1 }]);
});
