// A backup of a hub that runs, and the hub on another database: what was there is there again, what came later is said to be lost.
import { spawn } from "node:child_process";
import { existsSync, globSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import type { Personality } from "@ruta/client/simulator";
import { testDatabase } from "@ruta/db/testing";
import type { TestDatabase } from "@ruta/db/testing";
import { RUTA, keep, ready } from "@ruta/demonstration/processes";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { openCity } from "../city.ts";
import type { City } from "../city.ts";
import { command } from "../command.ts";

const SOON = { timeout: 30_000, interval: 50 };
const CANARY = ["Quimbolitá", "CANARIO-9917", "salió de noche por el río"];
const serves: Personality = {
  label: "serves",
  answers: () => [
    { act: "accept", afterMs: 0 },
    { act: "start", afterMs: 0 },
    { act: "complete", afterMs: 0, data: { outcomeCode: "served", note: CANARY[2] } },
  ],
  replyAfterMs: 0,
  downForMs: 0,
};
const silent = { ...serves, answers: () => [] };
const asking = (number: string, performer = "casa") => ({
  serviceType: "ALO-FAM",
  priority: "urgent",
  performer,
  number,
  consent: { basis: "E", recipientClass: "any", givenOn: "2026-11-20", evidence: "F-12" },
  person: {
    ageBand: "18-59",
    identity: { name: { given: CANARY[0] }, documents: [{ type: "passport", number: CANARY[1] }] },
    narrative: CANARY[2],
  },
});

let city: City;
let other: TestDatabase;
let backup: string;
let open: typeof first;
let first: Awaited<ReturnType<ReturnType<City["citizen"]>["send"]>>;
beforeAll(async () => {
  city = await openCity(
    { driver: "postgres", processes: "one" },
    { norte: undefined, casa: serves, muda: silent },
    silent,
  );
  other = await testDatabase();
  backup = join(city.folder, "backup");
  first = await city.citizen("norte").send("first", "request", asking("N-1"));
  await completed(first.body.case);
  open = await city.citizen("norte").send("open", "request", asking("N-0", "muda"));
  await vi.waitUntil(() => told().length === 1, SOON);
});
afterAll(async () => {
  await city?.stop();
  await other?.drop();
});

/** Waits until the sender was told that a case is complete. */
const completed = (caseId: unknown): Promise<boolean> =>
  vi.waitUntil(
    () =>
      city
        .citizen("norte")
        .journal.entries.some((one) => one.kind === "received" && one.case === caseId && one.type === "complete"),
    SOON,
  );
/** Numbers of what the house that answers nothing was told, each of it once. */
const told = (): number[] =>
  city.citizen("muda").journal.entries.flatMap((one) => (one.kind === "received" ? [one.sequence ?? 0] : []));
const ruta = (...args: string[]) => command(args, city.env);
const onOther = (...args: string[]) => command(args, { ...city.env, DATABASE_URL: other.url });

test("is taken while the hub runs, is whole, and holds no identity and no key of the hub", async () => {
  const made = await ruta("backup", backup);
  expect(made).toMatchObject({ code: 0 });
  expect(made.stdout).toContain("The hub's own keys are not in it");
  expect(await ruta("backup", "verify", backup)).toMatchObject({ code: 0 });
  const files = globSync("**/*", { cwd: backup, withFileTypes: true }).filter((one) => one.isFile());
  expect(files.length).toBeGreaterThan(60);
  const texts = files.map((one) => {
    const bytes = readFileSync(join(one.parentPath, one.name));
    const text = (one.name.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString();
    return (
      text +
      [...text.matchAll(/\\\\x([0-9a-f]+)/g)].map(([, hex = ""]) => Buffer.from(hex, "hex").toString()).join("\n")
    );
  });
  const all = texts.join("\n");
  expect(all).toContain(String(first.body.referral));
  const { RUTA_MASTER_KEY: master = "", RUTA_SIGNING_KEY: signing = "" } = city.env;
  const keys = [master, signing, Buffer.from(master, "base64").toString("hex")];
  for (const secret of [...CANARY, ...keys]) expect(all).not.toContain(secret);
});

test("one that was killed at work is never taken for a whole one", async () => {
  const folder = `${backup}-killed`;
  const child = spawn(process.execPath, [RUTA, "backup", folder], { env: city.env, stdio: "ignore" });
  await expect.poll(() => existsSync(`${folder}.unfinished/state`), { timeout: 30_000, interval: 2 }).toBe(true);
  child.kill("SIGKILL");
  await new Promise((resolve) => void child.on("close", resolve));
  expect(existsSync(folder)).toBe(false);
  const restored = await onOther("restore", `${folder}.unfinished`, "--yes");
  expect(restored.code).toBe(1);
  expect(restored.stderr).toContain("this is no backup, or one that was not finished");
  expect((await ruta("backup", folder)).stderr).toContain("another backup is being written, or one was ended");
  rmSync(`${folder}.unfinished`, { recursive: true });
  expect(await ruta("backup", folder, "--only", "keyring")).toMatchObject({ code: 0 });
});

test("is refused where anything is wrong with it or its place, before anything is touched", async () => {
  const refused = async (words: string, ended: Promise<{ code: number | null; stderr: string }>) => {
    const { code, stderr } = await ended;
    expect({ code: code !== 0, stderr }).toEqual({ code: true, stderr: expect.stringContaining(words) });
  };
  const key = { ...city.env, DATABASE_URL: other.url, RUTA_MASTER_KEY: Buffer.alloc(32, 7).toString("base64") };
  const brokers = { ...city.env, DATABASE_URL: other.url, KAFKA_BROKERS: "127.0.0.1:9" };
  await Promise.all([
    refused("has a schema", ruta("restore", backup, "--yes")),
    refused("nobody is there to confirm", onOther("restore", backup)),
    refused("made under another master key", command(["restore", backup, "--yes"], key)),
    refused("the backup holds the log itself", command(["restore", backup, "--yes"], brokers)),
  ]);
  const file = globSync(`${backup}/state/*_router/cases.copy.gz`)[0] ?? "";
  const bytes = readFileSync(file);
  writeFileSync(file, bytes.subarray(0, -1));
  await refused("cases.copy.gz is not as it was written", onOther("restore", backup, "--yes"));
  writeFileSync(file, bytes);
});

test("brings back a hub that knows its repeats and serves; of what came later its sender has the receipt", async () => {
  const later = await city.citizen("norte").send("later", "request", asking("N-2"));
  await completed(later.body.case);
  const cancel = () =>
    city.citizen("norte").send("off", "cancel", { referral: open.body.referral, worker: "w-1", reasonCode: "other" });
  await cancel();
  await vi.waitUntil(() => told().length === 2, SOON);
  await Promise.all(city.processes.map((one) => one.stop()));
  // The keyring of a later backup, which was made without the rest.
  const restored = await onOther("restore", backup, "--keyring", `${backup}-killed`, "--yes");
  expect(restored).toMatchObject({ code: 0 });
  expect(restored.stdout).toContain("is not in it, neither what was asked nor what was answered");

  const env = { ...city.env, DATABASE_URL: other.url, RUTA_ADMIN_PORT: new URL(city.adminUrls[0] ?? "").port };
  const hub = keep({ name: "restored", file: RUTA, args: ["start"], env, log: join(city.folder, "restored.log") });
  try {
    await ready(`${city.adminUrls[0]}/readyz`, 60_000);
    const norte = city.citizen("norte");
    expect(await norte.send("first", "request", asking("N-1"))).toEqual(first);
    expect(await norte.read(`/v1/referrals/${String(first.body.referral)}`)).toMatchObject({
      status: 200,
      body: { status: "completed" },
    });
    expect((await norte.read(`/v1/referrals/${String(later.body.referral)}`)).status).toBe(404);
    // What was lost comes again under an id and a number of its own, so that nobody takes it for late.
    await cancel();
    await vi.waitUntil(() => told().length === 3, SOON);
    expect(told()).toEqual([1, 2, expect.toSatisfy((number: number) => number > 2)]);
    const receipt = join(city.folder, "receipt.json");
    writeFileSync(receipt, JSON.stringify(later.body));
    expect(await onOther("receipt", "verify", receipt)).toMatchObject({ code: 0 });
    const again = await norte.send("later", "request", asking("N-2"));
    expect(again.status).toBe(202);
    await completed(again.body.case);
  } finally {
    await hub.stop();
  }
});
