// Inboxes over real HTTP, on a real database and each real log: pulled in order, acknowledged to the cases, and nobody else's.
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { sql } from "@ruta/db";
import { DeliveryMode, EndpointSchema, TOPICS, create, derivedId, newCaseId } from "@ruta/events";
import { testLogs } from "@ruta/log/testing";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { decodeInboxCursor, encodeInboxCursor } from "./inbox-cursor.ts";
import { Bed, SOON } from "./test-service.ts";
import type { Answered, Door, OfferInit } from "./test-service.ts";

interface Item {
  readonly cursor: string;
  readonly webhookId: string;
  readonly event: { readonly id: string };
}
const itemsOf = ({ body }: Answered): readonly Item[] => (body["items"] ?? []) as readonly Item[];
const idsOf = (answer: Answered): string[] => itemsOf(answer).map(({ webhookId }) => webhookId);

const nextOf = ({ body }: Answered): string => body["next"] as string;

/** Items of one case for an institution: `<name>-1`, `<name>-2` … */
function itemsFor(institution: string, name: string, count: number): OfferInit[] {
  const caseId = newCaseId();
  return Array.from({ length: count }, (_, n) => ({
    webhookId: `${name}-${n + 1}`,
    eventId: `event-${name}-${n + 1}`,
    caseId,
    referralId: `${caseId}-1`,
    institution,
  }));
}

