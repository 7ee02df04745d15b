// The `ruta` command against a running hub: each act of staff, each refusal with its exit code, and what it says to do.
import { writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { json as readJson } from "node:stream/consumers";
import { TOPICS, newCaseId } from "@ruta/events";
import { openLog } from "@ruta/log";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openCity } from "../city.ts";
import type { City } from "../city.ts";
import { command } from "../command.ts";
import type { Ended } from "../command.ts";

const SOON = { timeout: 30_000, interval: 50 };
const REASON = ["--reason", "a test of the command"];
const silent = { label: "silent", answers: () => [], replyAfterMs: 0, downForMs: 0 };

let city: City;
let event: string;
/** A receiver that proves itself, and says 410 to all else until it is mended. */
let gone = true;
const receiver = createServer((request, response) => {
  void eventOf(request).then(({ type, data }) => {
    if (type === "ruta.endpoint.challenge") return void response.end(JSON.stringify(data));
    return void response.writeHead(gone ? 410 : 200).end();
  });
});
const eventOf = (stream: Readable) => readJson(stream) as Promise<{ readonly type: string; readonly data: object }>;

beforeAll(async () => {
  const institutions = { sender: undefined, casa: silent };
  city = await openCity({ driver: "postgres", processes: "one" }, institutions, silent);
  await new Promise<void>((resolve) => void receiver.listen(0, "127.0.0.1", resolve));
  event = join(city.folder, "event.json");
  const consent = { basis: "E", recipientClass: "any", givenOn: "2026-11-20", evidence: "F-1" };
  const data = { serviceType: "ALO-FAM", priority: "urgent", performer: "casa", consent };
  const envelope = { specversion: "1.0", id: "1", source: "/sender", type: "ruta.referral.request", data };
  writeFileSync(event, JSON.stringify(envelope));
});
afterAll(async () => {
  receiver.closeAllConnections();
  receiver.close();
  await city?.stop();
});

const ruta = (...args: string[]): Promise<Ended> => command(args, city.env);
const json = async <T>(...args: string[]): Promise<T> => {
  const { code, stdout, stderr } = await ruta("--json", ...args);
  expect(code, stderr).toBe(0);
  return JSON.parse(stdout) as T;
};

test("help names every command, and a wrong one is told what there is", async () => {
  const { code, stdout } = await ruta("--help");
  expect(code).toBe(0);
  const names =
    "init start directory staff keys tokens partner receipt send status stuck referral watch log act worklist parked endpoint set-aside redrive attempts config doctor";
  for (const name of names.split(" ")) expect(stdout).toMatch(new RegExp(`^ +${name}\\b`, "m"));
  expect(stdout).not.toContain("\u001b");
  expect(await ruta("fly")).toMatchObject({ code: 2, stderr: expect.stringContaining("unknown command") });
});

test("config shows what is in force and where from, and no secret", async () => {
  const { stdout } = await ruta("config");
  expect(stdout).toMatch(/RUTA_PORT +\d+ +environment/);
  expect(stdout).toMatch(/RUTA_HOST +127\.0\.0\.1 +default/);
  expect(stdout).toMatch(/RUTA_MASTER_KEY +\(hidden\)/);
  for (const secret of [city.env.RUTA_MASTER_KEY!, city.env.RUTA_SIGNING_KEY!, city.databaseUrl])
    expect(stdout).not.toContain(secret);
});

test("config says of keys that lie in the data folder where they lie", async () => {
  const folder = join(city.folder, "own");
  const env = { PATH: process.env.PATH, RUTA_DATA: folder };
  expect((await command(["config"], env)).stdout).toMatch(/RUTA_MASTER_KEY +not set/);
  expect((await command(["init"], env)).code).toBe(0);
  const { stdout } = await command(["config"], env);
  for (const [variable, file] of [
    ["RUTA_MASTER_KEY", "keys/master.key"],
    ["RUTA_SIGNING_KEY", "keys/signing.key"],
    ["RUTA_FIRST_ADMIN", "hub.json"],
  ])
    expect(stdout).toMatch(new RegExp(`${variable} +\\(hidden\\) +${join(folder, file!)} `));
});

