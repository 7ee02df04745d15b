// An institution is brought on board as its operators and its own people do it: let in, simulated, checked, each by one command.
import { execFile, spawn } from "node:child_process";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { PERSONALITIES } from "@ruta/client/simulator";
import { RUTA } from "@ruta/demonstration/processes";
import { freePorts } from "@ruta/demonstration/setup";
import { encodePublicKey, generateKeyPair } from "@ruta/proof";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openCity } from "../city.ts";
import type { City } from "../city.ts";
import { command } from "../command.ts";
import type { Ended } from "../command.ts";
import { has } from "../tools.ts";

const run = promisify(execFile);
const SOON = { timeout: 30_000, interval: 50 };
const REASON = ["--reason", "joins"];

let city: City;
beforeAll(async () => {
  const institutions = { casa: PERSONALITIES.silent, sender: undefined };
  city = await openCity({ driver: "postgres", processes: "one" }, institutions, PERSONALITIES.silent);
});
afterAll(async () => city?.stop());

const ruta = (...args: string[]): Promise<Ended> => command(args, city.env);

/** A counterpart that runs in a process of its own. */
interface Running {
  readonly url: string;
  readonly files: string;
  printed(): string;
  /** Ctrl-C; answers how it ended. */
  end(): Promise<number | null>;
}

/** Lets an institution in and runs it as `ruta partner simulate` does. */
async function simulated(name: string, ...more: string[]): Promise<Running> {
  const [port = 0] = await freePorts(1);
  const files = join(city.folder, name);
  const endpoint = ["--endpoint", `http://127.0.0.1:${port}/`, "--service-type", "ALO-FAM", "--out", files];
  expect(await ruta("partner", "new", name, ...endpoint, ...REASON)).toMatchObject({ code: 0, stderr: "" });
  const keys = ["--key", join(files, `${name}.key`), "--secret", join(files, `${name}.secret`)];
  const args = ["partner", "simulate", "--as", name, ...keys, "--port", String(port), ...more];
  const child = spawn(process.execPath, [RUTA, ...args], { env: city.env, stdio: ["ignore", "pipe", "inherit"] });
  let printed = "";
  child.stdout.on("data", (chunk: Buffer) => void (printed += chunk.toString()));
  const ended = new Promise<number | null>((resolve) => void child.on("close", resolve));
  await expect.poll(() => printed, SOON).toContain("listen");
  return {
    url: `http://127.0.0.1:${port}/`,
    files,
    printed: () => printed,
    end() {
      child.kill("SIGINT");
      return ended;
    },
  };
}

async function refer(performer: string): Promise<string> {
  const consent = { basis: "E", recipientClass: "any", givenOn: "2026-11-20", evidence: "F-1" };
  const data = { serviceType: "ALO-FAM", priority: "urgent", performer, consent };
  const { body } = await city.citizen("sender").send(`to-${performer}`, "request", data);
  return String(body.referral);
}
const statusOf = async (referral: string): Promise<unknown> =>
  (await city.citizen("sender").read(`/v1/referrals/${referral}`)).body.status;

