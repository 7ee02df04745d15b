// Rehearsals at the door and in the view: their number stays free, a repeat gets the first answer, and no figure counts them.
import { sql } from "@ruta/db";
import { Confidentiality, Priority, Status, TOPICS } from "@ruta/events";
import { testLogs } from "@ruta/log/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { familyRequest, smallRequest } from "./examples.ts";
import { Bed, SOON } from "./test-service.ts";
import type { Door, EventInit } from "./test-service.ts";

let bed: Bed;
let door: Door;
beforeAll(async () => {
  bed = await Bed.open(testLogs()[0]!);
  door = await bed.start();
});
afterAll(async () => bed?.close());

const send = (data: Record<string, unknown>, id?: string) => bed.send(door, "sender", smallRequest(data), id);
const admin = async (path: string) => {
  const { statusCode, body } = await door.admin.inject({ url: `/admin/gateway/${path}` });
  expect(statusCode, body).toBe(200);
  return JSON.parse(body) as Record<string, Record<string, unknown>[]>;
};

/** What the router would decide of a request, up to an acceptance. */
function decided(rehearsal: string, persons: readonly string[] = []): EventInit[] {
  const usual = {
    rehearsal,
    requester: "sender",
    priority: Priority.URGENT,
    confidentiality: Confidentiality.NORMAL,
    status: Status.REQUESTED,
  };
  const chosen = rehearsal === "" ? { performer: "performer" } : { performer: "rehearsal" };
  const late = { expectation: { institution: chosen.performer, acts: ["receive"], until: { seconds: 1n } } };
  const [personId = ""] = persons;
  const candidates = [{ institution: "performer", serviceId: "lodging", eligible: true }];
  const addressed = { candidates, chosenBy: "chosen-by-hub", rehearsedAs: rehearsal === "" ? "" : "performer" };
  return [
    { ...usual, fact: { case: "requested", value: { serviceType: "ALO-FAM", personId } } },
    { ...usual, ...chosen, ...late, fact: { case: "addressed", value: addressed } },
    { ...usual, ...chosen, ...late, status: Status.ACCEPTED, fact: { case: "accepted", value: {} } },
  ];
}

test("a rehearsal is answered as one, and its repeat gets the first answer again", async () => {
  const first = await send({ number: "R-1", rehearsal: "complete" }, "rehearsed");
  expect(first).toMatchObject({ status: 202, body: { rehearsal: true } });
  const again = await send({ number: "R-1", rehearsal: "complete" }, "rehearsed");
  expect(again).toMatchObject({ status: 202, body: first.body });
  const [command, ...others] = await bed.messages(TOPICS.commands, String(first.body.case));
  expect(command?.act.value).toMatchObject({ rehearsal: "complete", placerNumber: "R-1" });
  expect(others).toEqual([]);
  expect((await send({ number: "R-1", rehearsal: "silent" }, "rehearsed")).body).toMatchObject({
    code: "webhook-id-reused",
  });
});

test("it takes no number: neither another rehearsal nor the real referral is kept from it, and it is not kept from theirs", async () => {
  const rehearsed = [
    await send({ number: "R-2", rehearsal: "complete" }),
    await send({ number: "R-2", rehearsal: "reject" }),
  ];
  const real = await send({ number: "R-2" });
  expect(real.status).toBe(202);
  expect(real.body).not.toHaveProperty("rehearsal");
  rehearsed.push(await send({ number: "R-2", rehearsal: "silent" }));
  for (const { status } of rehearsed) expect(status).toBe(202);
  expect(new Set([real, ...rehearsed].map(({ body }) => body.case)).size).toBe(4);
  // The real one holds it.
  expect((await send({ number: "R-2", priority: "normal" })).body.code).toBe("number-reused");
  expect((await send({ number: "R-2" })).body.case).toBe(real.body.case);
});

test.each(["slow", "", "Complete", true, null, [["complete"]], {}])(
  "a rehearsal of %j is refused at its field",
  async (rehearsal) => {
    const { status, body } = await send({ rehearsal });
    expect(status).toBe(400);
    expect(body).toMatchObject({ code: "invalid-field", field: "data.rehearsal" });
  },
);

test("nothing but a request can be a rehearsal, and none can be addressed to the counterpart", async () => {
  const event = { ...smallRequest(), type: "ruta.referral.cancel" };
  const data = { referral: "0123456789abcdefghjkmnpqrs-1", worker: "op-1", reasonCode: "other", rehearsal: "complete" };
  expect((await bed.send(door, "sender", { ...event, data })).body).toMatchObject({
    code: "unknown-field",
    field: "data.rehearsal",
  });
  expect((await send({ performer: "rehearsal", rehearsal: "complete" })).body.code).toBe("unknown-institution");
});

test("it is marked wherever its sender or an operator sees it, and counted nowhere", async () => {
  const { person: family } = familyRequest().data as { person: object };
  const data = { performer: undefined, person: { ...family, accused: [] }, rehearsal: "complete" };
  const { body, text } = await bed.send(door, "sender", familyRequest(data));
  expect(body.rehearsal, text).toBe(true);
  const { referral, case: caseId, person } = body as Record<string, string>;
  const counts = await admin("summary");
  await bed.tell(caseId!, decided("complete", [person!]));
  const path = `/v1/referrals/${referral}`;
  await expect
    .poll(async () => (await bed.read(door, "sender", path)).body, SOON)
    .toMatchObject({
      rehearsal: true,
      status: "accepted",
      performer: "rehearsal",
      history: [{ fact: "requested" }, { fact: "addressed", rehearsedAs: "performer" }, { fact: "accepted" }],
    });
  const own = (await bed.read(door, "sender", "/v1/referrals")).body.referrals as object[];
  expect(own).toEqual([expect.objectContaining({ referral, rehearsal: true })]);
  for (const other of ["performer", "other"])
    expect(await bed.read(door, other, path)).toMatchObject({ status: 404, body: { code: "referral-not-found" } });
  // The counterpart has learned of nobody: persons are named by those who served them.
  const known = await bed.db.query(sql`select institution from gateway.known_person where person_id = ${person}`);
  expect(known).toEqual([{ institution: "sender" }]);
  expect(await admin("summary")).toEqual(counts);
  expect((await admin("referrals")).referrals).toEqual([]);
  expect((await admin("referrals?overdue=true")).referrals).toEqual([]);
  expect((await admin("referrals?rehearsals=true")).referrals).toMatchObject([{ referral, rehearsal: true }]);
  expect(await admin(`referrals/${referral}`)).toMatchObject({ rehearsal: true, steps: [{}, { rehearsal: true }, {}] });
  expect((await admin(`referrals/${referral}/choices`)).choices).toMatchObject([
    { performer: "performer", rehearsal: true, candidates: [{ institution: "performer", chosen: true }] },
  ]);
});

test("a real referral beside it is counted, and carries no mark", async () => {
  const { body } = await send({});
  await bed.tell(String(body.case), decided(""));
  const path = `/v1/referrals/${String(body.referral)}`;
  await expect
    .poll(async () => (await bed.read(door, "sender", path)).body, SOON)
    .toMatchObject({ status: "accepted" });
  expect((await bed.read(door, "sender", path)).text).not.toContain("rehears");
  expect(await admin("summary")).toMatchObject({ open: { accepted: 1 }, changedLastHour: 1, overdue: 1 });
  expect((await admin("referrals?overdue=true")).referrals).toHaveLength(1);
});
