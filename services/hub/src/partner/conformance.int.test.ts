// A conformance run finds nothing in a right receiver, and in a wrong one the very thing that is wrong, and says how to mend it.
import { PERSONALITIES, createInstitution, memoryJournal } from "@ruta/client/simulator";
import type { Institution } from "@ruta/client/simulator";
import { encodePublicKey, encodeSecret, encodeSecretKey, generateKeyPair } from "@ruta/proof";
import type { SigningKey } from "@ruta/proof";
import { afterEach, describe, expect, test } from "vitest";
import { CHECKS, checkEndpoint } from "./conformance.ts";
import type { Report } from "./conformance.ts";
import { checkedAddress } from "./probe.ts";
import { faultyReceiver } from "./test-receivers.ts";
import type { Fault } from "./test-receivers.ts";

const secret = Buffer.alloc(32, 8);
const key = { scheme: "v1", secret } as const;
const pair = generateKeyPair();
const stops: (() => unknown)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

const found = ({ findings }: Report, ...outcomes: readonly string[]): string[] =>
  findings.flatMap(({ id, outcome }) => (outcomes.includes(outcome) ? [`${outcome} ${id}`] : []));

describe("a right receiver", () => {
  async function simulator(
    hubKeys: readonly string[],
  ): Promise<{ institution: Institution; url: URL; received(): number }> {
    const journal = memoryJournal();
    const institution = createInstitution({
      id: "casa",
      personality: PERSONALITIES.silent,
      gateway: "http://127.0.0.1:9",
      key: encodeSecret(secret),
      hubKeys,
      journal,
    });
    const port = await institution.listen(0);
    stops.push(() => institution.close());
    return {
      institution,
      url: new URL(`http://127.0.0.1:${port}/`),
      received: () => journal.entries.filter(({ kind }) => kind === "received").length,
    };
  }

  test.each<[string, SigningKey, string]>([
    ["v1", key, encodeSecret(secret)],
    ["v1a", { scheme: "v1a", seed: pair.seed }, encodePublicKey(pair.publicKey)],
  ])("passes every check, signed %s, and takes each event once", async (_scheme, signing, verifying) => {
    const { url, received } = await simulator([verifying]);
    const report = await checkEndpoint({ url, institution: "casa", key: signing });
    expect(found(report, "fail", "warn", "skipped")).toEqual([]);
    expect(report).toMatchObject({ ok: true, institution: "casa", counts: { pass: CHECKS.length } });
    // signed, two of rotation, one of four repeats, two of one case, one unknown, one big
    expect(received()).toBe(8);
  });

  test("that knows the next key already is tried with it alone too", async () => {
    const nextKey = { scheme: "v1", secret: Buffer.alloc(32, 9) } as const;
    const run = async (hubKeys: readonly string[]) =>
      checkEndpoint({ url: (await simulator(hubKeys)).url, institution: "casa", key, nextKey });
    expect(found(await run([encodeSecret(secret), encodeSecret(nextKey.secret)]), "fail", "warn")).toEqual([]);
    expect(found(await run([encodeSecret(secret)]), "fail", "warn")).toEqual(["fail rotation"]);
  });
});