test.each([
  ["RUTA_PORT", "70000", "a port, 0 to 65535"],
  ["RUTA_PORT", "seven", "a port, 0 to 65535"],
  ["RUTA_PREFIX", "Mal Nombre", "lower-case letters, digits and underscores"],
  ["DATABASE_URL", "mysql://somewhere", "a postgres:// URL"],
  ["KAFKA_BROKERS", "nothing", "host:port"],
  ["RUTA_TRUSTED_PROXY", "everybody", "an address or a CIDR block"],
  ["RUTA_ALLOW_LOOPBACK", "yes", '"0"|"1"'],
  ["RUTA_URL", "nowhere", "an http(s) URL"],
  ["RUTA_ADMIN_URLS", "http://127.0.0.1:7401,nowhere", "http(s) URLs, comma separated"],
])("a wrong %s (%s) stops the start with its name and what it takes", async (variable, value, takes) => {
  const { code, stderr } = await command(["start"], { ...city.env, [variable]: value });
  expect(code).toBe(2);
  expect(stderr).toContain(`${variable}: `);
  expect(stderr).toContain(takes);
});

test.each([
  ["DATABASE_URL", "postgres://nobody@127.0.0.1:9/none", 1, "ECONNREFUSED"],
  ["RUTA_HOST", "192.0.2.1", 2, "cannot listen: EADDRNOTAVAIL"],
])("a %s that is of no use (%s) ends the start in words", async (variable, value, code, words) => {
  const free = { RUTA_PREFIX: "elsewhere", RUTA_PORT: "0", RUTA_ADMIN_PORT: "0" };
  const ended = await command(["start"], { ...city.env, ...free, [variable]: value });
  expect(ended).toMatchObject({ code, stderr: expect.stringContaining(words) });
  expect(ended.stderr).toMatch(/check RUTA_HOST|`ruta doctor`/);
  expect(ended.stderr).not.toMatch(/^ +at /m);
});

test("doctor finds everything, and says what to do where something is missing", async () => {
  expect(await ruta("doctor")).toMatchObject({ code: 0, stdout: expect.not.stringContaining("MISS") });
  const lost = await command(["doctor"], {
    ...city.env,
    RUTA_ADMIN_URLS: "http://127.0.0.1:9",
    RUTA_STAFF_KEY: "/none",
  });
  expect(lost.code).toBe(1);
  expect(lost.stdout).toMatch(/MISS admin .*start the hub, or set RUTA_ADMIN_URLS/);
  expect(lost.stdout).toMatch(/MISS staff key/);
});

test("a folder of YAML is validated as a whole, shown, and applied all or nothing", async () => {
  const folder = join(city.folder, "yaml");
  const { mkdirSync } = await import("node:fs");
  mkdirSync(folder);
  const file = join(folder, "more.yaml");
  writeFileSync(
    file,
    "institutions:\n  - { id: casa-nueva, name: Casa Nueva, type: nobody, functions: [execution] }\n",
  );
  const wrong = await ruta("directory", "apply", folder, ...REASON);
  expect(wrong.code).toBe(3);
  expect(wrong.stderr).toMatch(/more\.yaml.*type/s);
  writeFileSync(
    file,
    "institutions:\n  - { id: casa-nueva, name: Casa Nueva, type: public, functions: [execution] }\n",
  );
  expect((await ruta("directory", "apply", folder, "--dry-run", ...REASON)).stdout).toContain("nothing was applied");
  expect((await ruta("directory", "show", "institution")).stdout).not.toContain("casa-nueva");
  expect((await ruta("directory", "apply", folder, ...REASON)).stdout).toContain("+ institution casa-nueva");
  expect((await ruta("directory", "show", "institution")).stdout).toContain("casa-nueva");
  const matched = await json<{ entries: { id: string }[]; next?: string }>("directory", "show", "--match", "CASA");
  expect(matched.entries.map(({ id }) => id)).toEqual(expect.arrayContaining(["casa", "casa-nueva"]));
  // Who has nowhere to receive, and nothing waiting, is listed only when asked for.
  const listed = async (...more: string[]) =>
    (await json<{ endpoints: { institution: string }[] }>("endpoint", "list", ...more)).endpoints.map(
      (e) => e.institution,
    );
  await expect.poll(() => listed("--state", "none"), SOON).toContain("casa-nueva");
  expect(await listed()).not.toContain("casa-nueva");
  const [first, second] = matched.entries;
  const paged = await json<typeof matched>("directory", "show", "--match", "casa", "--limit", "1");
  expect(paged).toMatchObject({ entries: [{ id: first?.id }], next: first?.id });
  const rest = await json<typeof matched>("directory", "show", "--match", "casa", "--after", first?.id ?? "");
  expect(rest.entries[0]?.id).toBe(second?.id);
});

