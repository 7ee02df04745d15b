// The embedded server as operators meet it: killed servers, killed hubs, two at once, closed homes, full disks.
import { spawn, spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import pg from "pg";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { FolderInUse, startEmbedded } from "./embedded.ts";
import type { EmbeddedOptions, EmbeddedServer } from "./embedded.ts";

let root: string;
let folder: string;
let lines: string[];
let started: EmbeddedServer[];

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "ruta-embedded-"));
  chmodSync(root, 0o755);
  folder = join(root, "data");
  lines = [];
  started = [];
});

afterEach(async () => {
  for (const server of started) await server.stop();
  const place = join(folder, "postgres.place");
  if (existsSync(place)) rmSync(readFileSync(place, "utf8"), { recursive: true, force: true });
  rmSync(root, { recursive: true, force: true });
});

async function start(more: Partial<EmbeddedOptions> = {}): Promise<EmbeddedServer> {
  const server = await startEmbedded({ folder, log: (line) => lines.push(line), ...more });
  started.push(server);
  return server;
}

async function ask(url: string, text: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  client.on("error", () => {});
  await client.connect();
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
}

const isGone = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return false;
  } catch {
    return true;
  }
};

/** Another process that starts a server and says its pid; it never stops it. */
async function otherHub(): Promise<{ hub: number; server: number }> {
  const module = fileURLToPath(new URL("embedded.ts", import.meta.url));
  const script = `import { startEmbedded } from ${JSON.stringify(module)};
    const server = await startEmbedded({ folder: ${JSON.stringify(folder)} });
    console.log(server.pid); setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [pid] = await child.stdout.take(1).toArray();
  return { hub: child.pid ?? 0, server: Number(String(pid)) };
}

test("ten times killed with -9 under writes, every committed row is there", async () => {
  let committed = 0;
  for (let round = 0; round <= 10; round += 1) {
    const server = await start();
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
  const { hub, server } = await otherHub();
  process.kill(hub, "SIGKILL");
  const mine = await start();
  expect(mine.pid).toBe(server);
  expect(lines.join()).toContain("taken over");
  expect(await ask(mine.url, "SELECT 1 AS one")).toEqual([{ one: 1 }]);
  await mine.stop();
  expect(isGone(server)).toBe(true);
});

test("an orphan that does not answer is ended and the server starts again", async () => {
  const { hub, server } = await otherHub();
  process.kill(hub, "SIGKILL");
  process.kill(server, "SIGSTOP");
  const mine = await start();
  expect(mine.pid).not.toBe(server);
  expect(isGone(server)).toBe(true);
  expect(await ask(mine.url, "SELECT 1 AS one")).toEqual([{ one: 1 }]);
}, 30_000);

test("an orphan on another port than the one asked for is replaced", async () => {
  const { hub, server } = await otherHub();
  process.kill(hub, "SIGKILL");
  const port = await freePort();
  const mine = await start({ port });
  expect(new URL(mine.url).port).toBe(String(port));
  expect(isGone(server)).toBe(true);
});

test("while one hub runs, another on its folder is refused in words", async () => {
  const { hub } = await otherHub();
  try {
    const error = await startEmbedded({ folder }).catch((error: unknown) => error);
    expect(error).toBeInstanceOf(FolderInUse);
    expect(String(error)).toContain(folder);
  } finally {
    process.kill(hub, "SIGKILL");
    await start(); // takes the orphan over, so that it is stopped at the end
  }
});

test("of two first starts at once on one folder one wins and one is refused", async () => {
  const both = await Promise.allSettled([start(), start()]);
  expect(both.map((one) => one.status).toSorted()).toEqual(["fulfilled", "rejected"]);
  expect(both.find((one) => one.status === "rejected")?.reason).toBeInstanceOf(FolderInUse);
});

test("a pid file whose number now belongs to another program stops nobody and harms nobody", async () => {
  const first = await start();
  await ask(first.url, "CREATE TABLE kept ()");
  await first.stop();
  // Run as the server's own user: the server itself would refuse to start beside such a process.
  const data = dataFolder();
  const { uid, gid } = statSync(data);
  const stranger = spawn("sleep", ["60"], { uid, gid, stdio: "ignore" });
  try {
    writeFileSync(join(data, "postmaster.pid"), `${stranger.pid}\n${data}\n0\n5432\n\n127.0.0.1\n`);
    const second = await start();
    expect(await ask(second.url, "SELECT * FROM kept")).toEqual([]);
    expect(stranger.exitCode).toBeNull();
    expect(stranger.signalCode).toBeNull();
  } finally {
    stranger.kill();
  }
});

test("a server of another folder is never touched, even when the pid file names it", async () => {
  const other = await startEmbedded({ folder: join(root, "other") });
  started.push(other);
  const mine = await start();
  await mine.stop();
  writeFileSync(join(dataFolder(), "postmaster.pid"), `${other.pid}\nx\n0\n${new URL(other.url).port}\n`);
  const again = await start();
  expect(again.pid).not.toBe(other.pid);
  expect(await ask(other.url, "SELECT 1 AS one")).toEqual([{ one: 1 }]);
});

test("the port is kept from start to start, and another one taken when somebody else has it", async () => {
  const first = await start();
  const { port } = new URL(first.url);
  await first.stop();
  const second = await start();
  expect(new URL(second.url).port).toBe(port);
  await second.stop();
  const squatter = createServer().listen(Number(port), "127.0.0.1");
  try {
    await vi.waitFor(() => expect(squatter.listening).toBe(true));
    const third = await start();
    expect(new URL(third.url).port).not.toBe(port);
    await third.stop();
    await expect(start({ port: Number(port) })).rejects.toThrow(/could not bind/);
  } finally {
    squatter.close();
  }
});

test("only this machine reaches it, and only with the password", async () => {
  const server = await start();
  expect(await ask(server.url, "SHOW listen_addresses")).toEqual([{ listen_addresses: "127.0.0.1" }]);
  expect(statSync(join(folder, "postgres.password")).mode & 0o777).toBe(0o600);
  const wrong = new URL(server.url);
  for (const password of ["", "wrong"]) {
    wrong.password = password;
    await expect(ask(wrong.href, "SELECT 1")).rejects.toThrow();
  }
});

test("fsync is on unless told otherwise", async () => {
  const server = await start();
  expect(await ask(server.url, "SHOW fsync")).toEqual([{ fsync: "on" }]);
  expect(await ask(server.url, "SHOW synchronous_commit")).toEqual([{ synchronous_commit: "on" }]);
});

test("a lost password file is said before anything is changed", async () => {
  const server = await start();
  await server.stop();
  const file = join(folder, "postgres.password");
  const password = readFileSync(file);
  rmSync(file);
  await expect(start()).rejects.toThrow("postgres.password is missing");
  writeFileSync(file, "another", { mode: 0o600 });
  await expect(start()).rejects.toThrow("restore that file");
  writeFileSync(file, password);
  await start();
}, 30_000);

test("a first start that was cut off in the middle is made anew", async () => {
  const server = await start();
  await server.stop();
  renameSync(dataFolder(), `${dataFolder()}.new`);
  rmSync(join(`${dataFolder()}.new`, "global"), { recursive: true });
  const again = await start();
  expect(await ask(again.url, "SELECT 1 AS one")).toEqual([{ one: 1 }]);
});

test("a folder that cannot be made says what to do", async () => {
  writeFileSync(join(root, "file"), "");
  await expect(startEmbedded({ folder: "/proc/ruta" })).rejects.toThrow(/\/proc\/ruta: /);
  await expect(startEmbedded({ folder: join(root, "file", "data") })).rejects.toThrow(/file/);
});

const isRoot = process.getuid?.() === 0;

test.runIf(isRoot)("as root in a home of mode 0700 it runs elsewhere and says so in a line", async () => {
  const home = join(root, "home");
  mkdirSync(home, { mode: 0o700 });
  folder = join(home, "data");
  const server = await start();
  expect(lines.filter((line) => line.includes("its data are in"))).toHaveLength(1);
  await ask(server.url, "CREATE TABLE kept ()");
  await server.stop();
  lines = [];
  const again = await start();
  expect(await ask(again.url, "SELECT * FROM kept")).toEqual([]);
  expect(lines).toEqual([]);
  await again.stop();
  // Removed and made again, the folder begins anew and does not meet the old data with a new password.
  const place = readFileSync(join(folder, "postgres.place"), "utf8");
  rmSync(folder, { recursive: true });
  const anew = await start();
  expect(readFileSync(join(folder, "postgres.place"), "utf8")).not.toBe(place);
  await expect(ask(anew.url, "SELECT * FROM kept")).rejects.toThrow("does not exist");
  rmSync(place, { recursive: true });
});

test.runIf(isRoot)("as root the server runs as another user", async () => {
  const server = await start();
  const { stdout } = spawnSync("ps", ["-o", "user=", "-p", String(server.pid)], { encoding: "utf8" });
  expect(stdout.trim()).not.toBe("root");
});

function dataFolder(): string {
  const place = join(folder, "postgres.place");
  return join(existsSync(place) ? readFileSync(place, "utf8") : join(folder, "postgres"), "data");
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address ? address.port : 0));
    });
  });
}
