// Corrections over real HTTP: section ids to whoever sent them, content as it stands now, who took note, and whose persons may be named.
import { ActorSchema, CauseSchema, Priority, Confidentiality, Status, TOPICS, create, eventId } from "@ruta/events";
import type { ReferralCommand } from "@ruta/events";
import { testLogs } from "@ruta/log/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { answer, familyRequest, smallRequest } from "./examples.ts";
import { Bed, SOON } from "./test-service.ts";
import type { Answered, Door, EventInit } from "./test-service.ts";

let bed: Bed;
let door: Door;
beforeAll(async () => {
  bed = await Bed.open(testLogs()[0]!);
  door = await bed.start();
});
afterAll(async () => bed?.close());

type Fact = NonNullable<NonNullable<EventInit>["fact"]>;

/** A case that this test tells in the place of the router: each event with the sections of the command that caused it. */
interface Told {
  readonly caseId: string;
  readonly referral: string;
  readonly persons: readonly string[];
  /** Tells the fact that the last command of an institution led to. */
  decide(fact: Fact, more?: EventInit): Promise<ReferralCommand>;
}

const get = (institution: string, referral: string, part = "") =>
  bed.read(door, institution, `/v1/referrals/${referral}${part}`);

async function family(): Promise<Told> {
  const { person } = familyRequest().data as { person: object };
  const data = { number: undefined, performer: "performer", person: { ...person, accused: ["other"] } };
  const { body } = await bed.send(door, "sender", familyRequest(data));
  const caseId = String(body.case);
  const persons = [String(body.person), ...(body.members as string[])];
  let version = 0;
  const usual = { requester: "sender", priority: Priority.URGENT, confidentiality: Confidentiality.NORMAL };
  const decide: Told["decide"] = async (fact, more = {}) => {
    const command = (await bed.messages(TOPICS.commands, caseId)).at(-1)!;
    const cause = create(CauseSchema, { commandId: command.commandId });
    const actor = create(ActorSchema, { institution: command.actor?.institution ?? "" });
    const { sections } = command;
    const event = { ...usual, performer: "performer", status: Status.REQUESTED, cause, actor, sections, fact, ...more };
    version += 1;
    await bed.tell(caseId, [event], version);
    return command;
  };
  const [personId = "", memberId = ""] = persons;
  const members = [{ personId: memberId, relation: "CHILD", ageBand: "5-11" }];
  const value = { serviceType: "ALO-FAM", personId, ageBand: "18-59", members };
  await decide({ case: "requested", value }, { performer: "" });
  await decide({ case: "addressed", value: {} }, { sections: [] });
  return { caseId, referral: String(body.referral), persons, decide };
}

async function accepted(): Promise<Told> {
  const told = await family();
  await expect.poll(async () => (await get("performer", told.referral)).status, SOON).toBe(200);
  const { referral } = told;
  const { status, text } = await bed.send(door, "performer", answer("accept", { referral, note: "Hay cupo." }));
  expect(status, text).toBe(202);
  await told.decide({ case: "accepted", value: {} }, { status: Status.ACCEPTED });
  return told;
}

/** The door's answer to a supplement, and the event that the router makes of it. */
async function supplement(told: Told, by: string, data: Record<string, unknown>, more: EventInit = {}) {
  const sent = await bed.send(door, by, answer("supplement", { referral: told.referral, ...data }));
  expect(sent.status, sent.text).toBe(202);
  const supersedes = (data.supersedes as string[] | undefined) ?? [];
  const fact: Fact = { case: "supplemented", value: { supersedes } };
  return told.decide(fact, { status: Status.ACCEPTED, ...more });
}

interface Person {
  readonly id: string;
  readonly sections: Record<string, string>;
  readonly additions?: Record<string, string>[];
}
const principal = ({ body }: Answered) => body.person as Person;
const notes = ({ body }: Answered) => body.notes as Record<string, string>[];

test("content names the section of each piece, and the history those of one's own acts", async () => {
  const { referral, persons } = await accepted();
  const seen = await get("sender", referral, "/content");
  expect(Object.keys(principal(seen).sections).toSorted()).toEqual(["identity", "narrative", "routing"]);
  expect(notes(seen)).toMatchObject([
    { act: "request", institution: "sender", section: expect.stringMatching(/^\w{26}$/) },
    { act: "accept", institution: "performer", note: "Hay cupo." },
  ]);
  const history = (await get("performer", referral)).body.history as { fact: string; added?: object[] }[];
  expect(history.map(({ fact, added }) => [fact, added?.length])).toEqual([
    ["requested", undefined],
    ["addressed", undefined],
    ["accepted", 1],
  ]);
  const own = ((await get("sender", referral)).body.history as { added?: object[] }[])[0];
  expect(own?.added).toContainEqual({
    section: principal(seen).sections.identity,
    kind: "identity",
    person: persons[0],
  });
});