const reached = new Map<string, number>();
/** What is wrong, how it is done, and what is found: every check once. */
const FAULTS: readonly [what: string, fault: Fault, expected: readonly string[]][] = [
  [
    "verifies nothing but that there is a signature in time",
    { believes: ({ headers }, right) => right || timely(headers) },
    ["fail wrong-key", "fail altered"],
  ],
  [
    "verifies what it parsed and wrote anew",
    { before: (one) => ({ ...one, body: Buffer.from(JSON.stringify(JSON.parse(one.body.toString()))) }) },
    ["fail altered"],
  ],
  [
    "lets pass what is not signed",
    { believes: ({ headers }, right) => right || headers["webhook-signature"] === undefined },
    ["fail unsigned"],
  ],
  ["knows no age", { before: (one) => ({ ...one, now: Math.min(one.now, timeOf(one.headers)) }) }, ["fail old"]],
  ["knows no future", { before: (one) => ({ ...one, now: Math.max(one.now, timeOf(one.headers)) }) }, ["warn future"]],
  [
    "looks at the first signature alone",
    {
      before: (one) => ({
        ...one,
        headers: { ...one.headers, "webhook-signature": String(one.headers["webhook-signature"]).split(" ")[0] },
      }),
    },
    ["fail rotation"],
  ],
  [
    "does not answer the challenge",
    { answers: ({ type }) => (type.includes("challenge") ? { status: 204 } : undefined) },
    ["fail challenge"],
  ],
  [
    "answers another challenge",
    { answers: ({ type }) => (type.includes("challenge") ? { status: 200, body: '{"challenge":"x"}' } : undefined) },
    ["fail challenge"],
  ],
  [
    "calls a repeat an error",
    { answers: (_event, id, seen) => (seen.has(id) ? { status: 409 } : undefined) },
    ["fail replay"],
  ],
  [
    "wants events in order",
    {
      answers({ sequence, data: { case: caseId = "" } }) {
        const last = reached.get(caseId) ?? 0;
        reached.set(caseId, Number(sequence));
        return Number(sequence) < last ? { status: 409 } : undefined;
      },
    },
    ["fail out-of-order"],
  ],
  [
    "refuses what it does not know",
    { answers: ({ type }) => (type.endsWith("something-new") ? { status: 400 } : undefined) },
    ["warn unknown"],
  ],
  ["closes the connection at 100 KiB", { cutsAt: 100 * 1024 }, ["fail big"]],
  [
    "leaves the hub waiting",
    { answers: ({ type }) => (type.endsWith("something-new") ? "never" : undefined) },
    ["warn unknown", "fail time"],
  ],
  [
    "redirects",
    { answers: ({ type }) => (type.endsWith("something-new") ? { status: 307, location: "/other" } : undefined) },
    ["warn unknown", "fail redirect"],
  ],
  [
    "answers with a page",
    { answers: ({ type }) => (type.endsWith("something-new") ? { status: 200, body: "x".repeat(20_000) } : undefined) },
    ["warn short-answers"],
  ],
];

const timeOf = (headers: Record<string, unknown>): number => Number(headers["webhook-timestamp"]) * 1000;
function timely(headers: Record<string, unknown>): boolean {
  return Math.abs(Date.now() - timeOf(headers)) < 300_000 && "webhook-signature" in headers && "webhook-id" in headers;
}

describe("a wrong receiver", () => {
  async function report(fault: Fault): Promise<Report> {
    const receiver = await faultyReceiver(key, fault);
    stops.push(receiver.stop);
    return checkEndpoint({ url: receiver.url, institution: "casa", key, limitMs: 3_000 });
  }

  test.each(FAULTS)("that %s is found out", async (_what, fault, expected) => {
    const { ok, findings } = await report(fault);
    const wrong = findings.filter(({ outcome }) => outcome !== "pass");
    expect(wrong.map(({ id, outcome }) => `${outcome} ${id}`)).toEqual(expected);
    for (const { mend, seen } of wrong)
      expect([mend, seen]).toEqual([expect.stringMatching(/\w+/), expect.stringMatching(/\w+/)]);
    expect(ok).toBe(expected.every((one) => one.startsWith("warn")));
  });

  test("that takes nothing is told so, and is not praised for what it refuses", async () => {
    const { ok, counts, findings } = await report({ believes: () => false });
    expect(findings[0]).toMatchObject({ id: "signed", outcome: "fail", seen: "answered 401" });
    expect({ ok, counts }).toEqual({ ok: false, counts: { pass: 0, warn: 0, fail: 1, skipped: CHECKS.length - 1 } });
  });

  test("every check has a receiver that it finds out", () => {
    const caught = new Set(FAULTS.flatMap(([, , expected]) => expected.map((one) => one.split(" ")[1])));
    expect(CHECKS.map(({ id }) => id).filter((id) => !caught.has(id))).toEqual(["signed"]);
  });

  test("that is not there at all is told by why", async () => {
    const { stop, url } = await faultyReceiver(key, {});
    stop();
    const { findings } = await checkEndpoint({ url, institution: "casa", key });
    expect(findings[0]).toMatchObject({ outcome: "fail", seen: "no answer: ECONNREFUSED" });
  });
});

test.each([
  ["http://casa.example/ruta", /not https/],
  ["ftp://127.0.0.1/", /not https/],
  ["http://127.0.0.1.casa.example/", /not https/],
  ["http://10.0.0.1/", /not https/],
  ["https://user:word@casa.example/", /user or password/],
  ["https://casa.example/#part", /fragment/],
  ["casa.example", /no URL/],
])("%s is not gone to", (address, words) => {
  expect(checkedAddress(address)).toMatch(words);
});

test("https, and http on this machine, are gone to", () => {
  for (const address of [
    "https://casa.example/ruta?a=1",
    "http://127.0.0.1:8080/",
    "http://localhost:1/",
    "http://[::1]:1/",
  ])
    expect(checkedAddress(address)).toEqual(new URL(address));
  expect(encodeSecretKey(pair.seed)).toMatch(/^whsk_/);
});
