// `npm start` as a newcomer types it: killed at any moment and started again, stopped by Ctrl-C, and counted at the end.
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { Entry } from "@ruta/client/simulator";
import { PERSONALITIES } from "@ruta/demonstration/personality";
import { freePorts } from "@ruta/demonstration/setup";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { command } from "../command.ts";

const MAIN = fileURLToPath(new URL("../../demonstration/src/main.ts", import.meta.url));
const LAST = /^demonstration: referrals 24, delivered \d+, closed (\d+), on the worklist (\d+), parked (\d+), lost 0$/m;
const KILLS = 10;

interface Run {
  readonly child: ChildProcess;
  output(): string;
  readonly ended: Promise<number | null>;
}

const runs: Run[] = [];
let folder: string;
let env: NodeJS.ProcessEnv;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "ruta-demonstration-"));
  chmodSync(folder, 0o711);
  const [port, adminPort] = await freePorts(2);
  env = { ...process.env, RUTA_PORT: String(port), RUTA_ADMIN_PORT: String(adminPort) };
});
afterEach(async () => {
  for (const { child, ended } of runs.splice(0)) {
    child.kill("SIGINT"); // no effect on one that has ended
    await ended;
  }
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const start = (...args: string[]): Run => startWith({ ...env, RUTA_DATA: join(folder, "data") }, ...args);

function startWith(own: NodeJS.ProcessEnv, ...args: string[]): Run {
  const child = spawn(process.execPath, [MAIN, ...args], {
    env: own,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (output += chunk.toString()));
  const run = {
    child,
    output: () => output,
    ended: new Promise<number | null>((resolve) => void child.on("close", resolve)),
  };
  runs.push(run);
  return run;
}

function childrenOf(pid: number | undefined): number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ").filter(Boolean).map(Number);
  } catch {
    return []; // it has ended already
  }
}

/** Ids of processes that have this folder in their command line or environment: none may outlive the demonstration. */
function leftOver(): number[] {
  return readdirSync("/proc").flatMap((name) => {
    if (!/^\d+$/.test(name) || Number(name) === process.pid) return [];
    try {
      const said = ["cmdline", "environ"].map((file) => readFileSync(`/proc/${name}/${file}`, "utf8")).join(" ");
      return said.includes(folder) ? [Number(name)] : [];
    } catch {
      return []; // gone meanwhile
    }
  });
}

test(`killed ${KILLS} times at random moments and started again, it goes on where it was and loses nothing`, async () => {
  let outputs = "";
  for (let kill = 0; kill < KILLS; kill += 1) {
    const run = start();
    // Early kills fall into set-up and start, later ones into the flow.
    await Promise.race([delay(200 + Math.random() * (kill < 4 ? 2_500 : 7_000)), run.ended]);
    // Every other time all of it dies at once, and the database server is left behind as an orphan.
    if (kill % 2 === 1) for (const pid of childrenOf(run.child.pid)) process.kill(pid, "SIGKILL");
    run.child.kill("SIGKILL");
    await run.ended;
    outputs += run.output();
  }
  const last = start("--once");
  expect(await last.ended, `${outputs}\n---\n${last.output()}`).toBe(0);
  const [, closed, worklist, parked] = LAST.exec(last.output()) ?? [];
  expect(Number(closed) + Number(worklist) + Number(parked), last.output()).toBe(24);
});

test("each simulated institution plays its part, and senders hear of it", async () => {
  const run = start("--once");
  expect(await run.ended, run.output()).toBe(0);
  const lines = readFileSync(join(folder, "data", "partners.journal"), "utf8")
    .split("\n")
    .filter(Boolean);
  const entries = lines.map((line) => JSON.parse(line) as Entry);
  const received = entries.flatMap((entry) => (entry.kind === "received" ? [entry] : []));
  const asked = received.filter(({ type }) => type === "request").map(({ institution }) => institution);
  expect([...new Set(asked)].toSorted()).toEqual(Object.keys(PERSONALITIES).toSorted());
  const told = new Set(received.map(({ type }) => type));
  for (const type of ["reject", "returned", "worklisted", "schedule", "refused", "complete"])
    expect(told).toContain(type);
  expect(entries.filter(({ kind }) => kind === "down")).toMatchObject([{ institution: "red-mashua-dulce" }]);
});

test("a second start keeps what was done and repeats nothing", async () => {
  const first = start("--once");
  expect(await first.ended, first.output()).toBe(0);
  const run = start("--once");
  expect(await run.ended, run.output()).toBe(0);
  expect(run.output()).toMatch(LAST);
  expect(run.output()).not.toMatch(/ requested /);
});

/** Runs a line as it is printed, in a shell; one that goes on for ever is interrupted after a while. */
async function paste(line: string): Promise<{ code: number | null; output: string }> {
  const forEver = line.endsWith(" watch");
  const child = spawn("bash", ["-c", line], { cwd: fileURLToPath(new URL("../..", import.meta.url)), detached: true });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (output += chunk.toString()));
  // As a shell says it: 130 of one that the interruption ended.
  const ended = new Promise<number | null>((resolve) => {
    child.on("close", (code, signal) => resolve(signal === "SIGINT" ? 130 : code));
  });
  if (!forEver) return { code: await ended, output };
  await delay(3_000);
  process.kill(-child.pid!, "SIGINT"); // to all of them, as a terminal does
  return { code: await ended, output };
}

