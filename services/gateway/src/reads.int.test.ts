// Reads over real HTTP: state and history, pages, content by the disclosure table, the directory, keys, and the API itself.
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { AccessTokenSchema, Confidentiality, Priority, Status, TOPICS, create, newCaseId } from "@ruta/events";
import type { Confidentiality as Class, Section } from "@ruta/events";
import { testLogs } from "@ruta/log/testing";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { answer, familyRequest, smallRequest } from "./examples.ts";
import { Bed, SOON, answered } from "./test-service.ts";
import type { Answered, Door, EventInit } from "./test-service.ts";

let bed: Bed;
let door: Door;
beforeAll(async () => {
  bed = await Bed.open(testLogs()[0]!);
  door = await bed.start();
});
afterAll(async () => bed?.close());

const get = (institution: string, path: string) => bed.read(door, institution, path);

/** What a case is about. */
interface Told {
  readonly performer?: string;
  readonly status?: Status;
  readonly clearance?: Class;
  readonly sections?: Section[];
  readonly persons?: readonly string[];
}

function events({ performer = "performer", status, clearance, sections = [], persons = [] }: Told): EventInit[] {
  const [personId = "", memberId = ""] = persons;
  const usual = {
    requester: "sender",
    priority: Priority.URGENT,
    confidentiality: clearance ?? Confidentiality.NORMAL,
  };
  const members = memberId === "" ? [] : [{ personId: memberId, relation: "CHILD", ageBand: "5-11" }];
  const value = { serviceType: "ALO-FAM", reasonCode: "SP", placerNumber: "A-17", personId, ageBand: "18-59", members };
  const requested: EventInit = { ...usual, status: Status.REQUESTED, fact: { case: "requested", value }, sections };
  const candidates = [{ institution: performer, eligible: true, criteria: [{ name: "territory", met: true }] }];
  const addressed: EventInit = {
    ...usual,
    performer,
    status: Status.REQUESTED,
    expectation: { institution: performer, acts: ["accept", "reject"], until: timestampFromMs(Date.now() + 60_000) },
    fact: { case: "addressed", value: { serviceId: "lodging", candidates, chosenBy: "addressed-by-sender" } },
  };
  if (status === undefined) return [requested, addressed];
  const accepted: EventInit = {
    ...usual,
    performer,
    status,
    fact: { case: "accepted", value: { fillerNumber: "EXP-1" } },
  };
  return [requested, addressed, accepted];
}

/** A family's request at the door, then what the router would have decided of it. */
async function familyCase(told: Told): Promise<{ referral: string; caseId: string; persons: string[] }> {
  const { performer = "performer" } = told;
  const { person } = familyRequest().data as { person: object };
  const data = { number: undefined, performer, person: { ...person, accused: ["other"] } };
  const { status, text, body } = await bed.send(door, "sender", familyRequest(data));
  expect(status, text).toBe(202);
  const caseId = String(body.case);
  const [command] = await bed.messages(TOPICS.commands, caseId);
  const persons = [String(body.person), ...(body.members as string[])];
  await bed.tell(caseId, events({ ...told, persons, sections: command!.sections }));
  return { referral: String(body.referral), caseId, persons };
}

