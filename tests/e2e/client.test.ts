// What an institution installs or writes itself, against a real hub: the packed client, and examples with curl and Python alone.
import { execFile, execFileSync, spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { createClient } from "@ruta/client";
import { PERSONALITIES } from "@ruta/client/simulator";
import { freePorts } from "@ruta/demonstration/setup";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openCity } from "../city.ts";
import type { City } from "../city.ts";
import { has, programs } from "../tools.ts";

const run = promisify(execFile);
const SOON = { timeout: 30_000, interval: 50 };
const CLIENT = resolve("packages/client");
const example = (name: string): string => join(CLIENT, "examples", name);

let city: City;
let folder: string;
const children: ChildProcess[] = [];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "ruta-client-"));
  // The second of them signs by a shared secret, as those do who have no Ed25519.
  const institutions = { casa: PERSONALITIES.silent, sender: undefined, tercera: PERSONALITIES.silent };
  city = await openCity({ driver: "postgres", processes: "one" }, institutions, PERSONALITIES.silent);
});
afterAll(async () => {
  for (const child of children) child.kill("SIGKILL");
  await city?.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** What the operators gave to an institution, as its environment. */
function environment(institution: string): NodeJS.ProcessEnv {
  const line = (kind: string): string =>
    readFileSync(join(city.folder, "keys", "institutions", `${institution}.${kind}`), "utf8").trim();
  const given = {
    RUTA_URL: city.gateway,
    RUTA_INSTITUTION: institution,
    RUTA_KEY: line("key"),
    RUTA_TOKEN: line("token"),
  };
  return { ...process.env, ...given };
}

/** A file with a request to `casa`. */
function requestFile(): string {
  const file = join(folder, "event.json");
  const consent = { basis: "E", recipientClass: "any", givenOn: "2026-11-20", evidence: "F-1" };
  const data = { serviceType: "ALO-FAM", priority: "urgent", performer: "casa", consent };
  writeFileSync(
    file,
    JSON.stringify({ specversion: "1.0", id: "1", source: "/sender", type: "ruta.referral.request", data }),
  );
  return file;
}

/** Registers where `casa` receives; answers the endpoint's secret. */
async function register(port: number): Promise<string> {
  const endpoint = { institution: "casa", url: `http://127.0.0.1:${port}/ruta`, scheme: "v1", reason: "an example" };
  const { secret } = await city.admin.post<{ secret: string }>("/admin/directory/endpoints", endpoint);
  return secret;
}

/** Runs an example that listens; answers what it has printed so far. */
async function listening(command: string, file: string, port: number, secret: string): Promise<() => string> {
  const env = { ...environment("casa"), PORT: String(port), RUTA_SECRET: secret };
  const child = spawn(command, [file], { env, cwd: folder, stdio: ["ignore", "pipe", "inherit"] });
  children.push(child);
  let printed = "";
  child.stdout.on("data", (chunk: Buffer) => void (printed += chunk.toString()));
  await expect.poll(() => printed, SOON).toContain(`listening on ${port}`);
  return () => printed;
}

describe("the packed client", () => {
  const installed = (): string => join(folder, "app");

  beforeAll(async () => {
    await run("npm", ["run", "build", "-w", "packages/client"]);
    await run("npm", ["pack", "--pack-destination", folder, join(CLIENT, "dist")]);
    execFileSync("mkdir", [installed()]);
    writeFileSync(join(installed(), "package.json"), '{ "private": true, "type": "module" }');
    const tarball = join(folder, "ruta-client-0.1.0.tgz");
    await run("npm", ["install", "--offline", "--no-audit", "--no-fund", tarball], { cwd: installed() });
  });

  test("depends on nothing", () => {
    const manifest = JSON.parse(
      readFileSync(join(installed(), "node_modules/@ruta/client/package.json"), "utf8"),
    ) as Record<string, unknown>;
    expect(manifest).not.toHaveProperty("dependencies");
    expect(manifest).not.toHaveProperty("private");
    expect(execFileSync("ls", [join(installed(), "node_modules")], { encoding: "utf8" })).toBe("@ruta\n");
  });

  test.each([...new Set([process.execPath, ...programs("node")].map((path) => realpathSync(path)))])(
    "refers in the ten lines of its README, on %s",
    async (node) => {
      const [, lines = ""] =
        /```js\n([^]*?)```/.exec(readFileSync(join(installed(), "node_modules/@ruta/client/README.md"), "utf8")) ?? [];
      expect(lines.trim().split("\n").length).toBeLessThanOrEqual(11);
      writeFileSync(join(installed(), "first.js"), lines);
      const { stdout } = await run(node, ["first.js"], { cwd: installed(), env: environment("sender") });
      expect(stdout).toMatch(/^[0-9a-z]+-1 (submitted|requested)\n$/);
    },
  );

  test("has types that take what the door takes, and nothing else", async () => {
    writeFileSync(
      join(installed(), "typed.ts"),
      `import { createClient, receiver } from "@ruta/client";
       const ruta = createClient({ url: "https://hub.example", institution: "casa" });
       export const handler = receiver({
         keys: [],
         async onEvent({ id, data: { referral = "" } }) {
           await ruta.answer("reject", { referral, worker: "op-1", reasonCode: "no-capacity" }, { webhookId: id });
           // @ts-expect-error no such code
           await ruta.answer("reject", { referral, worker: "op-1", reasonCode: "no-idea" });
           // @ts-expect-error no worker
           await ruta.answer("accept", { referral });
           // @ts-expect-error no such field
           await ruta.answer("accept", { referral, worker: "op-1", worked: true });
           // @ts-expect-error no such act
           await ruta.answer("refuse", { referral, worker: "op-1" });
           // @ts-expect-error a request is no answer
           await ruta.answer("request", { referral, worker: "op-1" });
         },
       });\n`,
    );
    const types = ["--types", "node", "--typeRoots", resolve("node_modules/@types")];
    const strict = ["--ignoreConfig", "--noEmit", "--strict", "--module", "nodenext", "--target", "es2022", ...types];
    const checked = await run(resolve("node_modules/.bin/tsc"), [...strict, join(installed(), "typed.ts")]).catch(
      ({ stdout }: { stdout: string }) => ({ stdout }),
    );
    expect(checked.stdout).toBe("");
  });
});

describe("the examples of receiving", () => {
  // The one on node:http answers too.
  test.each([
    ["receive.mjs", ["accept"]],
    ["receive-fastify.mjs", []],
  ])("%s takes what the hub delivers", async (file, answers) => {
    const [port = 0] = await freePorts(1);
    const printed = await listening(process.execPath, example(file), port, await register(port));
    const sent = await city.citizen("sender").send(`to-${file}`, "request", referralData("casa"));
    const referral = String(sent.body.referral);
    await expect.poll(printed, SOON).toContain(`ruta.referral.request ${referral}`);
    const told = (): string[] =>
      city
        .citizen("sender")
        .journal.entries.flatMap((entry) =>
          entry.kind === "received" && entry.referral === referral && entry.type === "accept" ? [entry.type] : [],
        );
    await expect.poll(told, SOON).toEqual(answers);
  });
});

function referralData(performer: string): object {
  const consent = { basis: "E", recipientClass: "any", givenOn: "2026-11-20", evidence: "F-1" };
  return { serviceType: "ALO-FAM", priority: "urgent", performer, consent };
}

describe.skipIf(!has("bash", "curl", "openssl"))("with curl and openssl alone", () => {
  test("send.sh refers, the same id is the same referral, and a refusal is shown and fails", async () => {
    const send = (...args: string[]) => run("bash", [example("send.sh"), ...args], { env: environment("sender") });
    const first = JSON.parse((await send(requestFile(), "by-curl")).stdout) as { referral: string };
    expect(first.referral).toMatch(/-1$/);
    expect(JSON.parse((await send(requestFile(), "by-curl")).stdout)).toEqual(first);
    const wrong = join(folder, "wrong.json");
    writeFileSync(wrong, "{}");
    await expect(send(wrong)).rejects.toMatchObject({ stdout: expect.stringContaining("missing-field") });
  });

  test("verify.sh holds for what the hub delivers, and for no other bytes, id or time", async () => {
    const came: { headers: IncomingHttpHeaders; body: string }[] = [];
    const server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        came.push({ headers: request.headers, body: Buffer.concat(chunks).toString("utf8") });
        response.end();
      });
    });
    await new Promise<void>((done) => void server.listen(0, "127.0.0.1", done));
    const secret = await register((server.address() as AddressInfo).port);
    await city.citizen("sender").send("to-verify", "request", referralData("casa"));
    await expect.poll(() => came.length, SOON).toBeGreaterThan(0);
    server.closeAllConnections();
    server.close();
    const [{ headers, body }] = came as [(typeof came)[0]];
    const header = (name: string): string => headers[`webhook-${name}`] as string;
    const verify = (id: string, time: string, text: string) => {
      const env = { ...process.env, RUTA_SECRET: secret };
      const child = run("bash", [example("verify.sh"), id, time, `v1,AAAA ${header("signature")}`], { env });
      child.child.stdin?.end(text);
      return child;
    };
    expect((await verify(header("id"), header("timestamp"), body)).stdout).toBe("the signature holds\n");
    await expect(verify(header("id"), header("timestamp"), `${body} `)).rejects.toMatchObject({ code: 1 });
    await expect(verify("other", header("timestamp"), body)).rejects.toMatchObject({ code: 1 });
    await expect(verify(header("id"), "1700000000", body)).rejects.toMatchObject({ code: 1 });
  });
});

