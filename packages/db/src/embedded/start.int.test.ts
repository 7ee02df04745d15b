// The embedded server as operators meet it: its port, its password, closed homes, folders that cannot be.
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { binaries, serverUser } from "./binaries.ts";
import { ask, sandbox } from "./sandbox.ts";
import type { Sandbox } from "./sandbox.ts";
import { startEmbedded } from "./start.ts";

let box: Sandbox;

beforeEach(() => {
  box = sandbox();
});

afterEach(() => box.clear());

test("the port is kept from start to start, and another one taken when somebody else has it", async () => {
  const first = await box.start();
  const { port } = new URL(first.url);
  await first.stop();
  const second = await box.start();
  expect(new URL(second.url).port).toBe(port);
  await second.stop();
  const squatter = createServer().listen(Number(port), "127.0.0.1");
  try {
    await expect.poll(() => squatter.listening).toBe(true);
    const third = await box.start();
    expect(new URL(third.url).port).not.toBe(port);
    await third.stop();
    await expect(box.start({ port: Number(port) })).rejects.toThrow(/could not bind/);
  } finally {
    squatter.close();
  }
});

test("only this machine reaches it, and only with the password", async () => {
  const server = await box.start();
  expect(await ask(server.url, "SHOW listen_addresses")).toEqual([{ listen_addresses: "127.0.0.1" }]);
  expect(statSync(join(box.folder, "postgres.password")).mode & 0o777).toBe(0o600);
  const wrong = new URL(server.url);
  for (const password of ["", "wrong"]) {
    wrong.password = password;
    await expect(ask(wrong.href, "SELECT 1")).rejects.toThrow(/password/);
  }
});

test("fsync is on unless told otherwise", async () => {
  const server = await box.start();
  expect(await ask(server.url, "SHOW fsync")).toEqual([{ fsync: "on" }]);
  expect(await ask(server.url, "SHOW synchronous_commit")).toEqual([{ synchronous_commit: "on" }]);
});

test("a lost password file is said before anything is changed", async () => {
  const server = await box.start();
  await server.stop();
  const file = join(box.folder, "postgres.password");
  const password = readFileSync(file);
  rmSync(file);
  await expect(box.start()).rejects.toThrow("postgres.password is missing");
  writeFileSync(file, "another", { mode: 0o600 });
  await expect(box.start()).rejects.toThrow("restore that file");
  writeFileSync(file, password);
  await box.start();
}, 30_000);

test("a first start that was cut off in the middle is made anew", async () => {
  const server = await box.start();
  await server.stop();
  renameSync(box.data(), `${box.data()}.new`);
  rmSync(join(`${box.data()}.new`, "global"), { recursive: true });
  const again = await box.start();
  expect(await ask(again.url, "SELECT 1 AS one")).toEqual([{ one: 1 }]);
});

test("a folder that cannot be made says what to do", async () => {
  writeFileSync(join(box.root, "file"), "");
  await expect(startEmbedded({ folder: "/proc/ruta" })).rejects.toThrow(/\/proc\/ruta: /);
  await expect(startEmbedded({ folder: join(box.root, "file", "data") })).rejects.toThrow(/file/);
});

const isRoot = process.getuid?.() === 0;

test.runIf(isRoot)("as root in a home of mode 0700 it runs elsewhere and says so in a line", async () => {
  const home = join(box.root, "home");
  mkdirSync(home, { mode: 0o700 });
  box.folder = join(home, "data");
  const server = await box.start();
  expect(box.lines.filter((line) => line.includes("its data are in"))).toHaveLength(1);
  await ask(server.url, "CREATE TABLE kept ()");
  await server.stop();
  box.lines.length = 0;
  const again = await box.start();
  expect(await ask(again.url, "SELECT * FROM kept")).toEqual([]);
  expect(box.lines).toEqual([]);
  await again.stop();
  // Removed and made again, the box.folder begins anew and does not meet the old data with a new password.
  const place = readFileSync(join(box.folder, "postgres.place"), "utf8");
  rmSync(box.folder, { recursive: true });
  const anew = await box.start();
  expect(readFileSync(join(box.folder, "postgres.place"), "utf8")).not.toBe(place);
  await expect(ask(anew.url, "SELECT * FROM kept")).rejects.toThrow("does not exist");
  rmSync(place, { recursive: true });
});

test.runIf(isRoot)("as root the server runs as another user", async () => {
  const server = await box.start();
  const { stdout } = spawnSync("ps", ["-o", "user=", "-p", String(server.pid)], { encoding: "utf8" });
  expect(stdout.trim()).not.toBe("root");
});

test.runIf(isRoot)(
  "as root in a home of mode 0700 the programs are copied, once, where only root can change them",
  () => {
    const home = join(box.root, "home");
    mkdirSync(home, { mode: 0o700 });
    const user = serverUser();
    cpSync(
      binaries(user, () => {}),
      join(home, "native"),
      { recursive: true, verbatimSymlinks: true },
    );
    const programs = { folder: home, version: `test-${process.pid}` };
    const copy = binaries(user, (line) => box.lines.push(line), programs);
    try {
      expect(box.lines).toEqual([expect.stringContaining(copy)]);
      expect(binaries(user, (line) => box.lines.push(line), programs)).toBe(copy);
      expect(box.lines).toHaveLength(1);
      const run = spawnSync(join(copy, "bin", "postgres"), ["--version"], { ...user, cwd: "/", encoding: "utf8" });
      expect(run.stdout).toContain("PostgreSQL");
      const { stdout } = spawnSync("find", [
        copy,
        "(",
        "!",
        "-uid",
        "0",
        "-o",
        "-perm",
        "/022",
        ")",
        "!",
        "-type",
        "l",
      ]);
      expect(String(stdout)).toBe("");
    } finally {
      rmSync(copy, { recursive: true });
    }
  },
);
