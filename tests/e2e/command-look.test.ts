// What an operator looks at on a Sunday night: status, what is stuck, lists, explanations, the log; in both languages.
import { afterAll, beforeAll, expect, test } from "vitest";
import { openCity } from "../city.ts";
import type { City } from "../city.ts";
import { command } from "../command.ts";

const SOON = { timeout: 30_000, interval: 50 };
const silent = { label: "silent", answers: () => [], replyAfterMs: 0, downForMs: 0 };
const CANARY = "Zulema Canario";
let city: City;
let referral: string;

beforeAll(async () => {
  city = await openCity({ driver: "postgres", processes: "one" }, { sender: undefined, casa: silent }, silent);
  const consent = { basis: "E", recipientClass: "any", givenOn: "2026-11-20", evidence: "F-1" };
  const person = { identity: { name: { given: CANARY } }, ageBand: "18-59" };
  const data = { serviceType: "ALO-FAM", priority: "urgent", performer: "casa", consent, person, note: CANARY };
  const taken = await city.citizen("sender").send("look-1", "request", data);
  referral = String(taken.body.referral);
  const hopeless = { ...data, serviceType: "LEG", performer: undefined };
  await city.citizen("sender").send("look-2", "request", hopeless);
});
afterAll(async () => city?.stop());

interface Status {
  readonly missing: readonly string[];
  readonly services: readonly { readonly service: string; readonly ready: boolean; readonly lag: readonly object[] }[];
  readonly gateway?: { readonly open: Record<string, number> };
  readonly router?: { readonly worklisted: number };
  readonly delivery?: { readonly undelivered: number };
}

const ruta = (...args: string[]) => command(args, city.env);
const spanish = (...args: string[]) => command(args, { ...city.env, LC_ALL: "es_EC.UTF-8" });
async function json<T>(...args: string[]): Promise<T> {
  const { code, stdout, stderr } = await ruta("--json", ...args);
  expect(code, stderr).toBe(0);
  return JSON.parse(stdout) as T;
}

test("status shows flow, lag of each service, what is undelivered and what waits for people", async () => {
  await expect.poll(async () => (await json<Status>("status")).router?.worklisted, SOON).toBe(1);
  await expect.poll(async () => (await json<Status>("status")).delivery?.undelivered, SOON).toBe(0);
  const status = await json<Status>("status");
  expect(status.missing).toEqual([]);
  expect(status.services.map(({ service }) => service)).toEqual(["directory", "router", "delivery", "gateway"]);
  expect(status.services.filter(({ lag }) => lag.length > 0).length).toBeGreaterThanOrEqual(3);
  expect(status.gateway?.open).toEqual({ requested: 2 });
  const { stdout, code } = await ruta("status");
  expect(code).toBe(0);
  for (const word of ["flow", "open", "overdue", "undelivered", "parked", "worklist", "gateway", "ready"])
    expect(stdout).toContain(word);
});

test("status says which service does not answer, and ends with 1", async () => {
  const alone = await command(["status"], { ...city.env, RUTA_ADMIN_URLS: "http://127.0.0.1:9" });
  expect(alone).toMatchObject({ code: 4, stderr: expect.stringContaining("no service answers") });
});

test("what is stuck is named by its cause, with a line to paste", async () => {
  const causes = await json<{ cause: string; suggestion: string; count: number }[]>("stuck");
  expect(causes).toContainEqual(
    expect.objectContaining({ cause: "on-the-worklist", count: 1, suggestion: "ruta worklist list" }),
  );
});

test("referrals are listed by filters, page by page", async () => {
  const list = await json<{ referrals: { referral: string }[]; next?: string }>("referral", "list", "--limit", "1");
  expect(list.referrals).toHaveLength(1);
  const rest = await json<{ referrals: { referral: string }[] }>("referral", "list", "--cursor", list.next ?? "");
  expect(rest.referrals).toHaveLength(1);
  expect(rest.referrals[0]?.referral).not.toBe(list.referrals[0]?.referral);
  const own = await json<{ referrals: { referral: string }[] }>("referral", "list", "--institution", "casa");
  expect(own.referrals.map((row) => row.referral)).toEqual([referral]);
  expect((await json<{ referrals: object[] }>("referral", "list", "--overdue")).referrals).toEqual([]);
  expect(await ruta("referral", "list", "--state", "happy")).toMatchObject({
    code: 3,
    stderr: expect.stringContaining("invalid-request"),
  });
  expect(await ruta("referral", "list", "--cursor", "none")).toMatchObject({ code: 3 });
});

test("a choice is explained in words, in English and in Spanish", async () => {
  expect((await ruta("referral", "explain", referral)).stdout).toContain("its sender named it");
  const told = await spanish("referral", "explain", referral);
  expect(told.stdout).toContain("en orden de puntos, según los pesos de la clasificación 1");
  expect(told.stdout).toContain("la nombró quien pide");
  expect((await spanish("status")).stdout).toContain("sin entregar");
  expect(await ruta("referral", "explain", "nothing")).toMatchObject({ code: 3 });
});

test("a refusal is told in Spanish with its field, and in English to a program", async () => {
  const refused = await spanish("referral", "list", "--state", "happy");
  expect(refused.stderr).toContain("Un campo tiene un valor incorrecto (querystring.state)");
  expect(refused.stderr).toContain("Corrija el campo que se nombra.");
  const asked = await spanish("--json", "referral", "list", "--state", "happy");
  expect(asked.stderr).toContain("Correct the field that is named.");
  expect(asked.stderr).not.toContain("Corrija");
});

test("the log is read from a time on, page by page, and shows no content", async () => {
  const seen: { topic: string; key: string; message?: unknown }[] = [];
  let after: string[] = [];
  for (;;) {
    const page = await json<{ records: typeof seen; next?: string }>("log", "read", "events", "--limit", "2", ...after);
    seen.push(...page.records);
    if (page.next === undefined) break;
    after = ["--after", page.next];
  }
  expect(seen.length).toBeGreaterThanOrEqual(4);
  const text = JSON.stringify(seen);
  expect(text).toContain(referral);
  expect(text).not.toContain(CANARY);
  expect(text).not.toMatch(/ciphertext|wrappedSecret/);
  const tomorrow = new Date(Date.now() + 86_400_000).toISOString();
  expect(await json("log", "read", "events", "--from", tomorrow)).toEqual({ records: [] });
  expect(await ruta("log", "read", "secrets")).toMatchObject({ code: 3 });
  expect(await ruta("log", "read", "events", "--from", "yesterday")).toMatchObject({ code: 2 });
});

test("the watch shows only what is asked for", async () => {
  const filter = ["--institution", "casa", "--fact", "addressed"];
  let seen = false;
  const watching = command(["--json", "watch", ...filter], city.env, (stdout) => (seen = stdout.includes("\n")));
  const consent = { basis: "E", recipientClass: "any", givenOn: "2026-11-20", evidence: "F-1" };
  async function sending(): Promise<void> {
    // What happened before the watch began is not shown, so referrals come until one is.
    for (let n = 0; !seen; n += 1) {
      const data = { serviceType: "ALO-FAM", priority: "normal", performer: "casa", consent };
      await city.citizen("sender").send(`watched-${n}`, "request", data);
    }
  }
  const [{ code, stdout }] = await Promise.all([watching, sending()]);
  expect(code).toBe(0);
  const lines = stdout.trim().split("\n");
  for (const line of lines) expect(JSON.parse(line)).toMatchObject({ fact: "addressed", performer: "casa" });
});
