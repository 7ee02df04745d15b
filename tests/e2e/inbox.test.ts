// An institution that cannot host a server, through the whole hub on each log: it pulls, answers, and changes how it receives.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Personality } from "@ruta/client/simulator";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { SHAPES, openCity } from "../city.ts";
import type { City, Citizen } from "../city.ts";

const SOON = { timeout: 30_000, interval: 50 };
const silent: Personality = { label: "silent", answers: () => [], replyAfterMs: 0, downForMs: 0 };

interface Item {
  readonly cursor: string;
  readonly webhookId: string;
  readonly event: { readonly type: string; readonly sequence: string; readonly data: { readonly referral: string } };
}

const request = (number: string) => ({
  serviceType: "ALO-FAM",
  priority: "urgent",
  performer: "casa",
  number,
  consent: { basis: "E", recipientClass: "any", givenOn: "2026-11-20", evidence: "F-12" },
  person: { ageBand: "18-59", territory: "canton-quito" },
});

/** Webhook-ids and types that an institution was posted, in the order in which they came. */
const posted = ({ journal }: Citizen) =>
  journal.entries.flatMap((entry) =>
    entry.kind === "received" ? [{ webhookId: entry.webhookId, type: entry.type }] : [],
  );

/** One shape of each log: what crosses processes is the log's, and tried by the others. */
const TRIED = SHAPES.filter(({ driver, processes }) => (driver === "kafka") === (processes === "many"));

describe.each(TRIED)("on $driver, services in $processes process(es)", (shape) => {
  let city: City;
  /** Where casa listens when it does. */
  let url: string;
  beforeAll(async () => {
    city = await openCity(shape, { casa: silent, sender: undefined }, silent);
    const { entries } = await city.admin.get<{ entries: { institution: string; url: string }[] }>(
      "/admin/directory/endpoint",
    );
    url = entries.find(({ institution }) => institution === "casa")?.url ?? "";
    await city.admin.post("/admin/directory/endpoints", { institution: "casa", mode: "inbox", reason: "no server" });
  });
  afterAll(async () => city?.stop());

  const pull = async (query: string): Promise<readonly Item[]> => {
    const { status, body } = await city.citizen("casa").read(`/v1/inbox?${query}`);
    expect(status, JSON.stringify(body)).toBe(200);
    return body["items"] as readonly Item[];
  };
  const acknowledge = async (cursor: string): Promise<number> => {
    const token = readFileSync(join(city.folder, "keys", "institutions", "casa.token"), "utf8").trim();
    const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
    const body = JSON.stringify({ cursor });
    return (await fetch(new URL("/v1/inbox/ack", city.gateway), { method: "POST", headers, body })).status;
  };
  /** What is not acknowledged, once it is so much. */
  const waiting = async (count: number): Promise<readonly Item[]> => {
    await expect.poll(async () => (await pull("wait=5")).length, SOON).toBe(count);
    return pull("wait=0");
  };
  const deliveredTimes = async (referral: string): Promise<number> => {
    const { steps } = await city.admin.get<{ steps: { fact: string }[] }>(`/admin/gateway/referrals/${referral}`);
    return steps.filter(({ fact }) => fact === "delivered").length;
  };

  test("a referral is pulled, acknowledged and answered, and the case knows that it was delivered", async () => {
    const { body } = await city.citizen("sender").send("a-1", "request", request("A-1"));
    const referral = String(body["referral"]);
    const [item] = await waiting(1);
    expect(item?.event).toMatchObject({ type: "ruta.referral.request", sequence: "0000000001", data: { referral } });
    expect(await deliveredTimes(referral)).toBe(0);
    expect(await acknowledge(item!.cursor)).toBe(200);
    expect(await acknowledge(item!.cursor)).toBe(200);
    await expect.poll(() => deliveredTimes(referral), SOON).toBe(1);
    const answer = { referral, worker: "op-7", number: "EXP-1" };
    expect((await city.citizen("casa").send("a-2", "accept", answer)).status).toBe(202);
    await expect.poll(() => posted(city.citizen("sender")).map(({ type }) => type), SOON).toContain("accept");
    expect(posted(city.citizen("casa"))).toEqual([]);
  });

  test("an institution that turns to webhooks and back gets everything, and nothing under another id", async () => {
    const casa = city.citizen("casa");
    const { body } = await city.citizen("sender").send("b-1", "request", request("B-1"));
    const referral = String(body["referral"]);
    const [pulled] = await waiting(1);
    await city.admin.post("/admin/directory/endpoints", {
      institution: "casa",
      url,
      scheme: "v1a",
      reason: "a server",
    });
    await expect.poll(() => posted(casa), SOON).toEqual([{ webhookId: pulled?.webhookId, type: "request" }]);
    await expect.poll(() => deliveredTimes(referral), SOON).toBe(1);
    // What was pulled before can still be acknowledged, and the case hears of it once.
    expect(await acknowledge(pulled!.cursor)).toBe(200);
    await city.admin.post("/admin/directory/endpoints", { institution: "casa", mode: "inbox", reason: "it broke" });
    await city.citizen("sender").send("b-2", "cancel", { referral, worker: "op-1", reasonCode: "served-elsewhere" });
    const [next, ...more] = await waiting(1);
    expect(more).toEqual([]);
    expect(next?.event).toMatchObject({ type: "ruta.referral.cancel", sequence: "0000000002", data: { referral } });
    expect(await acknowledge(next!.cursor)).toBe(200);
    await expect.poll(() => deliveredTimes(referral), SOON).toBe(2);
    expect(posted(casa)).toHaveLength(1);
    expect(await city.admin.get("/admin/gateway/inboxes")).toEqual({ inboxes: [] });
  });
});
