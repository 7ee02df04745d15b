// Delivery whose database was restored behind the log: what was taken is not sent anew, what was not is, all under the same ids.
import { sql } from "@ruta/db";
import { keepRows } from "@ruta/db/testing";
import { TOPICS, newCaseId } from "@ruta/events";
import { testLogs } from "@ruta/log/testing";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { EventInit } from "./scenario.ts";
import type { Service } from "./service.ts";
import type { Received, Receiver } from "./test-receiver.ts";
import { Bed, SOON } from "./test-service.ts";

const addressed = { performer: "house", fact: { case: "addressed", value: {} } } as EventInit;
const acknowledged = { performer: "house", fact: { case: "acknowledged", value: {} } } as EventInit;
const idOf = ({ headers }: Received): string => String(headers["webhook-id"]);

for (const driver of testLogs())
  describe.skipIf(!driver.available)(`delivery restored behind the log on ${driver.name}`, () => {
    let bed: Bed;
    let service: Service;
    let house: Receiver;
    beforeAll(async () => {
      bed = await Bed.open(driver);
      ({ service } = await bed.start());
      house = await bed.receiver("house");
      await bed.tell(newCaseId(), addressed);
      await bed.states({ delivered: 1 });
    });
    afterAll(() => bed?.close());

    const rows = () =>
      bed.db.query<{ id: string; state: string; attempts: number; sequence: bigint; reason: string | null }>(sql`
        SELECT delivery_id AS id, state, attempts, sequence, parked_reason AS reason FROM ${sql.id(bed.schema, "deliveries")}
        ORDER BY delivery_id`);
    const attempts = () =>
      bed.db.query(sql`SELECT delivery_id, outcome, started_at FROM ${sql.id(bed.schema, "attempts")} ORDER BY 1, 3`);

    it("sends nothing again that was taken or parked, keeps numbers and attempts, and goes on with what waited", async () => {
      const [waiting, taken, refused, open] = [newCaseId(), newCaseId(), newCaseId(), newCaseId()];
      house.answer = (_, response) => void response.writeHead(503).end();
      await bed.tell(waiting, addressed);
      await vi.waitFor(() => expect(house.got).toHaveLength(2), SOON);
      await vi.waitUntil(async () => (await attempts()).length === 2, SOON);
      const putBack = await keepRows(bed.db.url, [bed.schema]);

      house.answer = (_, response) => void response.writeHead(200).end();
      await bed.passTime();
      await bed.tell(taken, addressed, acknowledged);
      await vi.waitFor(() => expect(house.got.length).toBeGreaterThanOrEqual(5), SOON);
      await bed.states({ delivered: 4 });
      await bed.tell(refused, { ...addressed, performer: "nowhere" });
      await bed.states({ delivered: 4, parked: 1 });
      await service.stop();
      const before = { rows: await rows(), attempts: await attempts() };
      const got = house.got.length;
      await putBack();
      await bed.tell(open, addressed);
      ({ service } = await bed.start());

      await vi.waitFor(() => expect(house.got.length).toBeGreaterThan(got), SOON);
      await bed.states({ delivered: 5, parked: 1 });
      expect(house.got).toHaveLength(got + 1);
      expect(new Set(house.got.slice(0, -1).map(idOf))).not.toContain(idOf(house.got.at(-1)!));
      const known = new Set(before.rows.map(({ id }) => id));
      expect((await rows()).filter(({ id }) => known.has(id))).toEqual(before.rows);
      expect(await attempts()).toEqual(expect.arrayContaining(before.attempts));
      const tries = await bed.messages(TOPICS.attempts);
      expect(tries).toHaveLength((await attempts()).length);
    });
  });
