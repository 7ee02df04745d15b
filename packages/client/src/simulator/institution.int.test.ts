// The simulated counterpart against a hub on loopback: each personality does what its name says, and nothing twice unless it should.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { encodeSecret } from "@ruta/proof";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { signedEvent, testHub } from "../test-hub.ts";
import type { TestHub } from "../test-hub.ts";
import { createInstitution } from "./institution.ts";
import { memoryJournal, openJournal } from "./journal.ts";
import type { Entry, Journal } from "./journal.ts";
import { PERSONALITIES } from "./personality.ts";
import type { Personality } from "./personality.ts";

const SOON = { timeout: 15_000, interval: 10 };
const secret = Buffer.alloc(32, 7);
const stops: (() => Promise<void>)[] = [];
let hub: TestHub;
beforeEach(async () => void (hub = await testHub([{ scheme: "v1", secret }])));
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
  await hub.close();
});

/** Its answers without their waits. */
const atOnce = (personality: Personality): Personality => ({
  ...personality,
  answers: (now) => personality.answers(now).map((answer) => ({ ...answer, afterMs: 0 })),
});

async function start(personality: Personality, journal: Journal = memoryJournal()) {
  const refused: unknown[] = [];
  const institution = createInstitution({
    id: "casa",
    personality,
    gateway: hub.url,
    key: encodeSecret(secret),
    hubKeys: [hub.whpk],
    journal,
    onRefusal: (status, reason) => void refused.push([status, reason]),
  });
  const port = await institution.listen(0);
  stops.push(() => institution.close());
  const deliver = async (webhookId: string, type = "request"): Promise<number | "cut"> => {
    const data = { referral: "case-1", case: "case" };
    const { headers, body } = signedEvent({ type: `ruta.referral.${type}`, data }, hub.keys, webhookId);
    const url = `http://127.0.0.1:${port}/`;
    return fetch(url, { method: "POST", headers, body: new Uint8Array(body) }).then(
      ({ status }) => status,
      () => "cut" as const,
    );
  };
  return { institution, port, deliver, refused, journal };
}

/** What the hub was told, in order. */
const told = (): string[] =>
  hub.seen
    .filter(({ path }) => path.startsWith("/v1/in/"))
    .map(({ body }) => (JSON.parse(body) as { type: string }).type.replace("ruta.referral.", ""));
const kinds = ({ entries }: Journal): Entry["kind"][] => entries.map(({ kind }) => kind);

describe("a counterpart", () => {
  test.each<[keyof typeof PERSONALITIES, string[]]>([
    ["prompt", ["receive", "accept", "start", "complete"]],
    ["by-appointment", ["accept", "schedule", "complete"]],
    ["slow", ["receive", "accept", "start", "complete"]],
    ["refusing", ["reject"]],
    ["duplicating", ["receive", "receive", "accept", "accept", "start", "start", "complete", "complete"]],
    ["out-of-order", ["start", "accept", "start", "complete"]],
  ])("that is %s says %j", async (name, acts) => {
    const { deliver, institution } = await start(atOnce(PERSONALITIES[name]));
    expect(await deliver("w-1")).toBe(200);
    await expect.poll(told, SOON).toEqual(acts);
    await expect.poll(() => institution.pending(), SOON).toBe(0);
  });

  test("that is silent takes what comes and says nothing", async () => {
    const { deliver, journal, institution } = await start(PERSONALITIES.silent);
    expect(await deliver("w-1")).toBe(200);
    expect([kinds(journal), institution.pending(), told()]).toEqual([["received"], 0, []]);
  });

  test("that says everything twice says it in the same bytes under the same id", async () => {
    const { deliver, journal } = await start(atOnce(PERSONALITIES.duplicating));
    await deliver("w-1");
    await expect.poll(() => kinds(journal).filter((kind) => kind === "said-again").length, SOON).toBe(4);
    const acts = hub.seen.filter(({ path }) => path.startsWith("/v1/in/"));
    expect(new Set(acts.map(({ body }) => body)).size).toBe(4);
    expect(new Set(acts.map(({ headers }) => headers["webhook-id"])).size).toBe(4);
  });

  test("that is down cuts every connection until it is back", async () => {
    const { deliver, journal } = await start({ ...PERSONALITIES.silent, downForMs: 300 });
    expect(await deliver("w-1")).toBe("cut");
    await expect.poll(() => deliver("w-1"), SOON).toBe(200);
    expect(kinds(journal)).toEqual(["down", "received"]);
  });

  test("answers once what comes again, and acknowledges what was completed", async () => {
    const { deliver, journal } = await start(atOnce(PERSONALITIES.refusing));
    await deliver("w-1");
    await expect.poll(told, SOON).toEqual(["reject"]);
    expect(await deliver("w-1")).toBe(200);
    await deliver("w-2", "complete");
    await expect.poll(told, SOON).toEqual(["reject", "acknowledge"]);
    expect(kinds(journal)).toContain("repeated");
  });

  test("asks further with a wider consent when a referral comes back", async () => {
    const { deliver } = await start(PERSONALITIES.silent);
    await deliver("w-1", "returned");
    await expect.poll(told, SOON).toEqual(["redirect"]);
  });

  test("takes nothing that the hub did not sign, and says so", async () => {
    const { port, refused, journal } = await start(PERSONALITIES.silent);
    const response = await fetch(`http://127.0.0.1:${port}/`, { method: "POST", body: "{}" });
    expect([response.status, refused, kinds(journal)]).toEqual([401, [[401, "missing"]], []]);
  });

  test("that was stopped in the middle goes on where it was, under the same ids", async () => {
    const folder = mkdtempSync(join(tmpdir(), "ruta-counterpart-"));
    const file = join(folder, "journal");
    const waits: Personality = {
      ...PERSONALITIES.silent,
      answers: () => [
        { act: "receive", afterMs: 0 },
        { act: "accept", afterMs: 60_000 },
      ],
    };
    const first = await start(waits, openJournal(file));
    await first.deliver("w-1");
    await expect.poll(() => kinds(first.journal), SOON).toEqual(["received", "answered"]);
    await first.institution.close();
    first.journal.close();
    const second = await start(atOnce(waits), openJournal(file));
    second.institution.resume();
    await expect.poll(told, SOON).toEqual(["receive", "accept"]);
    expect(await second.deliver("w-1")).toBe(200);
    await expect.poll(() => kinds(second.journal), SOON).toEqual(["received", "answered", "answered", "repeated"]);
    second.journal.close();
    rmSync(folder, { recursive: true, force: true });
  });
});
