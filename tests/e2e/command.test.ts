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
  for (const name of "init start directory staff keys tokens receipt send referral watch parked endpoint config doctor".split(
    " ",
  ))
    expect(stdout).toMatch(new RegExp(`^ +${name}\\b`, "m"));
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

test.each([
  ["RUTA_PORT", "70000"],
  ["RUTA_PREFIX", "Mal Nombre"],
  ["KAFKA_BROKERS", "nothing"],
  ["RUTA_TRUSTED_PROXY", "everybody"],
  ["RUTA_ALLOW_LOOPBACK", "yes"],
])("a wrong %s stops the start with its name", async (variable, value) => {
  const { code, stderr } = await command(["start"], { ...city.env, [variable]: value });
  expect(code).toBe(2);
  expect(stderr).toContain(variable);
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
  const parked = () => json<Parked[]>("parked", "list");
  await expect.poll(parked, SOON).toMatchObject([{ institution: "casa", referral }]);
  const [{ id }] = (await parked()) as [Parked];
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
