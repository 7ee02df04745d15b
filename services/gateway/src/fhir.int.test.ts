// FHIR through the door on real servers: a request, its answer, and the referral read as FHIR say the same; all of a body or nothing.
import { Priority, Status, TOPICS, decodeRecord, derivedId } from "@ruta/events";
import { REFERRAL, answerTask, bundle, fillerNumber, r4Faults, requestBundle, requestParts } from "@ruta/fhir/testing";
import { testLogs } from "@ruta/log/testing";
import { verifyReceipt } from "@ruta/proof";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { actsOf, commandOf, decideRequest, readFhir, sendFhir } from "./test-fhir.ts";
import { Bed, SOON, answered } from "./test-service.ts";
import type { Answered, Door, EventInit } from "./test-service.ts";

type Json = Record<string, unknown>;

let bed: Bed;
let door: Door;
let second: Door;
beforeAll(async () => {
  bed = await Bed.open(testLogs()[0]!);
  [door, second] = await Promise.all([bed.start(), bed.start()]);
});
afterAll(async () => bed?.close());

const send = (body: unknown, id?: string, institution = "sender") =>
  sendFhir(bed, door, institution, body, id === undefined ? {} : { id });
const resources = ({ body }: Answered): Json[] => (body.entry as Json[]).map(({ resource }) => resource as Json);

describe("a request as FHIR", () => {
  test("is a command with its codes, answered by Parameters with a receipt that verifies", async () => {
    const text = JSON.stringify(requestBundle("F-1"));
    const answer = await send(text, "fhir-1");
    expect(answer.status, answer.text).toBe(202);
    expect(answer.headers.get("content-type")).toMatch(/^application\/fhir\+json/);
    expect(r4Faults(answer.body)).toEqual([]);
    const [act, ...more] = actsOf(answer);
    expect(more).toEqual([]);
    expect(act).toMatchObject({ act: "request", "webhook-id": "fhir-1", expression: "Bundle.entry[0].resource" });
    const receipt: unknown = JSON.parse(act!.receipt!);
    expect(verifyReceipt(receipt, [bed.signing.publicKey], Buffer.from(text))).toMatchObject({
      ok: true,
      body: "matches",
    });
    expect(receipt).toMatchObject({ institution: "sender", webhookId: "fhir-1", referralId: act!.referral });
    expect(await commandOf(bed, act!.case!, "request")).toMatchObject({
      commandId: derivedId("command", "sender", "fhir-1"),
      actor: { institution: "sender", worker: "w-7" },
      act: {
        value: {
          serviceType: "ALO-FAM",
          priority: Priority.URGENT,
          performer: "performer",
          serviceId: "lodging",
          reasonCode: "SP",
          placerNumber: "F-1",
          ageBand: "18-59",
          consent: { recipients: ["performer"], recipientClass: "municipal", givenOn: "2026-11-22", evidence: "F-12" },
          members: [{ relation: "CHILD", ageBand: "5-11" }],
        },
      },
    });
  });

  test("goes out as FHIR saying the same, and its answers come in by our id, by Task.id and by the performer's number", async () => {
    const [act] = actsOf(await send(requestBundle("F-2")));
    const { referral, case: caseId } = act as { referral: string; case: string };
    await decideRequest(bed, await commandOf(bed, caseId, "request"));
    const asked = await readFhir(bed, door, "performer", referral);
    expect(r4Faults(asked.body)).toEqual([]);
    const [task, request] = resources(asked) as [Json, Json];
    expect(task).toMatchObject({
      id: referral,
      status: "requested",
      intent: "order",
      priority: "urgent",
      meta: { security: [{ code: "R" }] },
      businessStatus: { coding: [{ code: "2.0" }] },
      authoredOn: "2026-11-20T15:00:00.000Z",
      requester: { identifier: { value: "sender" } },
      owner: { identifier: { value: "performer" } },
    });
    expect(request).toMatchObject({
      status: "active",
      code: { coding: [{ code: "ALO-FAM" }] },
      reasonCode: [{ coding: [{ code: "SP" }] }],
    });
    const own = await readFhir(bed, door, "sender", referral);
    expect(JSON.stringify(resources(own)[0])).toContain('"F-2"');
    expect(asked.text).not.toContain('"F-2"');

    // The performer sends the very Bundle back, with its status, its number and its worker.
    const owner = { type: "PractitionerRole", identifier: { value: "op-7" } };
    const identifier = [...(task.identifier as Json[]), fillerNumber("B-4")];
    const accepted = { ...task, status: "accepted", businessStatus: undefined, owner, identifier };
    const back = {
      ...asked.body,
      entry: [{ fullUrl: firstUrl(asked), resource: accepted }, (asked.body.entry as Json[])[1]],
    };
    const answer = await send(back, undefined, "performer");
    expect(answer.status, answer.text).toBe(202);
    const command = await commandOf(bed, caseId, "accept");
    expect(command).toMatchObject({ actor: { worker: "op-7" }, act: { value: { fillerNumber: "B-4" } } });
    expect(command.sections.map(({ kind }) => kind)).toHaveLength(1);
    const standing: EventInit = { requester: "sender", performer: "performer", priority: Priority.URGENT };
    const accept: EventInit = {
      ...standing,
      status: Status.ACCEPTED,
      fact: { case: "accepted", value: { fillerNumber: "B-4" } },
    };
    await bed.tell(caseId, [accept], 3);
    const start = answerTask("in-progress", "5.1", { identifier: [fillerNumber("B-4")] });
    const started = await send(start, "start", "performer");
    expect(actsOf(started)).toMatchObject([{ act: "start", referral }]);
    // On hold by now, the same Task would be another act; its repeat is still the first one.
    const held: EventInit = {
      ...standing,
      status: Status.ON_HOLD,
      fact: { case: "held", value: { reasonCode: "waitlist" } },
    };
    await bed.tell(caseId, [held], 4);
    await vi.waitFor(async () => expect((await send(start, undefined, "performer")).text).toContain('"resume"'), SOON);
    expect((await send(start, "start", "performer")).text).toBe(started.text);
    const cancelled = await send(
      answerTask("in-progress", "5.2", {
        identifier: (requestParts("F-2").task.identifier as Json[]).slice(0, 1),
        statusReason: { text: "Ya tiene dónde" },
      }),
    );
    expect(actsOf(cancelled)).toMatchObject([{ act: "cancel", referral }]);
  });

  test("is not decided yet: GET says requested, and its sender can name it by its number at once", async () => {
    const [act] = actsOf(await send(requestBundle("F-3")));
    const answer = await bed.read(door, "sender", `/v1/referrals/${act!.referral}`, {
      accept: "application/fhir+json",
    });
    expect(answer.status).toBe(200);
    expect(r4Faults(answer.body)).toEqual([]);
    expect(resources(answer)[0]).toMatchObject({ status: "requested" });
    const cancel = answerTask("cancelled", "6.0", {
      identifier: requestParts("F-3").task.identifier,
      statusReason: { text: "x" },
    });
    expect(actsOf(await send(cancel))).toMatchObject([{ act: "cancel", referral: act!.referral }]);
  });
});

