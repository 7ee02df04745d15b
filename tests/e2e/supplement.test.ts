// A correction through the whole hub: asked, accepted, the identity superseded, the performer told, and taken note of; sealed all the way.
import type { Personality } from "@ruta/client/simulator";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { everything } from "../canary.ts";
import { SHAPES, openCity } from "../city.ts";
import type { City } from "../city.ts";

const SOON = { timeout: 30_000, interval: 50 };
/** Written by nobody but this test: whatever stands in clear anywhere is found by them. */
const CANARY = {
  wrong: "Quimbaltera",
  right: "Quimbaltora",
  document: "VEN-CORREGIDO-55310",
  story: "su hermano la acompaña a cada cita",
  note: "el apellido se oyó mal por teléfono",
};
const [ONE, ...OTHERS] = SHAPES;
const quiet = { replyAfterMs: 0, downForMs: 0 };
const silent: Personality = { label: "silent", answers: () => [], ...quiet };
const accepts: Personality = { label: "accepts", answers: () => [{ act: "accept", afterMs: 0 }], ...quiet };

const request = {
  serviceType: "ALO-FAM",
  priority: "urgent",
  performer: "casa-abierta",
  consent: { basis: "E", recipientClass: "any", givenOn: "2026-11-20", evidence: "F-12" },
  person: { ageBand: "18-59", identity: { name: { family: CANARY.wrong } } },
};

interface Content {
  readonly person: { readonly id: string; readonly sections: Readonly<Record<string, string>> };
}
interface Supplement {
  readonly event: string;
  readonly acknowledged: boolean;
}

// The simplest shape, and the one most spread out.
describe.each([ONE!, ...OTHERS.slice(-1)])("on $driver, services in $processes process(es)", (shape) => {
  let city: City;
  let referral = "";
  let superseded = "";
  beforeAll(async () => {
    city = await openCity(shape, { sender: undefined, "casa-abierta": accepts }, silent);
    const { body } = await city.citizen("sender").send("first", "request", request);
    referral = String(body.referral);
  });
  afterAll(async () => city?.stop());

  const told = (institution: string): string[] =>
    city.citizen(institution).journal.entries.flatMap((entry) => (entry.kind === "received" ? [entry.type] : []));
  const read = async <T>(institution: string, part = ""): Promise<T> =>
    (await city.citizen(institution).read(`/v1/referrals/${referral}${part}`)).body as T;
  const acts = async (institution: string) => (await read<{ may: string[] }>(institution)).may;

  test("the sender corrects whom it referred; the performer is told, and fetches what stands now", async () => {
    await expect.poll(() => told("sender"), SOON).toEqual(["accept"]);
    const { person } = await read<Content>("sender", "/content");
    superseded = person.sections.identity ?? "";
    const identity = { name: { family: CANARY.right }, documents: [{ type: "passport", number: CANARY.document }] };
    const data = {
      referral,
      worker: "op-1",
      person: { id: person.id, identity, narrative: CANARY.story },
      note: CANARY.note,
      supersedes: [superseded],
    };
    expect(await city.citizen("sender").send("correction", "supplement", data)).toMatchObject({ status: 202 });
    await expect.poll(() => told("casa-abierta"), SOON).toEqual(["request", "supplement"]);
    const now = await read<Content>("casa-abierta", "/content");
    expect(now).toMatchObject({ person: { identity, narrative: CANARY.story }, notes: [{ note: CANARY.note }] });
    expect(now.person.sections.identity).not.toBe(superseded);
    expect(JSON.stringify(now)).not.toContain(CANARY.wrong);
  });

  test("the performer takes note, which it may do once; the sender is told, and sees it", async () => {
    const open = (await read<{ supplements: Supplement[] }>("casa-abierta")).supplements;
    expect(open).toMatchObject([{ by: "sender", supersedes: [superseded], acknowledged: false }]);
    expect(await acts("casa-abierta")).toContain("acknowledge-supplement");
    expect(await acts("sender")).not.toContain("acknowledge-supplement");
    const data = { referral, worker: "op-7", event: open[0]?.event };
    await city.citizen("casa-abierta").send("noted", "acknowledge-supplement", data);
    await expect.poll(() => told("sender"), SOON).toEqual(["accept", "acknowledge-supplement"]);
    await expect.poll(() => read("sender"), SOON).toMatchObject({ supplements: [{ acknowledged: true }] });
    expect(await acts("casa-abierta")).not.toContain("acknowledge-supplement");
    await city.citizen("casa-abierta").send("noted-again", "acknowledge-supplement", data);
    await expect
      .poll(async () => (await read<{ refusals: object[] }>("casa-abierta")).refusals, SOON)
      .toMatchObject([{ act: "acknowledge-supplement", code: "already-recorded" }]);
  });

  test("neither what was corrected nor the correction stands in clear in topic, table, log line, metric or error", async () => {
    const spoiled = { referral, worker: CANARY.right, supersedes: [CANARY.document], person: CANARY.story };
    const refused = await city.citizen("sender").send("spoiled", "supplement", spoiled);
    expect(refused.status).toBe(400);
    const seen = `${await everything(city)}\n${JSON.stringify(refused.body)}`;
    for (const canary of Object.values(CANARY)) expect(seen.includes(canary), canary).toBe(false);
  });
});
