// Inboxes over real HTTP: pages, waits, whose they are, hostile cursors, age, and what operators see.
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { sql } from "@ruta/db";
import { DeliveryMode, EndpointSchema, InboxItemSchema, TOPICS, create, derivedId } from "@ruta/events";
import { testLogs } from "@ruta/log/testing";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { decodeInboxCursor, encodeInboxCursor } from "./inbox-cursor.ts";
import { foldInbox } from "./inbox-fold.ts";
import { idsOf, itemsFor, itemsOf, nextOf, readers } from "./test-inbox.ts";
import type { Item, Readers } from "./test-inbox.ts";
import { Bed, SOON } from "./test-service.ts";
import type { Door } from "./test-service.ts";

let bed: Bed;
let door: Door;
let at: Readers;
beforeEach(async () => {
  // What is tried here is between reader, gateway and database; the drivers of the log meet in inbox.int.test.ts.
  bed = await Bed.open(testLogs()[0]!);
  door = await bed.start({ sweepMs: 50 });
  at = readers(bed, door);
});
afterEach(async () => bed?.close());

test("a page ends at its limit and the next one goes on; without anything more it names where it was", async () => {
  await bed.offer(...itemsFor("performer", "a", 5));
  await at.pulled("performer", 5);
  const first = await at.pull("performer", "?limit=2");
  const second = await at.pull("performer", `?limit=2&after=${nextOf(first)}`);
  const third = await at.pull("performer", `?limit=2&after=${nextOf(second)}`);
  expect([first, second, third].flatMap(idsOf)).toEqual(["a-1", "a-2", "a-3", "a-4", "a-5"]);
  const end = await at.pull("performer", `?after=${nextOf(third)}`);
  expect(end.body).toEqual({ items: [], next: third.body["next"] });
  expect((await at.pull("other")).body).toEqual({ items: [] });
});

test("more than one transaction's worth is acknowledged by one cursor, and each case is told", async () => {
  const offered = Array.from({ length: 4 }, (_, n) => itemsFor("performer", `m${n}`, 160)).flat();
  await bed.offer(...offered);
  await vi.waitUntil(async () => {
    const [row] = await bed.db.query<{ last: bigint }>(sql`SELECT last FROM gateway.inbox`);
    return row?.last === 640n;
  }, SOON);
  const [last] = await bed.db.query<{ place: bigint; webhookId: string }>(sql`
    SELECT place, webhook_id AS "webhookId" FROM gateway.inbox_item ORDER BY place DESC LIMIT 1`);
  const cursor = encodeInboxCursor("performer", last!);
  expect(await at.acknowledge("performer", { cursor })).toMatchObject({ status: 200 });
  const commands = await bed.records(TOPICS.commands);
  expect(new Set(commands.map(({ headers }) => headers["ce_id"]))).toEqual(
    new Set(offered.map(({ webhookId }) => derivedId("delivered", webhookId))),
  );
  expect((await at.pull("performer")).body["items"]).toEqual([]);
});

test("places are given in the order of commits: a fold waits for the one before it, so that no reader passes an item", async () => {
  const usual = { institution: "performer", body: Buffer.from("{}"), offeredAt: timestampFromMs(Date.now()) };
  const item = (webhookId: string) => create(InboxItemSchema, { webhookId, ...usual });
  await bed.db.tx((tx) => foldInbox("gateway", tx, [item("zeroth")]));
  let second: Promise<void> | undefined;
  await bed.db.tx(async (tx) => {
    // As one that has just begun: it holds the inbox, and has given no place yet.
    await tx.query(sql`SELECT FROM gateway.inbox WHERE institution = 'performer' FOR UPDATE`);
    second = bed.db.tx((other) => foldInbox("gateway", other, [item("second")]));
    second.catch(() => {}); // looked at below
    await vi.waitUntil(async () => {
      const blocked = await bed.db.query(sql`
        SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`);
      return blocked.length > 0;
    }, SOON);
    await foldInbox("gateway", tx, [item("first")]);
    expect(idsOf(await at.pull("performer"))).toEqual(["zeroth"]);
  });
  await second;
  expect(idsOf(await at.pull("performer"))).toEqual(["zeroth", "first", "second"]);
});

