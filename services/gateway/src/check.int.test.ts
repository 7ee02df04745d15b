// Asking what would become of an act: the door's own refusals, the lifecycle's, and that nothing is recorded; and waiting for a decision.
import { Channel, Status, TOPICS, derivedId } from "@ruta/events";
import { testLogs } from "@ruta/log/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { LONGEST_WAIT_S, waitOf } from "./decision.ts";
import { PROBLEMS } from "./errors.ts";
import { answer, smallRequest } from "./examples.ts";
import type { Body } from "./examples.ts";
import { Bed, SOON, answered } from "./test-service.ts";
import type { Answered, Door } from "./test-service.ts";

let bed: Bed;
let door: Door;
beforeAll(async () => {
  bed = await Bed.open(testLogs()[0]!);
  door = await bed.start();
});
afterAll(async () => bed?.close());

async function post(path: string, institution: string, event: Body, headers: Record<string, string> = {}, id?: string) {
  const body = Buffer.from(JSON.stringify(event));
  const signed = bed.signed(institution, body, id);
  const init = { method: "POST", headers: { ...signed, "content-type": "application/json", ...headers }, body };
  return answered(await fetch(`${door.url}${path}`, init));
}
const check = (institution: string, event: Body, id?: string): Promise<Answered> =>
  post(`/v1/in/${institution}/check`, institution, event, {}, id);

test("a request that would be taken is said to be, and nothing is recorded", async () => {
  const before = (await bed.records(TOPICS.commands)).length;
  const asked = await check("sender", smallRequest({ number: "checked" }), "checked");
  expect(asked).toMatchObject({ status: 200, body: { act: "request", would: "taken" } });
  expect(await bed.records(TOPICS.commands)).toHaveLength(before);
  expect((await post("/v1/in/sender", "sender", smallRequest({ number: "checked" }), {}, "checked")).status).toBe(202);
  const again = await check("sender", smallRequest({ number: "checked" }), "checked");
  expect(again.body).toEqual({ act: "request", would: "repeat" });
});

test("whatever the door refuses, the check refuses with the same code", async () => {
  expect((await check("sender", smallRequest({ priority: "soon" }))).body).toMatchObject({ code: "invalid-field" });
  expect((await check("sender", smallRequest({ serviceType: "NO-SUCH" }))).body.code).toBe("unknown-service-type");
  expect((await check("sender", answer("accept"))).body.code).toBe("referral-not-found");
  await post("/v1/in/sender", "sender", smallRequest({ number: "double" }));
  const other = await check("sender", smallRequest({ number: "double", priority: "normal" }));
  expect(other).toMatchObject({ status: 409, body: { code: "number-reused" } });
  const unsigned = await fetch(`${door.url}/v1/in/sender/check`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(smallRequest()),
  });
  expect(unsigned.status).toBe(401);
});

async function requested(): Promise<{ referral: string; caseId: string }> {
  const taken = await post("/v1/in/sender", "sender", smallRequest({ performer: "performer" }));
  return { referral: String(taken.body.referral), caseId: String(taken.body.case) };
}

test("an act that the referral does not take now is refused with those that it does", async () => {
  const { referral, caseId } = await requested();
  const parties = { requester: "sender", performer: "performer", status: Status.REQUESTED, performerMay: ["accept"] };
  await bed.tell(caseId, [
    { ...parties, fact: { case: "requested", value: { serviceType: "ALO-FAM" } } },
    { ...parties, fact: { case: "addressed", value: {} } },
  ]);
  await expect
    .poll(() => check("performer", answer("accept", { referral })), SOON)
    .toMatchObject({
      status: 200,
      body: { act: "accept", would: "taken", may: ["accept"] },
    });
  const early = await check("performer", answer("start", { referral }));
  expect(early).toMatchObject({ status: 409, body: { code: "not-possible-now", may: ["accept"] } });
  expect(early.body.remedy).toBe(PROBLEMS["not-possible-now"].remedy);
});

test("Prefer: wait brings the decision when it is known in time, and says so", async () => {
  const sending = post("/v1/in/sender", "sender", smallRequest(), { prefer: "wait=10" }, "preferred");
  const commandId = derivedId("command", "sender", "preferred");
  const record = await expect
    .poll(async () => (await bed.records(TOPICS.commands)).find(({ headers }) => headers.ce_id === commandId), SOON)
    .toBeDefined()
    .then(async () => (await bed.records(TOPICS.commands)).find(({ headers }) => headers.ce_id === commandId)!);
  const common = { requester: "sender", status: Status.REQUESTED, cause: { commandId } };
  await bed.tell(record.key, [
    { ...common, fact: { case: "requested", value: { serviceType: "ALO-FAM" } } },
    {
      ...common,
      performer: "performer",
      actor: { institution: "hub", channel: Channel.HUB },
      fact: { case: "addressed", value: {} },
    },
  ]);
  const taken = await sending;
  expect(taken.status).toBe(202);
  expect(taken.headers.get("preference-applied")).toBe("wait=10");
  expect(taken.body.decision).toEqual({
    facts: ["requested", "addressed"],
    status: "requested",
    performer: "performer",
  });
});

test("a refusal after the 202 comes with its code and remedy; nothing decided in time leaves the decision out", async () => {
  const none = await post("/v1/in/sender", "sender", smallRequest(), { prefer: "respond-async, wait=0" }, "hasty");
  expect(none).toMatchObject({ status: 202, body: { receipt: { webhookId: "hasty" } } });
  expect(none.body).not.toHaveProperty("decision");
  const commandId = derivedId("command", "sender", "hasty");
  await bed.tell(String(none.body.case), [
    {
      cause: { commandId },
      fact: { case: "refused", value: { commandId, code: "case-exists", institution: "sender" } },
    },
  ]);
  const again = await post("/v1/in/sender", "sender", smallRequest(), { prefer: "wait=10" }, "hasty");
  expect(again.body.decision).toMatchObject({ facts: ["refused"], refusal: { code: "case-exists" } });
  expect((again.body.decision as { refusal: { remedy: string } }).refusal.remedy).not.toBe("");
});

test.each([
  ["wait=5", 5],
  ['respond-async, WAIT="3"; strict', 3],
  ["wait=999999", LONGEST_WAIT_S],
  ["wait=soon", undefined],
  ["wait=-1", undefined],
  ["", undefined],
  [undefined, undefined],
])("Prefer %j waits %s s", (header, expected) => {
  expect(waitOf(header)).toBe(expected);
});