test("each line that is printed to try next works when it is pasted", async () => {
  const run = start();
  await expect.poll(run.output, { timeout: 60_000, interval: 100 }).toMatch(/Ctrl-C stops/);
  const lines = run
    .output()
    .split("\n")
    .filter((line) => line.startsWith("  ") && / (npm|curl) /.test(line));
  expect(lines.length).toBeGreaterThanOrEqual(6);
  for (const line of lines) {
    const { code, output } = await paste(line.trim());
    // npm says that it was interrupted, whatever the command says.
    expect(line.endsWith(" watch") && code === 130 ? 0 : code, `${line}\n${output}`).toBe(0);
    expect(output, line).not.toMatch(/"status":4\d\d|^MISS|^error/m);
  }
  run.child.kill("SIGINT");
  expect(await run.ended).toBe(0);
});

test("Ctrl-C stops everything it started, and says what became of the referrals", async () => {
  const run = start();
  await expect.poll(run.output, { timeout: 60_000, interval: 100 }).toMatch(/paste any of these/);
  const pressed = performance.now();
  run.child.kill("SIGINT");
  expect(await run.ended).toBe(0);
  console.info(`Ctrl-C to the end: ${Math.round(performance.now() - pressed)} ms`);
  expect(run.output()).toMatch(LAST);
  await expect.poll(leftOver, { timeout: 10_000, interval: 100 }).toEqual([]);
});

test("what keeps it from starting is said, with the variable to set, and nothing is left running", async () => {
  const server = createServer();
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  const port = String((server.address() as AddressInfo).port);
  const [hub, embedded, fresh] = [join(folder, "hub"), join(folder, "embedded"), join(folder, "fresh")];
  expect((await command(["init"], { ...env, RUTA_DATA: hub })).code).toBe(0);
  expect((await command(["init", "--demonstration"], { ...env, RUTA_DATA: embedded })).code).toBe(0);
  writeFileSync(join(embedded, "on"), "embedded\n");
  for (const [own, args, words] of [
    [{ RUTA_PORT: port, RUTA_DATA: fresh }, [], `port ${port} is in use: stop what uses it, or set RUTA_PORT`],
    [{ RUTA_PORT: "seven", RUTA_DATA: fresh }, [], "RUTA_PORT: a port, 1 to 65535"],
    [{ RUTA_DATA: hub }, [], "holds the data of a hub, not of a demonstration"],
    [{ RUTA_DATA: hub }, ["--data", embedded, "--on", "kafka"], "holds a demonstration on embedded"],
  ] as const) {
    const run = startWith({ ...env, ...own }, "--once", ...args);
    expect(await run.ended, run.output()).toBe(1);
    expect(run.output()).toContain(words);
  }
  server.close();
  expect(existsSync(join(hub, "postgres"))).toBe(false);
  await expect.poll(leftOver, { timeout: 10_000, interval: 100 }).toEqual([]);
});

test.skipIf(!process.env.RUTA_TEST_KAFKA_BROKERS)(
  "on kafka it is the same, a process a service, and two of them share a broker",
  async () => {
    for (const name of ["kafka-first", "kafka-second"]) {
      const run = startWith(
        { ...env, RUTA_DATA: join(folder, name), KAFKA_BROKERS: process.env.RUTA_TEST_KAFKA_BROKERS },
        "--once",
        "--on",
        "kafka",
      );
      expect(await run.ended, run.output()).toBe(0);
      expect(run.output()).toMatch(LAST);
      expect(run.output().match(/ #\d+ +requested /g)).toHaveLength(24);
    }
    await expect.poll(leftOver, { timeout: 10_000, interval: 100 }).toEqual([]);
  },
);

test("Ctrl-C while it starts ends it, and leaves nothing", async () => {
  const run = startWith({ ...env, RUTA_DATA: join(folder, "interrupted") });
  await expect.poll(() => existsSync(join(folder, "interrupted", "hub.log")), { timeout: 30_000 }).toBe(true);
  run.child.kill("SIGINT");
  expect(await run.ended, run.output()).toBe(0);
  expect(run.output()).not.toContain("failed");
  await expect.poll(leftOver, { timeout: 10_000, interval: 100 }).toEqual([]);
});
