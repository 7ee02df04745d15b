// An operator's night by the `ruta` command: acts told by telephone, disputes, the worklist, referrals taken away, records given up.
import { join } from "node:path";
import {
  Channel,
  Confidentiality,
  Priority,
  ReferralCommandSchema,
  ReferralEventSchema,
  Status,
  TOPICS,
  create,
  derivedId,
  encodeRecord,
  newCaseId,
  referralId,
} from "@ruta/events";
import type { NewRecord } from "@ruta/events";
import { openLog } from "@ruta/log";
import { afterAll, beforeAll, expect, test } from "vitest";
import { everything } from "../canary.ts";
import { openCity } from "../city.ts";
import type { City } from "../city.ts";
import { command } from "../command.ts";
import type { Ended } from "../command.ts";

const SOON = { timeout: 30_000, interval: 50 };
const REASON = ["--reason", "guardia del domingo"];
const CANARY = "Zulmaquica Xatruchín";
const silent = { label: "silent", answers: () => [], replyAfterMs: 0, downForMs: 0 };

let city: City;
let second: NodeJS.ProcessEnv;

beforeAll(async () => {
  city = await openCity(
    { driver: "postgres", processes: "one" },
    { sender: undefined, casa: silent, otra: silent },
    silent,
  );
  const out = join(city.folder, "op-2.key");
  await json("staff", "add", "op-2", "--role", "operator", "--out", out, ...REASON);
  second = { ...city.env, RUTA_STAFF_KEY: out };
});
afterAll(async () => city?.stop());

const ruta = (...args: string[]): Promise<Ended> => command(args, city.env);
async function json<T>(...args: string[]): Promise<T> {
  const { code, stdout, stderr } = await ruta("--json", ...args);
  expect(code, stderr).toBe(0);
  return JSON.parse(stdout) as T;
}
const told = (id: string, referral: string): string[] =>
  city
    .citizen(id)
    .journal.entries.flatMap((entry) => (entry.kind === "received" && entry.referral === referral ? [entry.type] : []));
const shown = async (referral: string): Promise<string> => (await ruta("referral", "show", referral)).stdout;

let sent = 0;
/** A referral of the sender at casa, or at whom the hub finds. */
async function requested(data: object = { performer: "casa" }): Promise<string> {
  sent += 1;
  const consent = { basis: "E", recipientClass: "any", givenOn: "2026-11-20", evidence: "F-1" };
  const { body } = await city
    .citizen("sender")
    .send(`r-${sent}`, "request", { serviceType: "ALO-FAM", priority: "urgent", consent, ...data });
  const referral = body.referral as string;
  await expect.poll(() => shown(referral), SOON).toMatch(/addressed|worklisted/);
  return referral;
}

const byPhone = ["--on-behalf-of", "casa", "--told-by", CANARY, "--channel", "phone", ...REASON];