describe("ruta partner new", () => {
  test.skipIf(!has("bash", "curl", "openssl"))("prints lines that work when they are pasted", async () => {
    const { code, stdout } = await ruta("partner", "new", "Fundación Ñandú", ...REASON);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^fundacion-nandu is in the directory, revision \d+; nothing is delivered to it yet/);
    expect(stdout).toMatch(/^ {2}key +whsec_/m);
    expect(stdout).toMatch(/^ {2}token +rt_/m);
    const [, read = ""] = /which reads:\n(curl .*)\n/.exec(stdout) ?? [];
    expect(JSON.parse((await run("bash", ["-c", read])).stdout)).toEqual({ referrals: [] });
    const [, tried = ""] = /it is sent:\n([^]+)$/.exec(stdout) ?? [];
    expect(JSON.parse((await run("bash", ["-c", tried])).stdout)).toMatchObject({ act: "request", would: "taken" });
    expect(JSON.parse((await run("bash", ["-c", read])).stdout)).toEqual({ referrals: [] });
    const sending = await run("bash", ["-c", tried.replace("/check", "")]);
    const sent = JSON.parse(sending.stdout) as { referral: string };
    expect(sent.referral).toMatch(/-1$/);
    const mine = async () => JSON.parse((await run("bash", ["-c", read])).stdout) as { referrals: object[] };
    await expect.poll(mine, SOON).toMatchObject({ referrals: [{ referral: sent.referral, role: "requester" }] });
  });

  test("tells programs the same as JSON", async () => {
    const { code, stdout } = await ruta("--json", "partner", "new", "Casa Dos", "--type", "public", ...REASON);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual({
      institution: "casa-dos",
      revision: expect.stringMatching(/^\d+$/),
      key: { id: expect.any(String), secret: expect.stringMatching(/^whsec_/) },
      token: { id: expect.any(String), token: expect.stringMatching(/^rt_/) },
      curl: { read: expect.stringContaining("/v1/referrals"), try: expect.stringContaining("hexkey:") },
    });
  });

  test("keeps secrets in files that nobody else can read, and writes over none", async () => {
    const out = join(city.folder, "kept");
    const publicKey = encodePublicKey(generateKeyPair().publicKey);
    const made = await ruta("partner", "new", "Casa Tres", "--public", publicKey, "--out", out, ...REASON);
    expect(made).toMatchObject({ code: 0, stdout: expect.not.stringMatching(/whsec_|it is sent/) });
    expect(statSync(join(out, "casa-tres.token")).mode & 0o777).toBe(0o600);
    expect(readFileSync(join(out, "casa-tres.token"), "utf8")).toMatch(/^rt_\S+\n$/);
    const again = await ruta("partner", "new", "Casa Tres", "--out", out, ...REASON);
    expect(again).toMatchObject({ code: 2, stderr: expect.stringContaining("there is a file") });
  });

  test.skipIf(!has("bash", "curl", "openssl"))("with files, prints lines that work and hold no secret", async () => {
    const out = join(city.folder, "it's kept");
    const args = ["partner", "new", "Casa Seis", "--inbox", "--out", out, ...REASON];
    const { code, stdout } = await ruta(...args);
    expect(code).toBe(0);
    for (const file of ["key", "token"]) {
      const secret = readFileSync(join(out, `casa-seis.${file}`), "utf8").trim();
      expect(stdout).not.toContain(secret);
      expect(stdout).not.toContain(Buffer.from(secret.slice("whsec_".length), "base64").toString("hex"));
    }
    const [, read = ""] = /which reads:\n(curl .*)\n/.exec(stdout) ?? [];
    expect(JSON.parse((await run("bash", ["-c", read])).stdout)).toEqual({ referrals: [] });
    const [, tried = ""] = /it is sent:\n([^]+)$/.exec(stdout) ?? [];
    expect(JSON.parse((await run("bash", ["-c", tried])).stdout)).toMatchObject({ act: "request", would: "taken" });
    const asJson = await ruta("--json", "partner", "new", "Casa Siete", "--out", out, ...REASON);
    expect(asJson).toMatchObject({ code: 0, stdout: expect.not.stringMatching(/whsec_\w|rt_/) });
  });

  test.each([
    ["an endpoint", ["--endpoint", "http://casa.example/"], 3, /is not https; give/],
    ["a public key", ["--public", "whpk_short"], 2, /--public is not a public key/],
  ])("that is refused for %s leaves nothing, and can be repeated", async (_what, wrong, code, words) => {
    const name = `Casa ${wrong[0]?.slice(2)}`;
    const service = ["--service-type", "ALO-FAM", ...REASON];
    const refused = await ruta("partner", "new", name, ...wrong, ...service);
    expect(refused).toMatchObject({ code, stderr: expect.stringMatching(words) });
    expect(await ruta("partner", "new", name, "--inbox", ...service)).toMatchObject({ code: 0, stderr: "" });
  });

  test.each([
    [["new", "Casa", ...REASON], 3, /there is an institution casa already\n.*--id/],
    [["new", "!!!", ...REASON], 2, /no id can be made/],
    [["new", "Casa Cuatro", "--type", "nobody", ...REASON], 2, /municipal/],
    [["new", "Casa Cuatro", "--functions", "everything", ...REASON], 3, /functions/],
    [["new", "Casa Cuatro", "--endpoint", "https://a.example/", "--inbox", ...REASON], 2, /at once/],
    [["new", "Casa Cuatro"], 2, /--reason/],
  ])("%j ends with %i and says why", async (args, code, words) => {
    expect(await ruta("partner", ...args)).toMatchObject({ code, stderr: expect.stringMatching(words) });
  });
});