test("a corrected identity is the only one that anyone is shown, until then open and after it acknowledged", async () => {
  const told = await accepted();
  const { referral, persons, caseId } = told;
  const before = await get("sender", referral, "/content");
  const { identity, routing } = principal(before).sections;
  const person = { id: persons[0], identity: { name: { given: "Yulimar" } }, ageBand: { absent: "unknown" } };
  const { commandId } = await supplement(told, "sender", { person, supersedes: [identity, routing] });
  for (const institution of ["sender", "performer"]) {
    const after = await get(institution, referral, "/content");
    expect(after.body.person).toMatchObject({
      identity: { name: { given: "Yulimar" } },
      ageBand: { absent: "unknown" },
      narrative: expect.stringContaining("Carcelén"),
    });
    expect(after.text).not.toMatch(/Yuleima|VEN|parish/);
    expect(principal(after).sections.identity).not.toBe(identity);
  }
  const id = eventId(commandId, 0);
  const open = { event: id, by: "sender", to: "performer", supersedes: [identity, routing], acknowledged: false };
  const state = await get("performer", referral);
  expect(state.body.supplements).toEqual([open]);
  expect((state.body.history as object[]).at(-1)).toMatchObject({
    fact: "supplemented",
    superseded: [identity, routing],
  });
  const { status } = await bed.send(door, "performer", answer("acknowledge-supplement", { referral, event: id }));
  expect(status).toBe(202);
  const noted = await told.decide({ case: "supplementAcknowledged", value: { eventId: id } });
  expect(noted.act).toMatchObject({ case: "acknowledgeSupplement", value: { eventId: id } });
  await expect
    .poll(async () => (await get("sender", referral)).body.supplements, SOON)
    .toEqual([{ ...open, acknowledged: true }]);
  // The evidence stays: what was superseded can still be opened by the hub.
  const [request] = await bed.messages(TOPICS.commands, caseId);
  const sealed = request!.sections.filter((section) => section.sectionId === identity);
  const [bytes] = await bed.seal.openSections(sealed);
  expect(Buffer.from(bytes!).toString()).toContain("Yuleima");
});

test("what a performer tells of a person stands beside the requester's narrative, and its own note is replaced", async () => {
  const told = await accepted();
  const { referral, persons } = told;
  const own = notes(await get("performer", referral, "/content")).find(({ act }) => act === "accept")?.section;
  const person = { id: persons[0], narrative: "Tiene una hermana en Quito." };
  await supplement(told, "performer", { person, note: "Hay cupo para dos.", supersedes: [own] });
  const seen = await get("sender", referral, "/content");
  expect(principal(seen)).toMatchObject({
    narrative: expect.stringContaining("Carcelén"),
    additions: [{ institution: "performer", narrative: "Tiene una hermana en Quito." }],
  });
  expect(notes(seen).map(({ note }) => note)).toEqual([expect.stringContaining("18h"), "Hay cupo para dos."]);
});

test("a successor shows its institution what was asked, once it serves", async () => {
  const told = await accepted();
  const second = `${told.caseId}-2`;
  const value = { serviceType: "ALO-FAM", personId: told.persons[0] ?? "", replaces: told.referral };
  const hub = { actor: create(ActorSchema, { institution: "hub" }), sections: [], referralId: second };
  await told.decide({ case: "requested", value }, { ...hub, performer: "" });
  const serving = { ...hub, performer: "university", status: Status.ACCEPTED };
  await told.decide({ case: "accepted", value: {} }, serving);
  await expect
    .poll(async () => (await get("university", second, "/content")).body.person, SOON)
    .toMatchObject({ identity: { name: { given: "Yuleima" } } });
  const { text } = await get("university", second, "/content");
  expect(text).not.toContain("Hay cupo");
});

test("a supplement names persons of the case or of one's receipts, and nobody else's", async () => {
  const told = await family();
  const stranger = await bed.send(door, "other", smallRequest());
  const { referral, persons } = told;
  const naming = (by: string, id: unknown) =>
    bed.send(door, by, answer("supplement", { referral, members: [{ id, narrative: "x" }] }));
  const none = { status: 404, body: { code: "person-not-found", field: "data.members.0.id" } };
  await expect.poll(async () => (await get("performer", referral)).status, SOON).toBe(200);
  expect(await naming("performer", stranger.body.person)).toMatchObject(none);
  expect(await naming("sender", stranger.body.person)).toMatchObject(none);
  expect(await naming("performer", persons[1])).toMatchObject({ status: 202 });
  expect(await naming("other", persons[1])).toMatchObject({ status: 404, body: { code: "referral-not-found" } });
  // The sender need not wait for the decision: the receipt says whom it may name.
  const { body } = await bed.send(door, "sender", smallRequest());
  const early = answer("supplement", { referral: body.referral, person: { id: body.person, sex: "female" } });
  expect(await bed.send(door, "sender", early)).toMatchObject({ status: 202 });
});

test("a supplement's codes are checked against the directory as a request's are", async () => {
  const { referral, persons } = await family();
  const person = { id: persons[0], territory: "atlantis" };
  expect(await bed.send(door, "sender", answer("supplement", { referral, person }))).toMatchObject({
    status: 422,
    body: { code: "unknown-territory", field: "data.person.territory" },
  });
});

test("each party reads which acts it may make now", async () => {
  const told = await family();
  const lists = { requesterMay: ["cancel", "supplement"], performerMay: ["accept", "reject"] };
  await told.decide({ case: "received", value: {} }, { ...lists, sections: [] });
  await expect.poll(async () => (await get("sender", told.referral)).body.may, SOON).toEqual(["cancel", "supplement"]);
  expect((await get("performer", told.referral)).body.may).toEqual(["accept", "reject"]);
});