describe("one referral", () => {
  test("is submitted until it is decided, then has state, history and what is expected of whom", async () => {
    const { body } = await bed.send(door, "sender", smallRequest());
    const path = `/v1/referrals/${String(body.referral)}`;
    expect(await get("sender", path)).toMatchObject({ status: 200, body: { status: "submitted", role: "requester" } });
    await bed.tell(String(body.case), events({}));
    await expect
      .poll(async () => (await get("sender", path)).body, SOON)
      .toMatchObject({
        status: "requested",
        businessStatus: { code: expect.any(String) },
        priority: "urgent",
        number: "A-17",
        expected: { institution: "performer", acts: ["accept", "reject"], until: expect.stringMatching(/Z$/) },
        history: [
          { version: 1, fact: "requested" },
          { version: 2, fact: "addressed", candidates: [{ institution: "performer", notMet: [] }] },
        ],
      });
    const seen = await get("performer", path);
    expect(seen.body).toMatchObject({ role: "performer", serviceType: "ALO-FAM" });
    expect(JSON.stringify(seen.body)).not.toMatch(/A-17|candidates/);
  });

  test("is not there for anyone else, nor is one that never was", async () => {
    const { referral } = await familyCase({});
    const none = { status: 404, body: { code: "referral-not-found" } };
    expect(await get("other", `/v1/referrals/${referral}`)).toMatchObject(none);
    expect(await get("other", `/v1/referrals/${referral}/content`)).toMatchObject(none);
    expect(await get("sender", `/v1/referrals/${newCaseId()}-1`)).toMatchObject(none);
    expect(await get("sender", "/v1/referrals/none")).toMatchObject(none);
  });

  test("shows refusals to whoever sent the refused act, with the remedy of the published list", async () => {
    const { referral, caseId } = await familyCase({});
    const refused = {
      commandId: "c-1",
      act: "start",
      code: "not-accepted",
      institution: "performer",
      webhookId: "w-1",
    };
    await bed.tell(
      caseId,
      [{ requester: "sender", performer: "performer", fact: { case: "refused", value: refused } }],
      3,
    );
    await expect
      .poll(async () => (await get("performer", `/v1/referrals/${referral}`)).body.refusals, SOON)
      .toMatchObject([
        { act: "start", code: "not-accepted", webhookId: "w-1", remedy: expect.stringMatching(/^Accept/) },
      ]);
    expect((await get("sender", `/v1/referrals/${referral}`)).body.refusals).toEqual([]);
  });

  test("that the view cannot know yet is answered by 503 with Retry-After, not by 404", async () => {
    const stuck = newCaseId();
    // A version that does not follow parks the case; the view says no more of anything behind it in its partition than it knows.
    const late = await Bed.open(testLogs()[0]!);
    const one = await late.start();
    await one.service.engine.stop();
    await late.tell(stuck, events({}));
    const found = await late.read(one, "sender", `/v1/referrals/${stuck}-1`);
    expect(found).toMatchObject({ status: 503, body: { code: "not-caught-up" } });
    expect(found.headers.get("retry-after")).toBe("2");
    await late.close();
  });
});

describe("lists", () => {
  test("are filtered by state, role and time, and show class V to nobody but as existing", async () => {
    const [open, hidden] = [newCaseId(), newCaseId()];
    const before = new Date().toISOString();
    await bed.tell(open, events({ performer: "university", status: Status.ACCEPTED }));
    await bed.tell(hidden, events({ performer: "university", clearance: Confidentiality.VERY_RESTRICTED }));
    const list = async (query: string) =>
      (await get("university", `/v1/referrals?${query}`)).body.referrals as object[];
    await expect.poll(() => list(""), SOON).toHaveLength(2);
    expect(await list("state=accepted")).toMatchObject([{ case: open, serviceType: "ALO-FAM", status: "accepted" }]);
    expect(await list("role=requester")).toEqual([]);
    expect(await list(`since=${encodeURIComponent(before)}`)).toHaveLength(2);
    expect(await list(`since=${encodeURIComponent("2999-01-01T00:00:00Z")}`)).toEqual([]);
    const opaque = (await list("")).find((row) => (row as { case: string }).case === hidden);
    expect(opaque).toMatchObject({ confidentiality: "V" });
    expect(JSON.stringify(opaque)).not.toMatch(/ALO-FAM|urgent/);
  });

  test("in pages give each referral once, whatever the size of a page", async () => {
    const cases = Array.from({ length: 12 }, () => newCaseId());
    for (const caseId of cases) await bed.tell(caseId, events({ performer: "hostal" }));
    const page = async (query: string) => (await get("hostal", `/v1/referrals?${query}`)).body;
    await expect.poll(async () => ((await page("limit=200")).referrals as object[]).length, SOON).toBe(12);
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 13 }), async (limit) => {
        const seen: string[] = [];
        for (let cursor = ""; ;) {
          const { referrals, next } = await page(`limit=${limit}${cursor && `&cursor=${cursor}`}`);
          seen.push(...(referrals as { case: string }[]).map((row) => row.case));
          if (next === undefined) break;
          cursor = next as string;
        }
        expect(seen.toSorted()).toEqual(cases.toSorted());
      }),
      { numRuns: 8 },
    );
  });
});