test("what casa said by telephone counts, is told to casa too, and is taken back when casa disputes it and an operator agrees", async () => {
  const referral = await requested();
  const asked = await ruta("act", referral, "accept", ...byPhone);
  expect(asked).toMatchObject({ code: 2, stderr: expect.stringMatching(/accepted +casa[^]*add --yes/) });
  const { command: id } = await json<{ command: string }>("act", referral, "accept", ...byPhone, "--yes");
  await expect.poll(() => told("sender", referral), SOON).toContain("accept");
  await expect.poll(() => told("casa", referral), SOON).toEqual(["request", "accept"]);
  expect(await shown(referral)).toContain("hub for casa");
  const { body } = await city.citizen("casa").read(`/v1/referrals/${referral}`);
  const history = body.history as { fact: string; actor: object }[];
  const actor = { institution: "hub", onBehalfOf: "casa", channel: "phone" };
  expect(history.find(({ fact }) => fact === "accepted")).toMatchObject({ actor });

  const event = derivedId("event", id, "0");
  const dispute = { referral, worker: "w-1", event, reasonCode: "not-said" };
  expect((await city.citizen("sender").send("not-mine", "dispute", dispute)).status).toBe(202);
  await expect.poll(() => told("sender", referral), SOON).toContain("refused");
  expect((await city.citizen("casa").send("dispute", "dispute", dispute)).status).toBe(202);
  await expect.poll(() => told("sender", referral), SOON).toContain("dispute");
  expect((await ruta("worklist", "list", "--kind", "disputed")).stdout).toMatch(
    new RegExp(`${event} +disputed +urgent .*not-said says casa`),
  );
  const disputed = { cause: "act-disputed", count: 1, suggestion: "ruta worklist list --kind disputed" };
  expect(await json("stuck")).toContainEqual(expect.objectContaining(disputed));
  expect(await ruta("worklist", "assign", event, "--to", "op-2", ...REASON)).toMatchObject({ code: 0 });
  expect(await ruta("worklist", "assign", event, "--to", "nadie", ...REASON)).toMatchObject({ code: 3 });
  expect(await json("worklist", "list", "--assigned", "op-2")).toMatchObject({ items: [{ id: event }] });

  expect(await ruta("worklist", "resolve", event, "--uphold", ...REASON)).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/cancelled[^]*addressed +otra/),
  });
  expect(await ruta("worklist", "resolve", event, "--uphold", "--yes", ...REASON)).toMatchObject({ code: 0 });
  const successor = referral.replace(/-1$/, "-2");
  await expect.poll(() => told("otra", successor), SOON).toEqual(["request"]);
  await expect.poll(() => told("casa", referral), SOON).toContain("cancel");
  expect(await ruta("worklist", "resolve", event, "--dismiss", "--yes", ...REASON)).toMatchObject({
    code: 3,
    stderr: expect.stringContaining("not-worklisted"),
  });
});

test("an act that the case would refuse, or that nobody can tell, is not recorded", async () => {
  const referral = await requested();
  const refused = await ruta("act", referral, "complete", "--outcome-code", "served", ...byPhone, "--yes");
  expect(refused).toMatchObject({ code: 3, stderr: expect.stringMatching(/act-refused.*not been accepted/) });
  for (const wrong of [["request"], ["complete"], ["accept", "--at", "mañana"]])
    expect(await ruta("act", referral, ...wrong, ...byPhone, "--yes")).toMatchObject({ code: 3 });
  expect(await ruta("act", referral, "accept", ...REASON)).toMatchObject({ code: 2 });
  expect(await command(["act", referral, "accept", ...byPhone, "--channel", "smoke", "--yes"], city.env)).toMatchObject(
    {
      code: 3,
    },
  );
  expect(await shown(referral)).not.toMatch(/accepted|completed/);
});

test("a referral that nobody answers is taken away, with what will follow shown first", async () => {
  const referral = await requested();
  const reroute = ["referral", "reroute", referral, "--reason-code", "no-response", ...REASON];
  expect(await ruta(...reroute)).toMatchObject({ code: 2, stderr: expect.stringMatching(/addressed +otra/) });
  expect(await ruta(...reroute, "--to", "nowhere", "--yes")).toMatchObject({
    code: 3,
    stderr: expect.stringContaining("unknown-institution"),
  });
  expect((await ruta(...reroute, "--yes")).stdout).toContain(`${referral} is rerouted`);
  await expect.poll(() => told("otra", referral.replace(/-1$/, "-2")), SOON).toEqual(["request"]);
  await expect.poll(() => told("casa", referral), SOON).toEqual(["request", "cancel"]);
  await expect.poll(() => told("sender", referral), SOON).toContain("cancel");
  expect(await ruta(...reroute, "--yes")).toMatchObject({ code: 3, stderr: expect.stringContaining("has ended") });
});