test("a reader that waits is answered by the next item, and by a gateway that stops", async () => {
  let answeredEarly = false;
  const waiting = at.pull("performer", "?wait=30").finally(() => (answeredEarly = true));
  await at.pull("performer");
  await bed.offer(...itemsFor("other", "x", 1));
  await at.pulled("other", 1);
  expect(answeredEarly).toBe(false);
  await bed.offer(...itemsFor("performer", "a", 1));
  const answer = await waiting;
  expect(idsOf(answer)).toEqual(["a-1"]);
  const last = at.pull("performer", `?wait=30&after=${nextOf(answer)}`);
  await at.pull("performer");
  await door.service.stop();
  expect(await last).toMatchObject({ status: 200, body: { items: [] } });
});

test("a token reads and acknowledges the inbox of its own institution alone", async () => {
  const offered = itemsFor("performer", "a", 2);
  await bed.offer(...offered);
  const answer = await at.pulled("performer", 2);
  const cursor = nextOf(answer);
  expect((await at.pull("other")).body).toEqual({ items: [] });
  const refused = { status: 400, body: { code: "invalid-cursor" } };
  expect(await at.pull("other", `?after=${cursor}`)).toMatchObject(refused);
  expect(await at.acknowledge("other", { cursor })).toMatchObject(refused);
  expect(await at.told(String(offered[0]?.caseId))).toEqual([]);
  expect(idsOf(await at.pull("performer"))).toEqual(["a-1", "a-2"]);
  bed.tokens.set("stranger", "rt_0123456789abcdef0123456789abcdef");
  expect(await at.pull("stranger")).toMatchObject({ status: 401, body: { code: "invalid-token" } });
  expect(await at.acknowledge("stranger", { cursor })).toMatchObject({ status: 401, body: { code: "invalid-token" } });
});

test("cursors that this inbox never answered, and bodies that are none, are refused with a code and change nothing", async () => {
  const offered = itemsFor("performer", "a", 2);
  await bed.offer(...offered);
  const answer = await at.pulled("performer", 2);
  const [first, second] = itemsOf(answer) as [Item, Item];
  const forged = (place: bigint, webhookId: string) => encodeInboxCursor("performer", { place, webhookId });
  const cursors = [
    "x",
    "....",
    "AAAA",
    Buffer.from("1 2 3").toString("base64url"),
    Buffer.from("-1 aaaaaaaa a-1").toString("base64url"),
    `${first.cursor}=`,
    `${first.cursor} `,
    first.cursor.slice(0, -2),
    forged(3n, "a-2"),
    forged(9_007_199_254_740_993n, "a-1"),
    forged(1n, second.webhookId),
  ];
  for (const cursor of cursors) {
    const query = `?after=${encodeURIComponent(cursor)}`;
    expect(await at.pull("performer", query), cursor).toMatchObject({
      status: 400,
      body: { code: "invalid-cursor", field: "after" },
    });
    expect(await at.acknowledge("performer", { cursor }), cursor).toMatchObject({
      status: 400,
      body: { code: "invalid-cursor", field: "cursor" },
    });
  }
  for (const query of [
    "?wait=31",
    "?wait=-1",
    "?wait=x",
    "?limit=0",
    "?limit=201",
    `?after=${"a".repeat(401)}`,
    "?x=1",
  ])
    expect(await at.pull("performer", query), query).toMatchObject({ status: 400, body: { code: "invalid-request" } });
  const bodies: [unknown, string][] = [
    ["", "body-not-json"],
    ["{", "body-not-json"],
    [`{"cursor":"a","cursor":"b"}`, "body-duplicate-name"],
    [{}, "missing-field"],
    [[], "missing-field"],
    [{ cursor: 7 }, "invalid-field"],
    [{ cursor: "" }, "invalid-field"],
    [{ cursor: "a".repeat(401) }, "invalid-field"],
    [{ cursor: first.cursor, more: 1 }, "unknown-field"],
  ];
  for (const [body, code] of bodies)
    expect(await at.acknowledge("performer", body), code).toMatchObject({ status: 400, body: { code } });
  expect(await at.told(String(offered[0]?.caseId))).toEqual([]);
  expect(idsOf(await at.pull("performer"))).toEqual(["a-1", "a-2"]);
});

