// All keys change over while traffic runs through two processes: the hub's master and signing key, an institution's, an endpoint's.
import { createServer } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { createInstitution } from "@ruta/client/simulator";
import { testDatabase } from "@ruta/db/testing";
import { ready } from "@ruta/demonstration/processes";
import {
  decodePublicKey,
  encodePublicKey,
  encodeSecretKey,
  generateKeyPair,
  verifyReceipt,
  verifyWebhook,
} from "@ruta/proof";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { openCity } from "../city.ts";
import type { City } from "../city.ts";
import { command } from "../command.ts";
import { openProxy } from "../drill/proxy.ts";
import { INSTITUTIONS, PERSONALITIES, SILENT, startTraffic, untold } from "../drill/traffic.ts";

const PATIENCE = { timeout: 60_000, interval: 50 };
const REASON = ["--reason", "keys change over"];

interface HubKey {
  readonly fingerprint: string;
  readonly kind: "master" | "signing";
  readonly until?: string;
  readonly holders: readonly string[];
}

const stops: (() => Promise<void>)[] = [];
const environments: NodeJS.ProcessEnv[] = [];
const before = { master: "", signing: "" };
const after = { master: Buffer.alloc(32, 5).toString("base64"), signing: generateKeyPair() };
const now = () => ({ RUTA_MASTER_KEY: after.master, RUTA_SIGNING_KEY: encodeSecretKey(after.signing.seed) });
let city: City;

/** Verifies what goes to casa-par by the public keys of the hub that casa-par has at that time, and passes it on. */
const watcher = { keys: [] as string[], refused: 0, passed: 0, url: "" };
const watching = createServer((request, response) => void pass(request, response));
async function pass(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = await buffer(request);
  const header = (name: string): string => String(request.headers[`webhook-${name}`]);
  const headers = { id: header("id"), timestamp: header("timestamp"), signature: header("signature") };
  const keys = watcher.keys.map((text) => ({ scheme: "v1a" as const, publicKey: decodePublicKey(text)! }));
  if (!verifyWebhook({ headers, body, keys, now: Date.now() }).ok) {
    watcher.refused += 1;
    return void response.writeHead(401).end();
  }
  const passed = { "content-type": String(request.headers["content-type"]) };
  const signed = Object.fromEntries(Object.entries(headers).map(([name, value]) => [`webhook-${name}`, value]));
  const answer = await fetch(watcher.url, { method: "POST", body, headers: { ...passed, ...signed } }).catch(() => {});
  if (!answer) return void response.destroy();
  watcher.passed += 1;
  response.writeHead(answer.status).end(await answer.text());
}

async function json<T>(...args: string[]): Promise<T> {
  const { code, stdout, stderr } = await command(["--json", ...args], city.env);
  expect(code, stderr).toBe(0);
  return JSON.parse(stdout) as T;
}
const hubKeys = (): Promise<HubKey[]> => json<HubKey[]>("hub-keys", "list");
beforeAll(async () => {
  const database = await testDatabase();
  stops.push(database.drop);
  city = await openCity({ driver: "postgres", processes: "one" }, PERSONALITIES, SILENT, {
    databaseUrl: database.url,
    kafkaBrokers: undefined,
    instances: 2,
    execArgv: [],
    toldKeys: [encodePublicKey(after.signing.publicKey)],
    start(group, env) {
      environments.push(env);
      return { args: ["start", "--only", group], env };
    },
    async door(ports) {
      const door = await openProxy(() => ports);
      stops.push(door.close);
      return door.port;
    },
  });
  stops.push(city.stop);
  before.master = city.env.RUTA_MASTER_KEY!;
  before.signing = city.env.RUTA_SIGNING_KEY!;
  const { entries } = await json<{ entries: { institution: string; url: string }[] }>("directory", "show", "endpoint");
  watcher.url = entries.find(({ institution }) => institution === "casa-par")!.url;
  await new Promise<void>((resolve) => void watching.listen(0, "127.0.0.1", resolve));
  stops.push(async () => watching.closeAllConnections());
  const { keys } = (await (await fetch(new URL("/v1/keys", city.gateway))).json()) as { keys: { whpk: string }[] };
  watcher.keys = keys.map(({ whpk }) => whpk);
  const { port } = watching.address() as AddressInfo;
  const body = { institution: "casa-par", url: `http://127.0.0.1:${port}/`, scheme: "v1a", reason: "is watched" };
  await city.admin.post("/admin/directory/endpoints", body);
});
afterAll(async () => {
  watching.close();
  for (const stop of stops.toReversed()) await stop();
});

/** Starts a process anew with these variables of keys and no others. */
async function restartWith(variables: NodeJS.ProcessEnv, index: number): Promise<void> {
  const [kept, env] = [city.processes[index]!, environments[index]!];
  await kept.stop();
  for (const name of Object.keys(env)) if (/^RUTA_(MASTER|SIGNING)_KEY/.test(name)) delete env[name];
  Object.assign(env, variables);
  kept.again();
  await ready(`${city.adminUrls[index]}/readyz`, 60_000);
}

