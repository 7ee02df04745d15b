// Inboxes on a real database and each real log: folded once and in order, by one gateway or two, and told to the cases.
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { sql } from "@ruta/db";
import { TOPICS, derivedId, newCaseId } from "@ruta/events";
import { testLogs } from "@ruta/log/testing";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { idsOf, itemsFor, itemsOf, nextOf, readers } from "./test-inbox.ts";
import type { Readers } from "./test-inbox.ts";
import { Bed, SOON } from "./test-service.ts";
import type { Door, OfferInit } from "./test-service.ts";

for (const driver of testLogs())
  describe.skipIf(!driver.available)(`inboxes on ${driver.name}`, () => {
    let bed: Bed;
    let door: Door;
    let at: Readers;
    beforeEach(async () => {
      bed = await Bed.open(driver);
      door = await bed.start();
      at = readers(bed, door);
    });
    afterEach(async () => bed?.close());

    test("items come in the order of their case; an acknowledgement tells the case, and once however often it is repeated", async () => {
      const offered = itemsFor("performer", "a", 3);
      const [caseId = ""] = offered.map((one) => String(one.caseId));
      await bed.offer(...offered);
      const answer = await at.pulled("performer", 3);
      expect(answer).toMatchObject({ status: 200, body: { next: itemsOf(answer)[2]?.cursor } });
      expect(itemsOf(answer)).toMatchObject([
        { webhookId: "a-1", contentType: "application/cloudevents+json", event: { specversion: "1.0", id: "a-1" } },
        { webhookId: "a-2" },
        { webhookId: "a-3" },
      ]);
      const [, second] = itemsOf(answer);
      const done = { status: 200, body: { cursor: second?.cursor } };
      expect(await at.acknowledge("performer", { cursor: second?.cursor })).toMatchObject(done);
      const records = ["a-1", "a-2"].map((id) => ({
        commandId: derivedId("delivered", id),
        act: { case: "recordDelivered", value: { eventId: `event-${id}`, institution: "performer" } },
      }));
      expect(await at.told(caseId)).toMatchObject(records);
      expect(await at.acknowledge("performer", { cursor: second?.cursor })).toMatchObject(done);
      expect(await at.acknowledge("performer", { cursor: itemsOf(answer)[0]?.cursor })).toMatchObject({ status: 200 });
      expect(await at.told(caseId)).toHaveLength(2);
      expect(idsOf(await at.pull("performer"))).toEqual(["a-3"]);
      // What was acknowledged can be read again while it is kept: a reader may have lost what it took.
      expect(idsOf(await at.pull("performer", `?after=${itemsOf(answer)[0]?.cursor}`))).toEqual(["a-2", "a-3"]);
    });

    test("a record that the log repeats makes no second item, before and after it was acknowledged", async () => {
      const records = await bed.offer(...itemsFor("performer", "a", 2));
      const first = await at.pulled("performer", 2);
      await bed.log.append(records);
      await bed.offer(...itemsFor("performer", "b", 1));
      expect(idsOf(await at.pulled("performer", 1, `?after=${nextOf(first)}`))).toEqual(["b-1"]);
      await at.acknowledge("performer", { cursor: first.body["next"] });
      await bed.log.append(records);
      await bed.offer(...itemsFor("performer", "c", 1));
      const after = await at.pulled("performer", 2);
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
      await at.pulled("performer", 2);
      await bed.offer(anew(0, 1_000), ...itemsFor("performer", "b", 1));
      const all = await at.pulled("performer", 3);
      expect(idsOf(all).toSorted()).toEqual(["a-1", "a-2", "b-1"]);
      expect(idsOf(all).indexOf("a-1")).toBeLessThan(idsOf(all).indexOf("a-2"));
      await at.acknowledge("performer", { cursor: all.body["next"] });
      await bed.offer(anew(0, 2_000));
      const again = await at.pulled("performer", 1);
      expect(idsOf(again)).toEqual(["a-1"]);
      await at.acknowledge("performer", { cursor: again.body["next"] });
      const ids = (await at.told(caseId)).map(({ commandId }) => commandId);
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

    test("what the hub says of an endpoint has no case: it is pulled and acknowledged, and no case is told", async () => {
      await bed.offer({ webhookId: "op-1", institution: "performer" });
      const answer = await at.pulled("performer", 1);
      expect(idsOf(answer)).toEqual(["op-1"]);
      expect(await at.acknowledge("performer", { cursor: answer.body["next"] })).toMatchObject({ status: 200 });
      expect((await at.pull("performer")).body["items"]).toEqual([]);
      expect(await bed.records(TOPICS.commands)).toEqual([]);
    });

    test("a record that could not be answered steps aside, and the others are pulled", async () => {
      await bed.offer(
        { webhookId: "bad-1", institution: "performer", body: Buffer.from("no JSON") },
        { webhookId: "bad 2", institution: "performer" },
        { webhookId: "bad-3", institution: "", caseId: newCaseId() },
      );
      await bed.offer(...itemsFor("performer", "a", 1));
      expect(idsOf(await at.pulled("performer", 1))).toEqual(["a-1"]);
      await expect.poll(async () => (await door.service.engine.parked()).length, SOON).toBe(3);
    });
  });
