// Rehearsals through the whole hub: each kind is seen by its sender to its end, reaches nobody else, and is in no figure.
import { afterAll, beforeAll, expect, test } from "vitest";
import { openCity } from "../city.ts";
import type { City } from "../city.ts";
import { command } from "../command.ts";
import { SILENT } from "../walk/houses.ts";

const SOON = { timeout: 30_000, interval: 50 };
const consent = { basis: "E", recipientClass: "any", givenOn: "2026-11-20", evidence: "F-1" };
const person = { ageBand: "18-59", identity: { name: { family: "Inventada" } } };
const data = { serviceType: "ALO-FAM", priority: "urgent", consent, person };
let city: City;
beforeAll(async () => {
  const institutions = { sender: undefined, "casa-uno": SILENT, "casa-dos": SILENT };
  city = await openCity({ driver: "postgres", processes: "one" }, institutions, SILENT);
});
afterAll(async () => city?.stop());

interface Referral {
  readonly status: string;
  readonly may: readonly string[];
  readonly rehearsal?: true;
  readonly replacedBy?: string;
  readonly history: readonly { readonly fact: string; readonly rehearsedAs?: string }[];
}

async function send(id: string, act: string, fields: object): Promise<Record<string, unknown>> {
  const { status, body } = await city.citizen("sender").send(id, act, fields);
  expect(status, JSON.stringify(body)).toBe(202);
  return body;
}
async function rehearse(rehearsal: string, fields: object = {}): Promise<string> {
  const body = await send(`rehearsal-${rehearsal}-${Math.random()}`, "request", { ...data, ...fields, rehearsal });
  expect(body.rehearsal).toBe(true);
  return String(body.referral);
}
const read = async (id: string) =>
  (await city.citizen("sender").read(`/v1/referrals/${id}`)).body as unknown as Referral;
const facts = async (id: string) => (await read(id)).history.map(({ fact }) => fact);
const told = (id: string, institution = "sender") =>
  city
    .citizen(institution)
    .journal.entries.flatMap((e) => (e.kind === "received" && e.referral === id ? [e.type] : []));
const json = async <T>(...args: string[]): Promise<T> => JSON.parse(await city.ruta("--json", ...args)) as T;

test("`complete` is served to the end, told to its sender, and its number stays free for the real referral", async () => {
  const id = await rehearse("complete", { number: "N-1" });
  // The sender of this city acknowledges whatever is completed.
  await expect.poll(() => facts(id), SOON).toContain("acknowledged");
  expect(told(id)).toEqual(["receive", "accept", "start", "complete"]);
  const seen = await read(id);
  expect(seen).toMatchObject({ rehearsal: true, status: "completed", number: "N-1" });
  expect(seen.history.find(({ fact }) => fact === "addressed")?.rehearsedAs).toMatch(/^casa-/);
  const real = await send("real", "request", { ...data, number: "N-1" });
  expect(real).not.toHaveProperty("rehearsal");
  await expect.poll(() => facts(String(real.referral)), SOON).toContain("addressed");
  const [casa = ""] = ["casa-uno", "casa-dos"].filter((each) => seen.history.some((step) => step.rehearsedAs === each));
  // The real one goes where the rehearsal said, and really.
  await expect.poll(() => told(String(real.referral), casa), SOON).toEqual(["request"]);
});

test("`reject` is rejected by the first and served by the next", async () => {
  const id = await rehearse("reject");
  await expect.poll(async () => (await read(id)).replacedBy, SOON).toBeDefined();
  const successor = (await read(id)).replacedBy!;
  await expect.poll(() => facts(successor), SOON).toContain("acknowledged");
  expect(told(id)).toEqual(["reject"]);
  expect(told(successor)).toEqual(["receive", "accept", "start", "complete"]);
  const as = [...(await read(id)).history, ...(await read(successor)).history].flatMap((s) => s.rehearsedAs ?? []);
  expect(as.toSorted()).toEqual(["casa-dos", "casa-uno"]);
});

test("`silent` is never answered; it takes a supplement, and its sender withdraws it", async () => {
  const id = await rehearse("silent");
  await expect.poll(() => facts(id), SOON).toEqual(["requested", "addressed"]);
  expect((await read(id)).may).toEqual(expect.arrayContaining(["cancel", "supplement"]));
  await send("added", "supplement", { referral: id, worker: "op-1", note: "un ensayo" });
  await send("withdrawn", "cancel", { referral: id, worker: "op-1", reasonCode: "other" });
  await expect.poll(() => facts(id), SOON).toEqual(["requested", "addressed", "supplemented", "cancelled"]);
  expect(told(id)).toEqual([]);
});

test("with nobody to go to its sender is told so, and no operator is", async () => {
  const id = await rehearse("complete", { serviceType: "LEG" });
  await expect.poll(() => told(id), SOON).toEqual(["worklisted"]);
  expect(await json("status")).toMatchObject({ router: { worklisted: 0 } });
  expect(await city.ruta("stuck")).toContain("nothing is stuck");
});

test("institutions are told of real referrals alone; no figure, list or worklist counts a rehearsal unless asked", async () => {
  const received = ["casa-uno", "casa-dos"].flatMap((id) => city.citizen(id).journal.entries);
  expect(received.filter(({ kind }) => kind === "received")).toHaveLength(1);
  await expect
    .poll(() => json("status"), SOON)
    .toMatchObject({
      gateway: { open: { requested: 1 }, changedLastHour: 1, overdue: 0 },
      router: { worklisted: 0, returned: 0 },
      delivery: { undelivered: 0, parked: [] },
    });
  interface List {
    readonly referrals: readonly { readonly referral: string; readonly rehearsal?: true }[];
  }
  const real = (await json<List>("referral", "list")).referrals;
  expect(real).toHaveLength(1);
  const all = (await json<List>("referral", "list", "--rehearsals")).referrals;
  expect(all.filter(({ rehearsal }) => rehearsal === true)).toHaveLength(5);
  expect(all).toHaveLength(6);
  const lines = (await city.ruta("referral", "list", "--rehearsals")).split("\n");
  expect(lines.filter((line) => /(requested|cancelled|completed|rejected) +rehearsal/.test(line))).toHaveLength(5);
  const { referral } = all.find(({ rehearsal }) => rehearsal)!;
  for (const part of ["show", "explain"]) expect(await city.ruta("referral", part, referral)).toContain("rehearsal");
});

test("its content is read by its sender as that of any referral, and by nobody else", async () => {
  const id = await rehearse("complete");
  await expect.poll(() => facts(id), SOON).toContain("acknowledged");
  const { body } = await city.citizen("sender").read(`/v1/referrals/${id}/content`);
  expect(body).toMatchObject({ person: { identity: person.identity } });
  const { records } = await json<{ records: readonly object[] }>("log", "read", "access", "--limit", "200");
  const opened = records.filter((record) => JSON.stringify(record).includes("contentOpened"));
  expect(opened).toHaveLength(1);
  expect(opened[0]).toMatchObject({ message: { contentOpened: { referralId: id, institution: "sender" } } });
});

test("the watch marks a rehearsal", async () => {
  let seen = false;
  const watching = command(["watch", "--fact", "completed"], city.env, (stdout) => (seen = stdout.includes("\n")));
  async function sending(): Promise<void> {
    // What happened before the watch began is not shown, so rehearsals come until one is.
    while (!seen) await expect.poll(facts.bind(undefined, await rehearse("complete")), SOON).toContain("completed");
  }
  const [{ stdout }] = await Promise.all([watching, sending()]);
  for (const line of stdout.trim().split("\n")) expect(line).toMatch(/completed.*rehearsal/);
});
