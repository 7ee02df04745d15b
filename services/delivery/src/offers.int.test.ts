// Offers on a real database and each real log: what is put into inboxes, in which order, and what follows a change of mode.
import { sql } from "@ruta/db";
import { TOPICS, derivedId, newCaseId } from "@ruta/events";
import type { InboxItem } from "@ruta/events";
import { testLogs } from "@ruta/log/testing";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { channelOf } from "./intake.ts";
import type { EventInit } from "./scenario.ts";
import type { Receiver } from "./test-receiver.ts";
import { Bed, SOON } from "./test-service.ts";

const addressed: EventInit = { fact: { case: "addressed", value: {} } };
const acknowledged: EventInit = { fact: { case: "acknowledged", value: {} } };
const reference = (caseId: string, version: number): { eventId: string; institution: string } => ({
  eventId: `${caseId}-${version}`,
  institution: "house",
});
const webhookId = (caseId: string, version: number): string => derivedId("delivery", `${caseId}-${version}`, "house");
const eventIn = ({ body }: InboxItem) =>
  JSON.parse(Buffer.from(body).toString("utf8")) as { type: string; sequence: string };
const idsOf = ({ got }: Receiver): unknown[] => got.map(({ headers }) => headers["webhook-id"]);
const arrived = (receiver: Receiver, count: number): Promise<void> =>
  vi.waitFor(() => expect(receiver.got.length).toBeGreaterThanOrEqual(count), SOON);

let bed: Bed;
afterEach(() => bed?.close());

const deliveries = () => sql.id(bed.schema, "deliveries");
const rowsOf = (caseId: string) =>
  bed.db.query<{ state: string; reason: string | null; empty: boolean }>(sql`
    SELECT state, parked_reason AS reason, body IS NULL AS empty FROM ${deliveries()}
    WHERE case_id = ${caseId} ORDER BY sequence`);
/** Makes what lies in inboxes as old as if nobody had pulled it. */
const grownOld = () => bed.db.query(sql`UPDATE ${deliveries()} SET offered_at = offered_at - interval '15 days'`);

for (const driver of testLogs())
  describe.skipIf(!driver.available)(`offers on ${driver.name}`, () => {
    beforeEach(async () => {
      bed = await Bed.open(driver);
    });

    test("what an institution that pulls is told is put into its inbox in order, as it would be posted, without a try", async () => {
      await bed.start();
      await bed.pulls("house");
      const caseId = newCaseId();
      await bed.tell(caseId, addressed, acknowledged);
      const items = await bed.expectMessages(TOPICS.inbox, caseId, 2);
      expect(items).toMatchObject([
        { webhookId: webhookId(caseId, 1), ...reference(caseId, 1), caseId, referralId: `${caseId}-1` },
        { webhookId: webhookId(caseId, 2), ...reference(caseId, 2), caseId, referralId: `${caseId}-1` },
      ]);
      expect(items.map(eventIn)).toMatchObject([
        { type: "ruta.referral.request", sequence: "0000000001" },
        { type: "ruta.referral.acknowledge", sequence: "0000000002" },
      ]);
      await bed.states({ offered: 2 });
      expect(await bed.messages(TOPICS.attempts, caseId)).toEqual([]);
      expect(await bed.messages(TOPICS.commands, caseId)).toEqual([]);
    });

    test("many cases are offered together, each once and each in order, by two services", async () => {
      await bed.pulls("house");
      const cases = Array.from({ length: 260 }, () => newCaseId());
      for (const caseId of cases) await bed.tell(caseId, addressed, acknowledged, addressed);
      await bed.start();
      await bed.start();
      await bed.states({ offered: 780 });
      const all = await vi.waitUntil(async () => {
        const found = await bed.messages(TOPICS.inbox);
        return found.length >= 780 ? found : undefined;
      }, SOON);
      expect(all).toHaveLength(780);
      const ofCases = Map.groupBy(all, ({ caseId }) => caseId);
      for (const caseId of cases)
        expect(ofCases.get(caseId)?.map((item) => item.webhookId)).toEqual(
          [1, 2, 3].map((version) => webhookId(caseId, version)),
        );
    });

    test("what the case says was taken is delivered, and kept for those who want it again", async () => {
      await bed.start();
      await bed.pulls("house");
      const caseId = newCaseId();
      await bed.tell(caseId, addressed, acknowledged);
      await bed.states({ offered: 2 });
      await bed.tell(caseId, { version: 3n, fact: { case: "delivered", value: reference(caseId, 1) } });
      await bed.states({ delivered: 1, offered: 1 });
      expect(await rowsOf(caseId)).toMatchObject([
        { state: "delivered", empty: false },
        { state: "offered", empty: false },
      ]);
    });

    test("what was offered and not taken is posted in order under the same ids when its institution turns to webhooks, also over a restart", async () => {
      const { service } = await bed.start();
      await bed.pulls("house");
      const [one, two] = [newCaseId(), newCaseId()];
      await bed.tell(one, addressed, acknowledged);
      await bed.tell(two, addressed, acknowledged);
      await bed.states({ offered: 4 });
      await bed.tell(two, { version: 3n, fact: { case: "delivered", value: reference(two, 1) } });
      await bed.states({ offered: 3, delivered: 1 });
      await service.stop();
      const house = await bed.receiver("house");
      await bed.start();
      await bed.states({ delivered: 4 });
      const ids = idsOf(house);
      expect(ids).toHaveLength(3);
      expect(new Set(ids)).toEqual(new Set([webhookId(one, 1), webhookId(one, 2), webhookId(two, 2)]));
      expect(ids.indexOf(webhookId(one, 1))).toBeLessThan(ids.indexOf(webhookId(one, 2)));
      await bed.tell(one, { ...addressed, version: 3n });
      await arrived(house, 4);
      expect(idsOf(house).at(-1)).toBe(webhookId(one, 3));
    });
  });