describe("content", () => {
  const content = async (institution: string, referral: string): Promise<Answered> =>
    get(institution, `/v1/referrals/${referral}/content`);

  test("before acceptance is needs, ages, household and territory; after it identity and narrative, and each opening is on record", async () => {
    const before = await familyCase({});
    const asked = await content("performer", before.referral);
    expect(asked.body).toMatchObject({
      serviceType: "ALO-FAM",
      reasonCode: "SP",
      person: { id: before.persons[0], ageBand: "18-59", territory: "parish-calderon" },
      members: [{ relation: "CHILD", ageBand: "5-11" }],
    });
    expect(asked.text).not.toMatch(/Yuleima|Maikelys|VEN|Carcelén|accused|female/);
    expect(await bed.messages(TOPICS.access, before.caseId)).toEqual([]);

    const after = await familyCase({ status: Status.ACCEPTED });
    const opened = await content("performer", after.referral);
    expect(opened.body).toMatchObject({
      person: {
        identity: { name: { given: "Yuleima" } },
        narrative: expect.stringContaining("Carcelén"),
        sex: "female",
      },
      members: [{ identity: { name: { given: "Maikelys" } } }],
      notes: [{ act: "request", note: expect.stringContaining("18h") }],
    });
    expect(opened.text).not.toMatch(/accused/);
    const [record, ...more] = await bed.messages(TOPICS.access, after.caseId);
    expect(more).toEqual([]);
    expect(record?.access).toMatchObject({
      case: "contentOpened",
      value: { institution: "performer", tokenId: "token-performer", rule: "performer.after.serving.N" },
    });
    const { sectionIds } = record!.access.value as { sectionIds: string[] };
    expect(sectionIds.length).toBeGreaterThanOrEqual(3);
  });

  test("for a private provider is a voucher code and never the reason, and it is no one else's code", async () => {
    const { referral } = await familyCase({ performer: "hostal", status: Status.ACCEPTED });
    const { body, text } = await content("hostal", referral);
    expect(body).toEqual({ referral, voucher: expect.stringMatching(/^[0-9A-Z]{10}$/) });
    const state = await get("hostal", `/v1/referrals/${referral}`);
    expect(text + state.text).not.toMatch(/ALO-FAM|"SP"|Yuleima/);
    expect((await content("sender", referral)).body).toMatchObject({
      person: { identity: { name: { given: "Yuleima" } } },
    });
  });

  test("ends with the service", async () => {
    const { referral } = await familyCase({ status: Status.COMPLETED });
    const { text } = await content("performer", referral);
    expect(text).not.toMatch(/Yuleima|Carcelén|parish/);
  });

  test("of a person who was erased is gone, and the others' stays", async () => {
    const { referral, persons } = await familyCase({ status: Status.ACCEPTED });
    await bed.seal.destroyKeys([`k-${persons[0]}`]);
    const { body, text } = await content("performer", referral);
    expect(body).toMatchObject({ person: { erased: true }, members: [{ identity: { name: { given: "Maikelys" } } }] });
    expect(text).not.toContain("Yuleima");
  });

  test("is not there before anything is decided: the sender is asked to come again", async () => {
    const { body } = await bed.send(door, "sender", smallRequest());
    expect(await content("sender", String(body.referral))).toMatchObject({
      status: 503,
      body: { code: "not-caught-up" },
    });
  });
});

describe("tokens", () => {
  test.each(["", "Basic abc", "Bearer", "Bearer short", `Bearer ${"x".repeat(300)}`])(
    "%j opens nothing",
    async (authorization) => {
      expect(await bed.read(door, "sender", "/v1/referrals", { authorization })).toMatchObject({
        status: 401,
        body: { code: "invalid-token" },
      });
    },
  );

  test("that are revoked open nothing more", async () => {
    expect(await get("other", "/v1/directory/terms")).toMatchObject({ status: 200 });
    const token = { id: "token-other", institution: "other", validity: { until: timestampFromMs(Date.now() - 1) } };
    await bed.commit({ case: "accessToken", value: create(AccessTokenSchema, token) });
    await expect.poll(async () => (await get("other", "/v1/directory/terms")).status, SOON).toBe(401);
  });
});