test("the worklist is listed by pages and filters, and what nobody can take is cancelled once", async () => {
  const rows = [await requested({ serviceType: "LEG" }), await requested({ serviceType: "LEG" })];
  const page = await json<{ items: { id: string }[]; next: string }>("worklist", "list", "--limit", "1");
  expect(page.items.map(({ id }) => id)).toEqual([rows[0]]);
  const text = await ruta("worklist", "list", "--limit", "1", "--after", page.next);
  expect(text.stdout).toMatch(new RegExp(`${rows[1]} +worklisted +urgent +\\d+ s +nobody +sender +LEG`));
  expect((await ruta("worklist", "list", "--hours", "5")).stdout).toBe("nothing waits for an operator\n");
  const [first] = rows as [string];
  const resolve = (...how: string[]) => ruta("worklist", "resolve", first, ...how, ...REASON, "--yes");
  expect(await resolve()).toMatchObject({ code: 2 });
  expect(await resolve("--retry", "--dismiss")).toMatchObject({ code: 2 });
  expect(await resolve("--cancel", "bored")).toMatchObject({ code: 3 });
  expect((await resolve("--retry")).stdout).toContain("worklisted");
  expect(await resolve("--cancel", "no-longer-needed")).toMatchObject({ code: 0 });
  await expect.poll(() => told("sender", first), SOON).toContain("cancel");
  expect(await resolve("--cancel", "no-longer-needed")).toMatchObject({ code: 3 });
});

async function append(...records: readonly NewRecord[]): Promise<void> {
  const log = await openLog({ databaseUrl: city.databaseUrl, prefix: `${city.env.RUTA_PREFIX}.`, clientId: "test" });
  await log.append(records);
  await log.close();
}
interface Listed {
  readonly records: readonly {
    readonly id: string;
    readonly key: string;
    readonly state: string;
    readonly reason: string;
  }[];
}
async function firstParked(service: string, key: string): Promise<string> {
  const list = () => json<Listed>("parked", "records", "--service", service, "--key", key);
  await expect.poll(list, SOON).toMatchObject({ records: [{ reason: "undecodable" }] });
  return (await list()).records[0]!.id;
}
/** Proposes as the administrator and confirms as op-2. */
async function giveUp(service: string, id: string): Promise<void> {
  expect(await ruta("set-aside", service, id, "--reason-code", "unreadable", ...REASON, "--yes")).toMatchObject({
    code: 0,
  });
  expect(await command(["set-aside", service, id, ...REASON, "--yes"], second)).toMatchObject({ code: 0 });
}

test("a record that cannot be decided is given up by two persons, stays readable, and its sender and case are told", async () => {
  const caseId = newCaseId();
  const referral = referralId(caseId, 1);
  const actor = { institution: "casa", worker: "w-1", channel: Channel.WEBHOOK };
  const message = create(ReferralCommandSchema, {
    caseId,
    referralId: referral,
    actor,
    act: { case: "accept", value: {} },
  });
  const meta = { id: "nameless", source: "/ruta/gateway", type: "ruta.referral.accept", time: Date.now() };
  await append(encodeRecord(TOPICS.commands, caseId, message, meta));
  const id = await firstParked("router", caseId);
  const suggestion = "ruta parked records --service router";
  expect(await json("stuck")).toContainEqual(expect.objectContaining({ cause: "record-parked", suggestion }));
  expect((await ruta(...suggestion.split(" ").slice(1))).stdout).toContain(id);
  expect((await ruta("parked", "show", id)).stdout).toMatch(
    /id +router:[^]*reason +undecodable[^]*error +Error at[^]*ce_id +nameless[^]*act +accept/,
  );
  expect(await ruta("parked", "show", "nothing")).toMatchObject({ code: 2 });
  expect(await ruta("parked", "show", "router:ruta.access.v1:0:99")).toMatchObject({ code: 3 });

  expect(await ruta("set-aside", "router", id, ...REASON, "--yes")).toMatchObject({ code: 2 });
  const propose = ["set-aside", "router", id, "--reason-code", "undecidable", ...REASON];
  expect(await ruta(...propose)).toMatchObject({ code: 2, stderr: expect.stringMatching(/nameless[^]*--yes/) });
  expect(await ruta(...propose, "--yes")).toMatchObject({ code: 0 });
  expect(await ruta("set-aside", "router", id, ...REASON, "--yes")).toMatchObject({
    code: 3,
    stderr: expect.stringContaining("second-person"),
  });
  expect(await command([...propose, "--yes"], second)).toMatchObject({
    code: 3,
    stderr: expect.stringContaining("proposed-already"),
  });
  expect(await command(["set-aside", "router", id, ...REASON, "--yes"], second)).toMatchObject({
    code: 0,
    stdout: expect.stringContaining(caseId),
  });
  await expect.poll(() => told("casa", referral), SOON).toEqual(["set-aside"]);
  await expect.poll(() => shown(referral), SOON).toMatch(/ set-aside +hub/);
  expect(await json("parked", "records", "--key", caseId)).toMatchObject({ records: [] });
  expect(await json("parked", "records", "--set-aside")).toMatchObject({
    records: [{ id, state: "set-aside", proposal: { staff: "administrator", confirmedBy: "op-2" } }],
  });
  expect((await ruta("parked", "show", id)).stdout).toMatch(/act +accept/);
  expect(await command(["set-aside", "router", id, ...REASON, "--yes"], second)).toMatchObject({
    code: 3,
    stderr: expect.stringContaining("not-first"),
  });
});