describe("offers between worker and database", () => {
  beforeEach(async () => {
    bed = await Bed.open(testLogs()[0]!);
  });

  test("what waits out a back-off is offered at once when its institution turns to pulling", async () => {
    await bed.start();
    const house = await bed.receiver("house");
    house.answer = (_, response) => response.writeHead(503, { "retry-after": "3600" }).end();
    const caseId = newCaseId();
    await bed.tell(caseId, addressed, acknowledged);
    await bed.expectMessages(TOPICS.attempts, caseId, 1);
    await bed.pulls("house");
    const items = await bed.expectMessages(TOPICS.inbox, caseId, 2);
    expect(items[0]?.webhookId).toBe(idsOf(house)[0]);
    await bed.states({ offered: 2 });
  });

  test("what was taken from the inbox while it is being posted is not posted again, and what follows goes on", async () => {
    await bed.start({ limits: { deadlineMs: 20_000 } });
    await bed.pulls("house");
    const caseId = newCaseId();
    await bed.tell(caseId, addressed, acknowledged);
    await bed.states({ offered: 2 });
    const house = await bed.receiver("house");
    let fail = (): void => {};
    house.answer = (_, response) => {
      if (house.got.length > 1) response.end();
      else fail = () => response.writeHead(503, { "retry-after": "3600" }).end();
    };
    await arrived(house, 1);
    await bed.tell(caseId, { version: 3n, fact: { case: "delivered", value: reference(caseId, 1) } });
    await bed.states({ delivered: 1, waiting: 1 });
    fail();
    await bed.states({ delivered: 2 });
    expect(idsOf(house)).toEqual([webhookId(caseId, 1), webhookId(caseId, 2)]);
  });

  test("what nobody pulled is late, then parked and told, and offered again under the same id when an operator says so", async () => {
    const { admin } = await bed.start();
    await bed.pulls("house");
    const caseId = newCaseId();
    await bed.tell(caseId, addressed);
    await bed.states({ offered: 1 });
    await bed.db.query(sql`UPDATE ${deliveries()} SET late_at = now()`);
    expect(await bed.expectMessages(TOPICS.commands, caseId, 1)).toMatchObject([
      { act: { case: "recordDeliveryLate", value: { ...reference(caseId, 1), endpointId: "endpoint-house" } } },
    ]);
    await grownOld();
    await bed.states({ parked: 1 });
    expect(await rowsOf(caseId)).toMatchObject([{ reason: "not-pulled", empty: false }]);
    const retry = { method: "POST", headers: { "x-role": "operator" }, payload: { reason: "llamaron" } } as const;
    const url = `/admin/delivery/parked/${webhookId(caseId, 1)}/retry`;
    expect((await admin.inject({ ...retry, url })).statusCode).toBe(200);
    const items = await bed.expectMessages(TOPICS.inbox, caseId, 2);
    expect(new Set(items.map((item) => item.webhookId))).toEqual(new Set([webhookId(caseId, 1)]));
    await bed.states({ offered: 1 });
    await grownOld();
    const told = await bed.expectMessages(TOPICS.commands, caseId, 3);
    expect(told.slice(1).map(({ act }) => act)).toMatchObject(
      [1, 2].map(() => ({
        case: "recordUndeliverable",
        value: { ...reference(caseId, 1), reasonCode: "not-pulled" },
      })),
    );
    expect(new Set(told.map(({ commandId }) => commandId)).size).toBe(3);
  });

  test("what follows in a case waits until the log has what another service offered of it", async () => {
    await bed.start();
    await bed.pulls("house");
    const [held, free] = [newCaseId(), newCaseId()];
    await bed.db.query(sql`
      WITH alive AS (INSERT INTO ${sql.id(bed.schema, "engine_instance")} VALUES ('other', now() + interval '1 hour'))
      INSERT INTO ${sql.id(bed.schema, "outbox")} (owner, topic, key, value, headers)
      VALUES ('other', ${TOPICS.inbox}, ${held}, '', '{}')`);
    await bed.tell(held, addressed);
    await bed.states({ waiting: 1 });
    await bed.tell(free, addressed);
    await bed.states({ waiting: 1, offered: 1 });
    expect(await rowsOf(held)).toMatchObject([{ state: "waiting" }]);
    await bed.db.query(sql`DELETE FROM ${sql.id(bed.schema, "outbox")} WHERE owner = 'other'`);
    await bed.db.query(sql`SELECT pg_notify(${channelOf(bed.schema)}, '')`);
    await bed.states({ offered: 2 });
  });
});