test("a member of staff may do what the role allows, and nothing else", async () => {
  const out = join(city.folder, "operator.key");
  await json("staff", "add", "op-1", "--role", "operator", "--out", out, ...REASON);
  const operator = (...args: string[]) => command(args, { ...city.env, RUTA_STAFF_KEY: out });
  expect(await operator("parked", "list")).toMatchObject({ code: 0 });
  expect(await operator("keys", "new", "sender", ...REASON)).toMatchObject({
    code: 3,
    stderr: expect.stringContaining("role-missing"),
  });
  expect(await ruta("staff", "add", "op-1", "--role", "king", "--out", `${out}2`, ...REASON)).toMatchObject({
    code: 3,
  });
  const stranger = { ...city.env, RUTA_STAFF_KEY: join(city.folder, "stranger.key") };
  writeFileSync(stranger.RUTA_STAFF_KEY, JSON.stringify({ staff: "nobody", secretKey: city.env.RUTA_SIGNING_KEY }));
  expect(await command(["parked", "list"], stranger)).toMatchObject({
    code: 3,
    stderr: expect.stringContaining("staff-signature"),
  });
});

test("a key is made, signs, is listed without its secret, and signs no more when it is revoked", async () => {
  const made = await json<{ id: string; secret: string }>("keys", "new", "sender", ...REASON);
  const key = join(city.folder, "sender.whsec");
  writeFileSync(key, made.secret);
  const send = () => ruta("send", event, "--as", "sender", "--key", key, "--id", "with-own-key");
  expect(await send()).toMatchObject({ code: 0 });
  const { stdout } = await ruta("keys", "list", "sender");
  expect(stdout).toContain(made.id);
  expect(stdout).not.toContain(made.secret.slice(6));
  expect(await ruta("keys", "revoke", "sender", made.id, ...REASON)).toMatchObject({ code: 0 });
  await expect.poll(async () => (await send()).stderr, SOON).toContain("invalid-signature");
  expect(await ruta("keys", "revoke", "casa", "no-such-key", ...REASON)).toMatchObject({ code: 3 });
  expect(await ruta("keys", "add", "sender", "--public", "whpk_short", ...REASON)).toMatchObject({ code: 3 });
});

test("a token is made, reads, is listed without itself, and reads no more when it is revoked", async () => {
  const made = await json<{ id: string; token: string }>("tokens", "new", "sender", "--label", "sistema", ...REASON);
  const read = async () =>
    (await fetch(new URL("/v1/referrals", city.gateway), { headers: { authorization: `Bearer ${made.token}` } }))
      .status;
  await expect.poll(read, SOON).toBe(200);
  const { stdout } = await ruta("tokens", "list", "sender");
  expect(stdout).toMatch(new RegExp(`${made.id} +sistema`));
  expect(stdout).not.toContain(made.token);
  expect(await ruta("tokens", "revoke", "sender", made.id, ...REASON)).toMatchObject({ code: 0 });
  await expect.poll(read, SOON).toBe(401);
});

test("the same file sent twice under one id gets the same answer, and the timeline of a referral is shown", async () => {
  const [first, again] = [
    await json<{ referral: string }>("send", event, "--as", "sender", "--id", "twice"),
    await json<{ referral: string }>("send", event, "--as", "sender", "--id", "twice"),
  ];
  expect(again).toEqual(first);
  await expect.poll(async () => (await ruta("referral", "show", first.referral)).stdout, SOON).toMatch(/addressed/);
  expect(await ruta("referral", "show", `${newCaseId()}-1`)).toMatchObject({ code: 3 });
  expect(await ruta("send", "/no/such/file", "--as", "sender")).toMatchObject({ code: 2 });
  expect(
    await command(["send", event, "--as", "sender"], { ...city.env, RUTA_URL: "http://127.0.0.1:9" }),
  ).toMatchObject({
    code: 4,
  });
});

