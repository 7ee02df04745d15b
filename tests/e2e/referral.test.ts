// One referral through the whole hub, on each log and in each spread over processes: asked, refused, passed on, served, told.
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Personality } from "@ruta/client/simulator";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { everything } from "../canary.ts";
import { SHAPES, openCity } from "../city.ts";
import type { City, Citizen } from "../city.ts";

const SOON = { timeout: 30_000, interval: 50 };
/** Written by nobody but this test: whatever stands in clear anywhere is found by them. */
const CANARY = {
  given: "Zulmaquica",
  family: "Xatruchín",
  document: "VEN-CANARIO-77120",
  story: "llegó de noche con fiebre",
};

const steps = (label: string, answers: Personality["answers"]): Personality => ({
  label,
  answers,
  replyAfterMs: 0,
  downForMs: 0,
});
const silent = steps("silent", () => []);
const refuses = steps("refuses", () => [{ act: "reject", afterMs: 0, data: { reasonCode: "no-capacity" } }]);
const serves = steps("serves", () => [
  { act: "receive", afterMs: 0 },
  { act: "accept", afterMs: 0, data: { number: "EXP-7" } },
  { act: "start", afterMs: 0 },
  { act: "complete", afterMs: 0, data: { outcomeCode: "served", note: CANARY.story } },
]);

const request = {
  serviceType: "ALO-FAM",
  priority: "urgent",
  performer: "casa-llena",
  number: "A-17",
  consent: { basis: "E", recipientClass: "any", givenOn: "2026-11-20", evidence: "F-12" },
  person: {
    ageBand: "18-59",
    territory: "canton-quito",
    identity: {
      name: { given: CANARY.given, family: CANARY.family },
      documents: [{ type: "passport", number: CANARY.document }],
    },
    narrative: CANARY.story,
  },
  members: [{ relation: "CHILD", ageBand: "5-11", identity: { name: { given: `${CANARY.given} hija` } } }],
};

/** Types that an institution was told, in the order in which they came. */
const told = ({ journal }: Citizen): string[] =>
  journal.entries.flatMap((entry) => (entry.kind === "received" ? [entry.type] : []));

describe.each(SHAPES)("on $driver, services in $processes process(es)", (shape) => {
  let city: City;
  let answer: { status: number; body: Record<string, unknown> };
  beforeAll(async () => {
    const institutions = { sender: undefined, "casa-llena": refuses, "casa-abierta": serves };
    city = await openCity(shape, institutions, silent);
    answer = await city.citizen("sender").send("a-17", "request", request);
  });
  afterAll(async () => city?.stop());

  test("a referral that the first institution refuses is served by the second, and the sender is told of each step", async () => {
    expect(answer).toMatchObject({ status: 202, body: { referral: expect.stringMatching(/-1$/) } });
    await expect.poll(() => told(city.citizen("sender")).at(-1), SOON).toBe("complete");
    expect(told(city.citizen("casa-llena"))).toEqual(["request"]);
    expect(told(city.citizen("casa-abierta"))).toEqual(["request"]);
    expect(told(city.citizen("sender"))).toEqual(expect.arrayContaining(["reject", "receive", "accept", "start"]));
    await expect
      .poll(async () => (await city.citizen("sender").read(`/v1/referrals?state=completed`)).body, SOON)
      .toMatchObject({ referrals: [{ performer: "casa-abierta", role: "requester" }] });
  });

  test("state, history and content are read by those entitled, and by nobody else", async () => {
    const [first, second] = [answer.body.referral as string, `${answer.body.case as string}-2`];
    const seen = await city.citizen("sender").read(`/v1/referrals/${first}`);
    expect(seen.body).toMatchObject({ status: "rejected", number: "A-17", replacedBy: second, role: "requester" });
    const facts = (seen.body.history as { fact: string }[]).map(({ fact }) => fact);
    expect(facts.slice(0, 2)).toEqual(["requested", "addressed"]);
    expect((await city.citizen("casa-abierta").read(`/v1/referrals/${first}`)).status).toBe(404);
    expect((await city.citizen("casa-llena").read(`/v1/referrals/${second}`)).status).toBe(404);
    const sent = await city.citizen("sender").read(`/v1/referrals/${first}/content`);
    expect(sent.body).toMatchObject({
      person: { identity: { name: { given: CANARY.given } }, narrative: CANARY.story },
    });
    const refused = await city.citizen("casa-llena").read(`/v1/referrals/${first}/content`);
    expect(refused.status).toBe(200);
    expect(JSON.stringify(refused.body)).not.toContain(CANARY.given);
  });

  test("identities stand in clear in no topic, table, log line, metric or error", async () => {
    const bad = await city.citizen("sender").send("bad", "request", { ...request, priority: CANARY.given });
    expect(bad.status).toBe(400);
    const text = `${await everything(city)}\n${JSON.stringify(bad.body)}`;
    expect(text).toContain("A-17");
    for (const word of Object.values(CANARY)) expect(text.includes(word), word).toBe(false);
  });

  test("a refusal after the 202 is told to whoever sent the act", async () => {
    const referral = answer.body.referral as string;
    const late = await city.citizen("casa-llena").send("too-late", "accept", { referral, worker: "op-1" });
    expect(late.status).toBe(202);
    await expect.poll(() => told(city.citizen("casa-llena")), SOON).toContain("refused");
    const { body } = await city.citizen("casa-llena").read(`/v1/referrals/${referral}`);
    expect(body.refusals).toMatchObject([
      { act: "accept", code: expect.any(String), remedy: expect.stringMatching(/\w/) },
    ]);
  });

  test("the receipt verifies, and `ruta` shows the timeline to staff", async () => {
    const [receipt, body] = [join(city.folder, "receipt.json"), join(city.folder, "body.json")];
    await writeFile(receipt, JSON.stringify(answer.body));
    await writeFile(body, "another body");
    expect(await city.ruta("receipt", "verify", receipt)).toContain("the receipt holds");
    await expect(city.ruta("receipt", "verify", receipt, "--body", body)).rejects.toThrow(/another-body/);
    const shown = await city.ruta("referral", "show", answer.body.referral as string);
    expect(shown).toMatch(/rejected[^]*completed/);
    expect(shown).not.toContain(CANARY.given);
  });

  test("a request signed by nobody's key, or with a staff key that is none, is refused", async () => {
    const response = await fetch(new URL("/v1/in/sender", city.gateway), {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: await readFile(join(city.folder, "receipt.json")),
    });
    expect(response.status).toBe(401);
    expect(await response.json()).toMatchObject({ code: "invalid-signature" });
    expect((await fetch(new URL("/admin/directory", city.adminUrls[0]))).status).toBe(401);
  });
});
