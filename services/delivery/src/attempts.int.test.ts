// The log of attempts as operators read it: by filter, page after page, and nothing in it that is not theirs to see.
import { sql } from "@ruta/db";
import { newCaseId } from "@ruta/events";
import type { HttpApp } from "@ruta/kit";
import type { TestLog } from "@ruta/log/testing";
import { testLogs } from "@ruta/log/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { ListedAttempt } from "./attempts.ts";
import type { EventInit } from "./scenario.ts";
import type { Receiver } from "./test-receiver.ts";
import { Bed } from "./test-service.ts";

const driver = testLogs().find(({ name }) => name === "postgres") as TestLog;
const addressed: EventInit = { fact: { case: "addressed", value: {} } };
const [one, two] = [newCaseId(), newCaseId()];

let bed: Bed;
let admin: HttpApp;
let house: Receiver;

interface Page {
  readonly attempts: ListedAttempt[];
  readonly next?: string;
}
const get = async (query = "", role = "auditor") => {
  const { statusCode, body } = await admin.inject({
    url: `/admin/delivery/attempts${query}`,
    headers: { "x-role": role },
  });
  return { status: statusCode, text: body, body: JSON.parse(body) as Page & { field?: string } };
};

beforeAll(async () => {
  bed = await Bed.open(driver);
  ({ admin } = await bed.start());
  house = await bed.receiver("house");
  await bed.register("house", `${house.url}/canary-path?token=canary-query`, { proved: true });
  house.answer = (_, response) => response.writeHead(200, { "x-note": "canary-header" }).end("canary-answer");
  const other = await bed.receiver("other");
  other.answer = (_, response) => response.writeHead(410).end();
  await bed.tell(one, addressed, { ...addressed, version: 2n });
  await bed.tell(two, { ...addressed, performer: "other" });
  await bed.states({ delivered: 2, parked: 1 });
});
afterAll(() => bed.close());

test("an attempt shows where it went, by which process and key, when, and what came of it", async () => {
  const { body } = await get("?institution=house");
  const [last, first] = body.attempts;
  const { origin } = new URL(house.url);
  expect(first).toMatchObject({
    case: one,
    referral: `${one}-1`,
    event: `${one}-1`,
    institution: "house",
    endpoint: "endpoint-house",
    attempt: 1,
    trigger: "schedule",
    outcome: "delivered",
    status: 200,
    failure: "",
    origin,
    remoteAddress: "127.0.0.1",
    tlsVersion: "",
    keyIds: [expect.stringMatching(/^hub:/)],
  });
  expect(first?.worker).toMatch(/\/[0-9a-f-]{36}$/);
  expect(first?.connectedMs).toBeGreaterThan(0);
  expect(first?.firstByteMs).toBeGreaterThanOrEqual(first?.connectedMs ?? 0);
  expect(last).toMatchObject({ event: `${one}-2`, connectedMs: 0, worker: first?.worker });
});

test("neither path nor query, nor anything of an answer, is kept: not in the list, the table or the topic", async () => {
  const { text } = await get();
  const rows = await bed.db.query(
    sql`SELECT encode(record, 'escape') AS text, t::text FROM ${sql.id(bed.schema, "attempts")} AS t`,
  );
  expect(text + JSON.stringify(rows)).not.toContain("canary");
});

test("each filter names what it says", async () => {
  const eventsOf = async (query: string) => (await get(query)).body.attempts.map(({ event }) => event);
  const all = [`${two}-1`, `${one}-2`, `${one}-1`];
  expect((await eventsOf("")).toSorted()).toEqual(all.toSorted());
  expect(await eventsOf("?institution=other")).toEqual([`${two}-1`]);
  expect(await eventsOf(`?referral=${one}-1`)).toEqual([`${one}-2`, `${one}-1`]);
  expect(await eventsOf(`?referral=${one}-2`)).toEqual([]);
  expect(await eventsOf("?outcome=parked")).toEqual([`${two}-1`]);
  expect(await eventsOf("?outcome=retry")).toEqual([]);
  const [first] = (await get("?outcome=parked")).body.attempts;
  expect(await eventsOf(`?delivery=${first?.delivery ?? ""}`)).toEqual([`${two}-1`]);
  expect(await eventsOf(`?delivery=${one}`)).toEqual([]);
  const later = encodeURIComponent(new Date(Date.now() + 60_000).toISOString());
  expect(await eventsOf(`?since=${later}`)).toEqual([]);
  expect(await eventsOf("?since=2020-01-01T00:00:00-05:00")).toHaveLength(3);
});

test("pages go on where the last one ended, and end", async () => {
  const whole = (await get()).body.attempts.map(({ event }) => event);
  const seen: string[] = [];
  let cursor = "";
  for (let page = 0; page < 4; page += 1) {
    const { body } = await get(`?limit=1${cursor}`);
    seen.push(...body.attempts.map(({ event }) => event));
    if (body.next === undefined) break;
    cursor = `&cursor=${body.next}`;
  }
  expect(seen).toEqual(whole);
});

test("a long log is read in bounded parts: a page may be empty and still go on", async () => {
  const attempts = sql.id(bed.schema, "attempts");
  await bed.db.query(sql`
    INSERT INTO ${attempts} (institution, case_id, referral_id, delivery_id, outcome, started_at, record)
    SELECT 'many', 'c', 'c-1', 'd', 2, now(), '' FROM generate_series(1, 5000)`);
  const { body } = await get("?outcome=parked");
  expect(body.attempts).toEqual([]);
  const next = await get(`?outcome=parked&cursor=${body.next ?? ""}`);
  expect(next.body.attempts).toMatchObject([{ event: `${two}-1` }]);
  expect(next.body.next).toBeUndefined();
  await bed.db.query(sql`DELETE FROM ${attempts} WHERE institution = 'many'`);
});

test.each([
  ["querystring.limit", "?limit=0"],
  ["querystring.limit", "?limit=501"],
  ["querystring.limit", "?limit=x"],
  ["querystring.cursor", "?cursor=1;drop"],
  ["querystring.cursor", "?cursor=9999999999999999999"],
  ["querystring.institution", "?institution=x'--"],
  ["querystring.institution", "?institution=a&institution=b"],
  ["querystring.referral", "?referral=%25"],
  ["querystring.delivery", "?delivery=nothing"],
  ["querystring.outcome", "?outcome=lost"],
  ["querystring.since", "?since=yesterday"],
  ["querystring", "?body=1"],
])("a wrong %s is refused: %s", async (field, query) => {
  expect(await get(query)).toMatchObject({ status: 400, body: { field } });
});