test("watch shows what happens as it happens, and Ctrl-C ends it well", async () => {
  let sent: Promise<Ended> | undefined;
  let seen = false;
  const watching = command(["--json", "watch"], city.env, (stdout) => (seen = stdout.includes('"addressed"')));
  const sending = async (): Promise<void> => {
    // What happened before the watch began is not shown, so referrals come until one is.
    for (let n = 0; !seen && n < 20; n += 1)
      await (sent = ruta("send", event, "--as", "sender", "--id", `watched-${n}`));
  };
  const [{ code, stdout }] = await Promise.all([watching, sending()]);
  expect(code).toBe(0);
  expect(sent).toBeDefined();
  const facts = stdout
    .trim()
    .split("\n")
    .map((line) => (JSON.parse(line) as { fact: string }).fact);
  expect(facts).toContain("requested");
});

test("what a receiver gave up is listed as parked, and delivered when it is sent again", async () => {
  const { port } = receiver.address() as AddressInfo;
  const body = { institution: "casa", url: `http://127.0.0.1:${port}/`, scheme: "v1a", reason: "a test" };
  await city.admin.post("/admin/directory/endpoints", body);
  const { referral } = await json<{ referral: string }>("send", event, "--as", "sender", "--id", "to-be-parked");
  type Parked = { id: string; institution: string; referral: string };
  // What an earlier test sent may be parked too, or under way to casa still.
  const parked = async () =>
    (await json<{ parked: Parked[] }>("parked", "list")).parked.filter((one) => one.referral === referral);
  await expect.poll(parked, SOON).toMatchObject([{ institution: "casa", referral }]);
  const [{ id }] = (await parked()) as [Parked];
  expect((await ruta("parked", "show", id)).stdout).toMatch(/institution +casa[^]*attempts +\d/);
  const shown = () => ruta("referral", "show", referral).then(({ stdout }) => stdout);
  await expect.poll(shown, SOON).toMatch(/undeliverable/);
  gone = false;
  expect(await ruta("parked", "retry", id)).toMatchObject({ code: 2 });
  expect(await ruta("parked", "retry", id, ...REASON)).toMatchObject({ code: 0 });
  expect(await ruta("parked", "wake", "casa", ...REASON)).toMatchObject({
    code: 0,
    stdout: "0 lanes of casa are due now\n",
  });
  await expect.poll(parked, SOON).toEqual([]);
  await expect.poll(shown, SOON).toMatch(/ delivered /);
});

test("each try is listed with where it went, page after page", async () => {
  type Page = { attempts: { delivery: string; outcome: string; status: number; origin: string }[]; next?: string };
  const tries = await json<Page>("attempts", "--institution", "casa", "--since", "1h");
  expect(tries.attempts.map(({ outcome, status }) => [outcome, status])).toContainEqual(["parked", 410]);
  const { port } = receiver.address() as AddressInfo;
  expect(tries.attempts.map(({ origin }) => origin)).toContain(`http://127.0.0.1:${port}`);
  const first = await json<Page>("attempts", "--institution", "casa", "--limit", "1");
  expect(first.attempts).toEqual(tries.attempts.slice(0, 1));
  const second = await json<Page>("attempts", "--institution", "casa", "--limit", "1", "--cursor", String(first.next));
  expect(second.attempts).toEqual(tries.attempts.slice(1, 2));
  expect(await ruta("attempts", "--outcome", "lost")).toMatchObject({ code: 2 });
  expect(await ruta("attempts", "--since", "yesterday")).toMatchObject({ code: 2 });
});