test(
  "no act and no delivery is refused, nothing is lost, old content opens, and the old keys start nothing more",
  { timeout: 600_000 },
  async () => {
    const traffic = startTraffic(city, 2, 50);
    const flows = (): Promise<void> => {
      const [at, passed] = [performance.now(), watcher.passed];
      return vi.waitFor(() => {
        expect(traffic.flowsSince(at)).toBeDefined();
        expect(watcher.passed).toBeGreaterThan(passed);
      }, PATIENCE);
    };
    await flows();

    const both = { ...now(), RUTA_MASTER_KEY_PREVIOUS: before.master, RUTA_SIGNING_KEY_PREVIOUS: before.signing };
    // The other one is killed while this one changes over, and comes back with the old keys alone.
    const changing = restartWith(both, 0);
    city.processes[1]!.signal("SIGKILL");
    await changing;
    await ready(`${city.adminUrls[1]}/readyz`, 60_000);
    await flows();
    const old = (await hubKeys()).find(({ kind, holders }) => kind === "master" && holders.length > 1)!;
    expect(await command(["hub-keys", "retire", old.fingerprint, "--yes", ...REASON], city.env)).toMatchObject({
      code: 3,
      stderr: expect.stringContaining("key-held"),
    });

    // What an institution signs with, and what the hub signs to another with, change over under both.
    const pair = generateKeyPair();
    await json("keys", "rotate", "norte", "--public", encodePublicKey(pair.publicKey), ...REASON);
    await json("keys", "rotate", "sur", "--endpoint", ...REASON);
    const renewed = createInstitution({
      id: "norte",
      personality: SILENT,
      gateway: city.gateway,
      key: encodeSecretKey(pair.seed),
      hubKeys: watcher.keys, // it only sends
      journal: city.citizen("norte").journal,
    });
    await restartWith(both, 1);
    await flows();
    const consent = { basis: "E", recipientClass: "any", givenOn: "2026-11-20", evidence: "F-1" };
    const data = { serviceType: "ALO-FAM", priority: "urgent", performer: "casa-impar", consent };
    expect((await renewed.send("by-the-new-key", "request", data)).status).toBe(202);

    // Whoever verifies by the new key alone misses nothing, before the old one is given up.
    watcher.keys = [encodePublicKey(after.signing.publicKey)];
    await flows();
    await restartWith(now(), 0);
    await restartWith(now(), 1);
    await flows();
    for (const kind of ["master", "signing"] as const) {
      const former = (await hubKeys()).filter((key) => key.kind === kind)[1]!.fingerprint;
      await json("hub-keys", "retire", former, "--yes", ...REASON);
    }
    await flows();
    await traffic.stop();
    const citizens = INSTITUTIONS.map((id) => city.citizen(id));
    await vi.waitFor(() => expect(untold(traffic.asked, citizens)).toEqual([]), PATIENCE);
    expect(watcher.refused).toBe(0);

    const oldest = traffic.asked.find(({ performer }) => performer === "casa-impar")!;
    const { referral } = JSON.parse(oldest.answer) as { referral: string };
    const content = await city.citizen("casa-impar").read(`/v1/referrals/${referral}/content`);
    expect(content).toMatchObject({ status: 200, body: { person: { ageBand: "18-59" } } });

    const published = (await (await fetch(new URL("/v1/keys", city.gateway))).json()) as {
      keys: { whpk: string; until?: string }[];
    };
    expect(published.keys.map(({ until }) => until !== undefined)).toEqual([false, true]);
    const publicKeys = published.keys.map(({ whpk }) => decodePublicKey(whpk)!);
    const signers = traffic.asked.map(({ answer }) => {
      const verdict = verifyReceipt((JSON.parse(answer) as { receipt: unknown }).receipt, publicKeys);
      return verdict.ok ? verdict.keyId : verdict.reason;
    });
    expect(new Set(signers)).toEqual(
      new Set((await hubKeys()).filter(({ kind }) => kind === "signing").map((key) => key.fingerprint)),
    );
  },
);

test.each([
  ["master key", () => ({ RUTA_MASTER_KEY: before.master })],
  ["signing key", () => ({ RUTA_SIGNING_KEY: before.signing })],
] as const)("a process with the old %s alone does not start any more, and is told what to do", async (name, old) => {
  const env = { ...city.env, ...now(), ...old(), RUTA_PORT: "0", RUTA_ADMIN_PORT: "0" };
  const started = await command(["start"], env);
  expect(started).toMatchObject({ code: 2, stderr: expect.stringContaining(`the ${name} in`) });
  expect(started.stderr).toContain("was retired");
});