function firstUrl({ body }: Answered): unknown {
  return (body.entry as Json[])[0]?.fullUrl;
}

describe("a body with several acts", () => {
  const two = (a: string, b: string, more: Json = {}) => {
    const one = requestParts(a);
    const task = { ...requestParts(b).task, id: "t2", focus: { reference: "ServiceRequest/s2" } };
    return bundle("transaction", { ...one, task2: task, request2: { ...one.request, id: "s2", ...more } });
  };

  test("is taken whole: the first under the webhook-id, the second under #2, and again the same answer", async () => {
    const body = two("T-1", "T-2");
    const answer = await send(body, "twice");
    expect(answer.status, answer.text).toBe(202);
    expect(actsOf(answer).map((act) => act["webhook-id"])).toEqual(["twice", "twice#2"]);
    expect(new Set(actsOf(answer).map((act) => act.case)).size).toBe(2);
    expect((await sendFhir(bed, second, "sender", body, { id: "twice" })).text).toBe(answer.text);
    expect(await send(two("T-1", "T-3"), "twice")).toMatchObject({ status: 422 });
  });

  test("is refused whole, naming the element, when one of them is wrong; nothing of it is recorded", async () => {
    const before = (await bed.records(TOPICS.commands)).length;
    const wrong = two("T-4", "T-5", { code: { coding: [{ system: "urn:ruta:service-type", code: "NONE" }] } });
    const answer = await send(wrong, "half");
    expect(answer).toMatchObject({ status: 422, body: { resourceType: "OperationOutcome" } });
    expect(answer.body).toMatchObject({
      issue: [
        {
          details: { coding: [{ code: "unknown-service-type" }] },
          expression: ["Bundle.entry[7].resource.code"],
        },
      ],
    });
    expect(r4Faults(answer.body)).toEqual([]);
    expect((await bed.records(TOPICS.commands)).length).toBe(before);
    // The webhook-id is still free: what was refused was never taken.
    expect((await send(two("T-4", "T-5"), "half")).status).toBe(202);
  });

  test("many at once at two gateways under one webhook-id make its acts once", async () => {
    const body = two("T-6", "T-7");
    const doors = Array.from({ length: 10 }, (_, i) => (i % 2 === 0 ? door : second));
    const all = () => Promise.all(doors.map((one) => sendFhir(bed, one, "sender", body, { id: "race" })));
    const answers = [...(await all()), ...(await all())];
    const taken = answers.filter(({ status }) => status === 202);
    expect(new Set(taken.map(({ text }) => text)).size).toBe(1);
    for (const { status, body: refused } of answers.filter(({ status }) => status !== 202))
      expect([status, refused]).toMatchObject([409, { issue: [{ details: { coding: [{ code: "still-running" }] } }] }]);
    for (const act of actsOf(taken[0]!)) expect(await bed.records(TOPICS.commands, act.case)).toHaveLength(1);
  });

  test("of two bodies that share a number and differ, sent at once to two gateways, one is taken and nothing of the other", async () => {
    const rounds = Array.from({ length: 8 }, (_, i) => ({ shared: `S-${i}`, first: `P-${i}`, second: `Q-${i}` }));
    const race = async ({ shared, first, second: other }: (typeof rounds)[number]): Promise<number[]> => {
      const bodies = [two(first, shared), two(other, shared, { priority: "stat" })] as const;
      const [one, another] = await Promise.all([
        settled(door, bodies[0], `race-${first}`),
        settled(second, bodies[1], `race-${other}`),
      ]);
      return [one.status, another.status];
    };
    const statuses = await Promise.all(rounds.map(race));
    for (const pair of statuses) expect([[202, 409].join(), [409, 202].join()]).toContain(pair.join());
    const requested = (await bed.records(TOPICS.commands)).flatMap(({ value }) => {
      const { act } = decodeRecord(TOPICS.commands, value);
      return act.case === "request" ? [act.value.placerNumber] : [];
    });
    const count = (number: string): number => requested.filter((each) => each === number).length;
    for (const [index, { shared, first, second: other }] of rounds.entries()) {
      const [won, lost] = statuses[index]?.[0] === 202 ? [first, other] : [other, first];
      expect([count(shared), count(won), count(lost)], shared).toEqual([1, 1, 0]);
    }
  });

  /** The answer once nothing of it is being taken any more. */
  async function settled(at: Door, body: unknown, id: string): Promise<Answered> {
    return vi.waitFor(async () => {
      const answer = await sendFhir(bed, at, "sender", body, { id });
      expect(answer.text).not.toContain("still-running");
      return answer;
    }, SOON);
  }
});