describe.skipIf(!has("python3"))("with Python's standard library alone", () => {
  test("send.py refers, the same id is the same referral, and a refusal is shown and fails", async () => {
    const send = (...args: string[]) => run("python3", [example("send.py"), ...args], { env: environment("sender") });
    const first = JSON.parse((await send(requestFile(), "by-python")).stdout) as { referral: string };
    expect(first.referral).toMatch(/-1$/);
    expect(JSON.parse((await send(requestFile(), "by-python")).stdout)).toEqual(first);
    const wrong = join(folder, "wrong.json");
    writeFileSync(wrong, "{}");
    await expect(send(wrong)).rejects.toMatchObject({ code: 1, stderr: expect.stringContaining("missing-field") });
  });

  test("receive.py takes what the hub delivers", async () => {
    const [port = 0] = await freePorts(1);
    const printed = await listening("python3", example("receive.py"), port, await register(port));
    const sent = await city.citizen("sender").send("to-python", "request", referralData("casa"));
    await expect.poll(printed, SOON).toContain(`ruta.referral.request ${String(sent.body.referral)}`);
  });
});

test("an institution reads what it was sent, opens its content, and its answer is refused only with a reason", async () => {
  const { RUTA_KEY: key = "", RUTA_TOKEN: token = "" } = environment("casa");
  const casa = createClient({ url: city.gateway, institution: "casa", key, token });
  const sent = await city.citizen("sender").send("to-read", "request", referralData("casa"));
  const referral = String(sent.body.referral);
  const mine = async (): Promise<string[]> => {
    const ids: string[] = [];
    for await (const one of casa.referrals({ role: "performer" })) ids.push(one.referral);
    return ids;
  };
  await expect.poll(mine, SOON).toContain(referral);
  expect(await casa.content(referral)).toMatchObject({ referral });
  expect(await casa.directory("terms")).toHaveProperty("revision");
  const answer = { referral, worker: "op-1" };
  expect(await casa.check("accept", answer)).toMatchObject({ would: "taken", may: expect.arrayContaining(["accept"]) });
  await casa.answer("accept", answer);
  await expect.poll(async () => (await casa.referral(referral)).status, SOON).toBe("accepted");
  await expect(casa.answer("accept", { referral, worker: "" })).rejects.toMatchObject({ code: "invalid-field" });
  await expect(casa.referral("0123456789abcdefghjkmnpqrs-1")).rejects.toMatchObject({ code: "referral-not-found" });
});