describe("ruta partner simulate", () => {
  test("is a whole counterpart: it takes what the hub sends and answers to the end, and shows it", async () => {
    const partner = await simulated("pronta");
    const referral = await refer("pronta");
    await expect.poll(() => statusOf(referral), SOON).toBe("completed");
    for (const line of [`<- request +${referral}`, `-> accept +${referral} taken`, `-> complete +${referral} taken`])
      expect(partner.printed()).toMatch(new RegExp(line));
    expect(partner.printed()).not.toContain("\u001b");
    expect(await partner.end()).toBe(0);
  });

  test("refuses as it is told to, and keeps what it did in its journal", async () => {
    const journal = join(city.folder, "journal");
    const partner = await simulated("llena", "--personality", "refusing", "--journal", journal);
    const referral = await refer("llena");
    await expect.poll(() => statusOf(referral), SOON).toBe("rejected");
    await expect.poll(() => readFileSync(journal, "utf8"), SOON).toContain('"act":"reject"');
    expect(await partner.end()).toBe(0);
  });

  test("answers out of order, and tells programs what happens, a line each", async () => {
    const partner = await simulated("revuelta", "--personality", "out-of-order", "--json");
    const referral = await refer("revuelta");
    await expect.poll(() => statusOf(referral), SOON).toBe("completed");
    await expect.poll(() => partner.printed(), SOON).toContain('"type":"refused"');
    const lines = partner
      .printed()
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as { kind: string });
    expect(lines[0]).toMatchObject({ kind: "listening", url: partner.url });
    expect(await partner.end()).toBe(0);
  });

  test.each([
    [["--key", "/no/such/file"], 2, /no key at/],
    [["--personality", "kind"], 2, /prompt/],
    [["--port", "many"], 2, /whole number/],
    [["--hub", "http://127.0.0.1:9"], 4, /no hub at/],
  ])("with %j ends with %i and says why", async (args, code, words) => {
    const end = await ruta("partner", "simulate", "--as", "casa", ...args);
    expect(end).toMatchObject({ code, stderr: expect.stringMatching(words) });
  });

  test("with a key file that holds none ends with 2, and does not repeat what it holds", async () => {
    const file = join(city.folder, "wrong.key");
    writeFileSync(file, "whsec_almost");
    const end = await ruta("partner", "simulate", "--as", "casa", "--key", file);
    expect(end).toMatchObject({ code: 2, stderr: expect.stringMatching(/whsec_…/) });
    expect(end.stderr).not.toContain("almost");
  });
});

describe("ruta partner check", () => {
  test("finds nothing in the simulator, by the endpoint's secret and by the hub's own key, as text, JSON and a page", async () => {
    const partner = await simulated("buena", "--personality", "silent");
    const page = join(city.folder, "report.html");
    const check = (...args: string[]) => ruta(...args, "partner", "check", partner.url, "--as", "buena");
    const secret = join(partner.files, "buena.secret");
    const bySecret = await ruta("partner", "check", partner.url, "--as", "buena", "--key", secret, "--html", page);
    expect(bySecret).toMatchObject({ code: 0, stderr: "" });
    expect(bySecret.stdout).toMatch(/^ok {3}a rightly signed event is taken \(answered 200\)$/m);
    expect(bySecret.stdout).toMatch(/buena receives as the hub expects: \d+ passed, 0 failed, 0 to look at\n$/);
    expect(readFileSync(page, "utf8")).toContain("buena receives as the hub expects");
    const byHub = await check("--json");
    expect(byHub.code).toBe(0);
    expect(JSON.parse(byHub.stdout)).toMatchObject({ ok: true, institution: "buena", counts: { fail: 0, warn: 0 } });
    expect(await partner.end()).toBe(0);
  });

  test("fails for a receiver that believes everything, and says what to mend", async () => {
    const server = createServer((request, response) => {
      request.resume().on("end", () => response.end());
    });
    await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    const { code, stdout } = await ruta("partner", "check", url, "--as", "casa");
    server.closeAllConnections();
    server.close();
    expect(code).toBe(1);
    expect(stdout).toMatch(
      /FAIL an event signed by another key is refused \(answered 200\)\n +mend: Verify webhook-signature/,
    );
    expect(stdout).toMatch(/casa does not receive as the hub expects/);
  });

  test.each([
    [["http://casa.example/", "--as", "casa"], /not https/],
    [["https://me:secret@casa.example/", "--as", "casa"], /user or password/],
    [["https://casa.example/"], /--as/],
    [["https://casa.example/", "--as", "casa", "--key", "/no/such/file"], /no key at/],
  ])("%j is wrong usage", async (args, words) => {
    expect(await ruta("partner", "check", ...args)).toMatchObject({ code: 2, stderr: expect.stringMatching(words) });
  });
});