test("what is too old is dropped, acknowledged or not, and a cursor to it still says where to go on", async () => {
  await bed.offer(...itemsFor("performer", "a", 3));
  const answer = await at.pulled("performer", 3);
  const [first, second] = itemsOf(answer) as [Item, Item];
  await at.acknowledge("performer", { cursor: first.cursor });
  await bed.db.query(sql`UPDATE gateway.inbox_item SET offered_at = now() - interval '15 days' WHERE place <= 2`);
  await vi.waitUntil(async () => {
    const rows = await bed.db.query(sql`SELECT FROM gateway.inbox_item`);
    return rows.length === 1;
  }, SOON);
  expect(idsOf(await at.pull("performer"))).toEqual(["a-3"]);
  expect(idsOf(await at.pull("performer", `?after=${second.cursor}`))).toEqual(["a-3"]);
  expect(await at.acknowledge("performer", { cursor: second.cursor })).toMatchObject({ status: 200 });
  expect(await bed.records(TOPICS.commands)).toHaveLength(1);
});

test("operators see how much each institution has not acknowledged, and for how long", async () => {
  const endpoint = { id: "endpoint-performer", institution: "performer", mode: DeliveryMode.INBOX };
  await bed.commit({ case: "endpoint", value: create(EndpointSchema, endpoint) });
  await bed.offer(...itemsFor("performer", "a", 2), { webhookId: "op-1", institution: "other" });
  const answer = await at.pulled("performer", 2);
  await at.pulled("other", 1);
  await bed.db.query(
    sql`UPDATE gateway.inbox_item SET offered_at = now() - interval '2 hours' WHERE webhook_id = 'a-1'`,
  );
  const shown = async () => {
    const { body } = await door.admin.inject({ url: "/admin/gateway/inboxes" });
    return (JSON.parse(body) as { inboxes: Record<string, unknown>[] }).inboxes;
  };
  await expect.poll(shown, SOON).toMatchObject([
    { institution: "performer", mode: "inbox", count: 2, oldestAt: expect.stringMatching(/Z$/) },
    { institution: "other", mode: "none", count: 1 },
  ]);
  const [row] = await shown();
  expect(row?.["oldestSeconds"]).toBeGreaterThanOrEqual(7_199);
  const numbers = await door.metrics.registry.metrics();
  expect(numbers).toMatch(/^ruta_gateway_inbox_items 2$/m); // what lies in the inbox of "other" is no lag
  expect(numbers).toMatch(/^ruta_gateway_inbox_oldest_seconds 7[12]\d\d$/m);
  await at.acknowledge("performer", { cursor: answer.body["next"] });
  expect(await shown()).toMatchObject([{ institution: "other" }]);
  await expect.poll(() => door.metrics.registry.metrics(), SOON).toMatch(/^ruta_gateway_inbox_items 0$/m);
});

test("a cursor holds what it was made of, and no other inbox takes it", () => {
  const cursor = { place: 17n, webhookId: "w-1" };
  const text = encodeInboxCursor("casa", cursor);
  expect(decodeInboxCursor("casa", text)).toEqual(cursor);
  expect(decodeInboxCursor("otra", text)).toBeUndefined();
});