describe.skipIf(!has("bash", "curl", "python3"))("the examples that follow the inbox", () => {
  test("read what a real hub holds, each item until it is acknowledged", async (context) => {
    const env: NodeJS.ProcessEnv = { ...environment("tercera"), WAIT: "0" };
    const inbox = async () =>
      fetch(new URL("/v1/inbox?wait=0", city.gateway), { headers: { authorization: `Bearer ${env.RUTA_TOKEN}` } });
    context.skip((await inbox()).status === 404, "this hub has no inboxes");
    await city.admin.post("/admin/directory/endpoints", {
      institution: "tercera",
      mode: "inbox",
      reason: "an example",
    });
    const next = async (n: number): Promise<string> => {
      const { body } = await city.citizen("sender").send(`to-inbox-${n}`, "request", referralData("tercera"));
      await expect.poll(async () => (await inbox()).text(), SOON).toContain(String(body.referral));
      return String(body.referral);
    };
    const first = await next(1);
    expect((await run("bash", [example("inbox.sh")], { env })).stdout).toContain(first);
    const second = await next(2);
    const { stdout } = await run("python3", [example("inbox.py"), "--once"], { env });
    expect(stdout).toContain(`ruta.referral.request ${second}`);
    expect(stdout).not.toContain(first);
    expect(await (await inbox()).json()).toMatchObject({ items: [] });
  });
});