for (const driver of testLogs())
  describe.skipIf(!driver.available)(`inboxes on ${driver.name}`, () => {
    let bed: Bed;
    let door: Door;
    beforeEach(async () => {
      bed = await Bed.open(driver);
      door = await bed.start({ clearMs: 50 });
    });
    afterEach(async () => bed?.close());

    const pull = (institution: string, query = "") => bed.read(door, institution, `/v1/inbox${query}`);
    const acknowledge = (institution: string, body: unknown) => bed.post(door, institution, "/v1/inbox/ack", body);
    /** Pulls until so many items are there. */
    const pulled = (institution: string, count: number, query = ""): Promise<Answered> =>
      vi.waitUntil(async () => {
        const answer = await pull(institution, `${query === "" ? "?" : `${query}&`}wait=30&limit=200`);
        return itemsOf(answer).length >= count ? answer : undefined;
      }, SOON);
    const told = async (caseId: string) =>
      (await bed.messages(TOPICS.commands, caseId)).map(({ commandId, act }) => ({ commandId, act }));

    test("items come in the order of their case; an acknowledgement tells the case, and once however often it is repeated", async () => {
      const offered = itemsFor("performer", "a", 3);
      const [caseId = ""] = offered.map((one) => String(one.caseId));
      await bed.offer(...offered);
      const answer = await pulled("performer", 3);
      expect(answer).toMatchObject({ status: 200, body: { next: itemsOf(answer)[2]?.cursor } });
      expect(itemsOf(answer)).toMatchObject([
        { webhookId: "a-1", contentType: "application/cloudevents+json", event: { specversion: "1.0", id: "a-1" } },
        { webhookId: "a-2" },
        { webhookId: "a-3" },
      ]);
      const [, second] = itemsOf(answer);
      const done = { status: 200, body: { cursor: second?.cursor } };
      expect(await acknowledge("performer", { cursor: second?.cursor })).toMatchObject(done);
      const records = ["a-1", "a-2"].map((id) => ({
        commandId: derivedId("delivered", id),
        act: { case: "recordDelivered", value: { eventId: `event-${id}`, institution: "performer" } },
      }));
      expect(await told(caseId)).toMatchObject(records);
      expect(await acknowledge("performer", { cursor: second?.cursor })).toMatchObject(done);
      expect(await acknowledge("performer", { cursor: itemsOf(answer)[0]?.cursor })).toMatchObject({ status: 200 });
      expect(await told(caseId)).toHaveLength(2);
      expect(idsOf(await pull("performer"))).toEqual(["a-3"]);
      // What was acknowledged can be read again while it is kept: a reader may have lost what it took.
      expect(idsOf(await pull("performer", `?after=${itemsOf(answer)[0]?.cursor}`))).toEqual(["a-2", "a-3"]);
    });

    test("a page ends at its limit and the next one goes on; without anything more it names where it was", async () => {
      await bed.offer(...itemsFor("performer", "a", 5));
      await pulled("performer", 5);
      const first = await pull("performer", "?limit=2");
      const second = await pull("performer", `?limit=2&after=${nextOf(first)}`);
      const third = await pull("performer", `?limit=2&after=${nextOf(second)}`);
      expect([first, second, third].flatMap(idsOf)).toEqual(["a-1", "a-2", "a-3", "a-4", "a-5"]);
      const end = await pull("performer", `?after=${nextOf(third)}`);
      expect(end.body).toEqual({ items: [], next: third.body["next"] });
      expect((await pull("other")).body).toEqual({ items: [] });
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
      expect(await acknowledge("performer", { cursor })).toMatchObject({ status: 200 });
      const commands = await bed.records(TOPICS.commands);
      expect(new Set(commands.map(({ headers }) => headers["ce_id"]))).toEqual(
        new Set(offered.map(({ webhookId }) => derivedId("delivered", webhookId))),
      );
      expect((await pull("performer")).body["items"]).toEqual([]);
    });

    test("a record that the log repeats makes no second item, before and after it was acknowledged", async () => {
      const records = await bed.offer(...itemsFor("performer", "a", 2));
      const first = await pulled("performer", 2);
      await bed.log.append(records);
      await bed.offer(...itemsFor("performer", "b", 1));
      expect(idsOf(await pulled("performer", 1, `?after=${nextOf(first)}`))).toEqual(["b-1"]);
      await acknowledge("performer", { cursor: first.body["next"] });
      await bed.log.append(records);
      await bed.offer(...itemsFor("performer", "c", 1));
      const after = await pulled("performer", 2);
      expect(idsOf(after)).toEqual(["b-1", "c-1"]);
    });

    test("what is offered anew keeps its place until it was acknowledged; then it comes again, and its case hears of it again", async () => {
      const offered = itemsFor("performer", "a", 2);
      const caseId = String(offered[0]?.caseId);
      const anew = (n: number, ms: number): OfferInit => ({
        ...offered[n]!,
        offeredAt: timestampFromMs(Date.now() + ms),
      });
      await bed.offer(...offered);
      await pulled("performer", 2);
      await bed.offer(anew(0, 1_000), ...itemsFor("performer", "b", 1));
      const all = await pulled("performer", 3);
      expect(idsOf(all).toSorted()).toEqual(["a-1", "a-2", "b-1"]);
      expect(idsOf(all).indexOf("a-1")).toBeLessThan(idsOf(all).indexOf("a-2"));
      await acknowledge("performer", { cursor: all.body["next"] });
      await bed.offer(anew(0, 2_000));
      const again = await pulled("performer", 1);
      expect(idsOf(again)).toEqual(["a-1"]);
      await acknowledge("performer", { cursor: again.body["next"] });
      const ids = (await told(caseId)).map(({ commandId }) => commandId);
      expect(ids).toEqual([
        derivedId("delivered", "a-1"),
        derivedId("delivered", "a-2"),
        derivedId("delivered", "a-1", "1"),
      ]);
    });

    test("two gateways fold side by side: each inbox has every item once, without a gap, and a reader at its end misses none", async () => {
      const second = await bed.start();
      const names = Array.from({ length: 30 }, (_, n) => `case${n}`);
      const offered = names.flatMap((name, n) => itemsFor(n % 2 === 0 ? "performer" : "other", name, 6));
      const readAll = async (from: Door, institution: string): Promise<string[]> => {
        const got: string[] = [];
        for (let after = ""; got.length < 90;) {
          const answer = await bed.read(from, institution, `/v1/inbox?wait=30&limit=7${after}`);
          got.push(...idsOf(answer));
          after = answer.body["next"] === undefined ? after : `&after=${nextOf(answer)}`;
        }
        return got;
      };
      const reading = Promise.all([readAll(door, "performer"), readAll(second, "performer"), readAll(second, "other")]);
      for (let n = 0; n < offered.length; n += 20) await bed.offer(...offered.slice(n, n + 20));
      const read = await reading;
      for (const [n, institution] of ["performer", "performer", "other"].entries()) {
        const expected = offered.filter((one) => one.institution === institution).map(({ webhookId }) => webhookId);
        expect(read[n]?.toSorted()).toEqual(expected.toSorted());
        for (const name of names)
          expect(read[n]?.filter((id) => id.startsWith(`${name}-`))).toEqual(
            expected.filter((id) => id.startsWith(`${name}-`)),
          );
      }
      expect(read[0]).toEqual(read[1]);
      const places = await bed.db.query<{ institution: string; places: bigint[] }>(sql`
        SELECT institution, array_agg(place ORDER BY place) AS places FROM gateway.inbox_item GROUP BY institution ORDER BY 1`);
      expect(places.map((row) => row.places)).toEqual(
        [0, 1].map(() => Array.from({ length: 90 }, (_, n) => BigInt(n + 1))),
      );
    });

    test("a reader that waits is answered by the next item, and by a gateway that stops", async () => {
      let answeredEarly = false;
      const waiting = pull("performer", "?wait=30").finally(() => (answeredEarly = true));
      await pull("performer");
      await bed.offer(...itemsFor("other", "x", 1));
      await pulled("other", 1);
      expect(answeredEarly).toBe(false);
      await bed.offer(...itemsFor("performer", "a", 1));
      const answer = await waiting;
      expect(idsOf(answer)).toEqual(["a-1"]);
      const last = pull("performer", `?wait=30&after=${nextOf(answer)}`);
      await pull("performer");
      await door.service.stop();
      expect(await last).toMatchObject({ status: 200, body: { items: [] } });
    });

    test("a token reads and acknowledges the inbox of its own institution alone", async () => {
      const offered = itemsFor("performer", "a", 2);
      await bed.offer(...offered);
      const answer = await pulled("performer", 2);
      const cursor = nextOf(answer);
      expect((await pull("other")).body).toEqual({ items: [] });
      const refused = { status: 400, body: { code: "invalid-cursor" } };
      expect(await pull("other", `?after=${cursor}`)).toMatchObject(refused);
      expect(await acknowledge("other", { cursor })).toMatchObject(refused);
      expect(await told(String(offered[0]?.caseId))).toEqual([]);
      expect(idsOf(await pull("performer"))).toEqual(["a-1", "a-2"]);
      bed.tokens.set("stranger", "rt_0123456789abcdef0123456789abcdef");
      expect(await pull("stranger")).toMatchObject({ status: 401, body: { code: "invalid-token" } });
      expect(await acknowledge("stranger", { cursor })).toMatchObject({ status: 401, body: { code: "invalid-token" } });
    });

    test("cursors that this inbox never answered, and bodies that are none, are refused with a code and change nothing", async () => {
      const offered = itemsFor("performer", "a", 2);
      await bed.offer(...offered);
      const answer = await pulled("performer", 2);
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
        expect(await pull("performer", query), cursor).toMatchObject({
          status: 400,
          body: { code: "invalid-cursor", field: "after" },
        });
        expect(await acknowledge("performer", { cursor }), cursor).toMatchObject({
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
        expect(await pull("performer", query), query).toMatchObject({ status: 400, body: { code: "invalid-request" } });
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
        expect(await acknowledge("performer", body), code).toMatchObject({ status: 400, body: { code } });
      expect(await told(String(offered[0]?.caseId))).toEqual([]);
      expect(idsOf(await pull("performer"))).toEqual(["a-1", "a-2"]);
    });

    test("what the hub says of an endpoint has no case: it is pulled and acknowledged, and no case is told", async () => {
      await bed.offer({ webhookId: "op-1", institution: "performer" });
      const answer = await pulled("performer", 1);
      expect(idsOf(answer)).toEqual(["op-1"]);
      expect(await acknowledge("performer", { cursor: answer.body["next"] })).toMatchObject({ status: 200 });
      expect((await pull("performer")).body["items"]).toEqual([]);
      expect(await bed.records(TOPICS.commands)).toEqual([]);
    });

    test("what is too old is dropped, acknowledged or not, and a cursor to it still says where to go on", async () => {
      await bed.offer(...itemsFor("performer", "a", 3));
      const answer = await pulled("performer", 3);
      const [first, second] = itemsOf(answer) as [Item, Item];
      await acknowledge("performer", { cursor: first.cursor });
      await bed.db.query(sql`UPDATE gateway.inbox_item SET offered_at = now() - interval '15 days' WHERE place <= 2`);
      await vi.waitUntil(async () => {
        const rows = await bed.db.query(sql`SELECT FROM gateway.inbox_item`);
        return rows.length === 1;
      }, SOON);
      expect(idsOf(await pull("performer"))).toEqual(["a-3"]);
      expect(idsOf(await pull("performer", `?after=${second.cursor}`))).toEqual(["a-3"]);
      expect(await acknowledge("performer", { cursor: second.cursor })).toMatchObject({ status: 200 });
      expect(await bed.records(TOPICS.commands)).toHaveLength(1);
    });

    test("operators see how much each institution has not acknowledged, and for how long", async () => {
      const endpoint = { id: "endpoint-performer", institution: "performer", mode: DeliveryMode.INBOX };
      await bed.commit({ case: "endpoint", value: create(EndpointSchema, endpoint) });
      await bed.offer(...itemsFor("performer", "a", 2), { webhookId: "op-1", institution: "other" });
      const answer = await pulled("performer", 2);
      await pulled("other", 1);
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
      expect(numbers).toMatch(/ruta_gateway_inbox_items\{institution="performer"\} 2/);
      expect(numbers).toMatch(/ruta_gateway_inbox_oldest_seconds\{institution="performer"\} 7[12]\d\d/);
      expect(numbers).not.toMatch(/inbox_items\{institution="other"/);
      await acknowledge("performer", { cursor: answer.body["next"] });
      expect(await shown()).toMatchObject([{ institution: "other" }]);
      expect(await door.metrics.registry.metrics()).not.toMatch(/inbox_items\{/);
    });

    test("a record that could not be answered steps aside, and the others are pulled", async () => {
      await bed.offer(
        { webhookId: "bad-1", institution: "performer", body: Buffer.from("no JSON") },
        { webhookId: "bad 2", institution: "performer" },
        { webhookId: "bad-3", institution: "", caseId: newCaseId() },
      );
      await bed.offer(...itemsFor("performer", "a", 1));
      expect(idsOf(await pulled("performer", 1))).toEqual(["a-1"]);
      await expect.poll(async () => (await door.service.engine.parked()).length, SOON).toBe(3);
    });
  });

test("a cursor holds what it was made of, and no other inbox takes it", () => {
  const cursor = { place: 17n, webhookId: "w-1" };
  const text = encodeInboxCursor("casa", cursor);
  expect(decodeInboxCursor("casa", text)).toEqual(cursor);
  expect(decodeInboxCursor("otra", text)).toBeUndefined();
});