test("a redrive is counted, confirmed, started, followed and listed; what is wrong is told how to be right", async () => {
  const what = ["redrive", "--what", "all", "--institution", "casa", "--since", "1h"];
  expect(await ruta("redrive", ...REASON)).toMatchObject({ code: 2, stderr: expect.stringContaining("--what") });
  expect(await ruta("redrive", "--what", "some", ...REASON)).toMatchObject({ code: 2 });
  expect(await ruta(...what)).toMatchObject({ code: 2, stderr: expect.stringContaining("--reason") });
  expect(await ruta(...what, ...REASON)).toMatchObject({ code: 2, stderr: expect.stringContaining("--yes") });
  expect(await ruta("redrive", "--what", "all", "--dry-run")).toMatchObject({
    code: 3,
    stderr: expect.stringContaining("since a time"),
  });
  const counted = await ruta(...what, "--dry-run");
  expect(counted.stdout).toMatch(/^casa +delivered +\d+$/m);
  type Counts = { id: string; counts: { institution: string; count: number }[] };
  const started = await json<Counts>(...what, "--yes", "--per-second", "100", ...REASON);
  const total = started.counts.reduce((sum, { count }) => sum + count, 0);
  expect(total).toBeGreaterThan(0);
  const followed = await ruta("redrive", "show", started.id, "--follow");
  expect(followed.stdout.trimEnd()).toMatch(new RegExp(`${total} of ${total}, done`));
  expect((await ruta("redrive", "list")).stdout).toContain(started.id);
  expect(await ruta("redrive", "stop", started.id, ...REASON)).toMatchObject({
    code: 3,
    stderr: expect.stringContaining("redrive-state"),
  });
  expect(await ruta("parked", "skip", "nothing", "--yes", ...REASON)).toMatchObject({ code: 3 });
});

test("a record that cannot be read steps aside with its case, and is released by staff alone", async () => {
  const log = await openLog({ databaseUrl: city.databaseUrl, prefix: `${city.env.RUTA_PREFIX}.`, clientId: "test" });
  const key = newCaseId();
  await log.append([
    { topic: TOPICS.commands, key, value: Buffer.from([255, 255, 255]), headers: { ce_id: "poison" } },
  ]);
  await log.close();
  const poison = () => city.admin.get<{ records: object[] }>("/admin/router/poison");
  await expect.poll(poison, SOON).toMatchObject({ records: [{ key, reason: "undecodable" }] });
  const release = { topic: TOPICS.commands, key, reason: "mended" };
  await expect(city.admin.post("/admin/router/poison/release", { ...release, key: "other" })).rejects.toThrow("404");
  expect(await city.admin.post("/admin/router/poison/release", release)).toEqual({ released: 1 });
});

test("a hub that is not initialised, is a demonstration's, or has another key than its own does not start", async () => {
  const { DATABASE_URL: _, RUTA_MASTER_KEY: _m, RUTA_SIGNING_KEY: _s, ...bare } = city.env;
  const data = join(city.folder, "other");
  const start = (env: NodeJS.ProcessEnv) => command(["start"], env);
  expect(await start({ ...bare, RUTA_DATA: data })).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("ruta init"),
  });
  expect(await command(["init", "--demonstration"], { ...bare, RUTA_DATA: data })).toMatchObject({ code: 0 });
  expect(await command(["init"], { ...bare, RUTA_DATA: data })).toMatchObject({ code: 2 });
  expect(await start({ ...bare, RUTA_DATA: data })).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("demonstration"),
  });
  expect(await start(city.env)).toMatchObject({ code: 2, stderr: expect.stringMatching(/port \d+ is in use/) });
  const keyless = { ...city.env, RUTA_MASTER_KEY: "" };
  expect(await start(keyless)).toMatchObject({ code: 2, stderr: expect.stringContaining("RUTA_MASTER_KEY") });
  const other = { ...city.env, RUTA_ADMIN_PORT: "0", RUTA_PORT: "0" };
  expect(await start({ ...other, RUTA_MASTER_KEY: Buffer.alloc(32, 7).toString("base64") })).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("master key"),
  });
  const { encodeSecretKey } = await import("@ruta/proof");
  expect(await start({ ...other, RUTA_SIGNING_KEY: encodeSecretKey(Buffer.alloc(32, 7)) })).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("signing key"),
  });
});