describe("the directory", () => {
  test("says what codes may be sent, in HSDS words, and shows no secret place, key or endpoint", async () => {
    const [institutions, services, terms] = await Promise.all(
      ["institutions", "services", "terms"].map((part) => get("sender", `/v1/directory/${part}`)),
    );
    expect(institutions?.body.institutions).toContainEqual(
      expect.objectContaining({ id: "performer", organization_type: "public", functions: ["execution"] }),
    );
    expect(services?.body.services).toMatchObject([
      {
        id: "lodging",
        organization_id: "performer",
        accepts_referrals: true,
        service_at_locations: [{ location_id: "house" }],
      },
    ]);
    expect(terms?.body.terms).toContainEqual({ code: "ALO-FAM", taxonomy: "service-type", name: "Alojamiento" });
    expect(terms?.body.terms).toContainEqual(
      expect.objectContaining({ code: "parish-calderon", taxonomy: "territory" }),
    );
    const all = `${institutions?.text}${services?.text}${terms?.text}`;
    expect(all).not.toMatch(/secret|wrapped|sha256|public_key|url/i);
  });

  test("has a revision and an ETag, and is not sent again to whoever has it", async () => {
    const first = await get("sender", "/v1/directory/terms");
    expect(first.body.revision).toMatch(/^\d+$/);
    const etag = first.headers.get("etag") ?? "";
    expect((await bed.read(door, "sender", "/v1/directory/terms", { "if-none-match": etag })).status).toBe(304);
    await bed.commit();
    const changed = () => bed.read(door, "sender", "/v1/directory/terms", { "if-none-match": etag });
    await expect.poll(async () => (await changed()).status, SOON).toBe(200);
  });
});

test("the hub's public keys are there for everyone, as JWKS and as whpk_", async () => {
  const { body } = await answered(await fetch(`${door.url}/v1/keys`));
  expect(body).toMatchObject({ keys: [{ kty: "OKP", crv: "Ed25519", whpk: expect.stringMatching(/^whpk_/) }] });
  expect((body as { keys: object[] }).keys[0]).not.toHaveProperty("until");
});

test("the API describes itself: OpenAPI 3.1 whose references resolve, a page, and every refusal under its anchor", async () => {
  const { body, text } = await answered(await fetch(`${door.url}/openapi.json`));
  expect(body).toMatchObject({ openapi: expect.stringMatching(/^3\.1/), paths: expect.any(Object) });
  const paths = ["/v1/in/{institution}", "/v1/referrals", "/v1/referrals/{id}", "/v1/referrals/{id}/content"];
  for (const path of [...paths, "/v1/directory/{part}", "/v1/keys"])
    expect(Object.keys(body.paths as object)).toContain(path);
  expect(text).toContain("ruta.referral.request");
  for (const name of ["webhook-id", "webhook-timestamp", "webhook-signature"])
    expect(text).toContain(`{"schema":{"type":"string"},"in":"header","name":"${name}","required":true`);
  for (const [, pointer = ""] of text.matchAll(/"\$ref":"#\/([^"]+)"/g))
    expect(
      pointer.split("/").reduce<unknown>((at, name) => (at as Record<string, unknown>)?.[name], body),
      pointer,
    ).toBeDefined();
  const docs = await (await fetch(`${door.url}/docs`)).text();
  expect(docs).toContain("/v1/referrals/{id}/content");
  const errors = await (await fetch(`${door.url}/docs/errors`)).text();
  expect(errors).toContain('id="invalid-signature"');
  expect(errors).toContain('id="not-accepted"');
});

test("staff sees the timeline by ids and codes, and the watch tells what happens from now on", async () => {
  const { referral, caseId } = await familyCase({ status: Status.ACCEPTED });
  await expect.poll(async () => (await get("sender", `/v1/referrals/${referral}`)).body.status, SOON).toBe("accepted");
  const timeline = await door.admin.inject({ url: `/admin/gateway/referrals/${referral}` });
  expect(timeline.json()).toMatchObject({
    case: caseId,
    steps: [{ fact: "requested" }, { fact: "addressed" }, { fact: "accepted" }],
  });
  expect(timeline.body).not.toContain("Yuleima");
  expect((await door.admin.inject({ url: `/admin/gateway/referrals/${newCaseId()}-1` })).statusCode).toBe(404);

  const url = await door.admin.listen({ host: "127.0.0.1", port: 0 });
  const stop = new AbortController();
  const stream = await fetch(`${url}/admin/gateway/watch`, { signal: stop.signal });
  const hidden = newCaseId();
  await bed.tell(hidden, events({ clearance: Confidentiality.VERY_RESTRICTED }));
  let seen = "";
  for await (const chunk of stream.body!.pipeThrough(new TextDecoderStream())) {
    seen += chunk;
    if (seen.includes('"addressed"')) break;
  }
  stop.abort();
  expect(seen).toContain(hidden);
  expect(seen).not.toMatch(/ALO-FAM|urgent|"accepted"/);
  await door.admin.close();
});

test("an act on a referral is possible for its performer as soon as the log has what made it one", async () => {
  const { referral } = await familyCase({});
  expect(await bed.send(door, "performer", answer("accept", { referral }))).toMatchObject({ status: 202 });
});