test("what is no referral is left alone, and the answer says so; with no act nothing is promised", async () => {
  const goal = { resourceType: "Goal", id: "g1" };
  const answer = await send(bundle("collection", { ...requestParts("L-1"), goal }));
  expect(answer.status).toBe(202);
  expect(answer.text).toContain("Bundle.entry[6].resource");
  const nothing = await send(bundle("collection", { goal }));
  expect(nothing).toMatchObject({ status: 200 });
  expect(actsOf(nothing)).toEqual([]);
  expect(r4Faults(nothing.body)).toEqual([]);
});

test("the CapabilityStatement is valid FHIR, needs no token, and names what is taken", async () => {
  const answer = await answered(await fetch(`${door.url}/fhir/metadata`));
  expect(answer.status).toBe(200);
  expect(r4Faults(answer.body)).toEqual([]);
  expect(answer.body).toMatchObject({ fhirVersion: "4.0.1", format: ["json"] });
});

test("GET answers in the form that is asked for, and refuses others; its refusals in FHIR are OperationOutcomes", async () => {
  const [act] = actsOf(await send(requestBundle("G-1")));
  const path = `/v1/referrals/${act!.referral}`;
  const read = (accept: string, at = path) => bed.read(door, "sender", at, { accept });
  expect((await read("*/*")).body).toMatchObject({ referral: act!.referral });
  expect((await read("application/fhir+json; fhirVersion=4.0, application/json;q=0.5")).body).toMatchObject({
    resourceType: "Bundle",
  });
  expect(await read("text/html")).toMatchObject({ status: 406, body: { code: "not-acceptable" } });
  expect(await read("application/fhir+xml")).toMatchObject({ status: 406 });
  const none = await read("application/fhir+json", `/v1/referrals/${REFERRAL}`);
  expect(none).toMatchObject({ status: 404, body: { resourceType: "OperationOutcome" } });
  expect(none.headers.get("content-type")).toMatch(/^application\/fhir\+json/);
});