test("an event that a fold cannot read is given up there, and the case goes on behind it", async () => {
  const caseId = newCaseId();
  const referral = referralId(caseId, 1);
  const usual = {
    caseId,
    referralId: referral,
    requester: "sender",
    performer: "casa",
    status: Status.ACCEPTED,
    priority: Priority.NORMAL,
    confidentiality: Confidentiality.NORMAL,
  };
  const meta = { id: "given-up", source: "/ruta/router", type: "ruta.referral.event", time: Date.now() };
  const event = (version: bigint, name: "received" | "accepted" | "started") =>
    encodeRecord(
      TOPICS.events,
      caseId,
      create(ReferralEventSchema, { ...usual, version, fact: { case: name, value: {} } as never }),
      { ...meta, id: `${caseId}-${version}` },
    );
  const nameless = { ...event(2n, "accepted"), headers: {} };
  await append(event(1n, "received"), nameless, event(3n, "started"));
  for (const service of ["gateway", "delivery"]) {
    const list = () => json<Listed>("parked", "records", "--service", service, "--key", caseId);
    const reasons = async () => (await list()).records.slice(0, 2).map(({ reason }) => reason);
    await expect.poll(reasons, SOON).toEqual(["undecodable", "waiting"]);
    const [first, waiting] = (await list()).records as [Listed["records"][number], Listed["records"][number]];
    expect(await ruta("set-aside", service, waiting.id, "--reason-code", "other", ...REASON, "--yes")).toMatchObject({
      code: 3,
      stderr: expect.stringContaining("not-first"),
    });
    await giveUp(service, first.id);
    await expect.poll(list, SOON).toMatchObject({ records: [] });
  }
  await expect.poll(() => shown(referral), SOON).toMatch(/received[^]*started/);
  await expect.poll(() => told("sender", referral), SOON).toEqual(["receive", "start"]);
});

test("a record that is mended is released by its id", async () => {
  const key = newCaseId();
  await append({ topic: TOPICS.commands, key, value: Buffer.from([255, 255, 255]), headers: { ce_id: "poison" } });
  const id = await firstParked("router", key);
  expect((await ruta("parked", "release", id, ...REASON)).stdout).toBe(`1 records of ${key} are processed again\n`);
  await giveUp("router", id);
  await expect.poll(() => json("parked", "records", "--key", key), SOON).toMatchObject({ records: [] });
});

test("who told an operator stands in clear in no topic, table, log line or metric", async () => {
  const text = await everything(city);
  expect(text).toContain("router.on-behalf.accept");
  for (const word of CANARY.split(" ")) expect(text.includes(word), word).toBe(false);
});
