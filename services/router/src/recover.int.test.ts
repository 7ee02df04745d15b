// A router whose database was restored behind the log: what was decided stands as it was, and what was cut off is completed.
import { sql } from "@ruta/db";
import { keepRows } from "@ruta/db/testing";
import {
  CauseSchema,
  ReferralEventSchema,
  SectionKind,
  ServiceSchema,
  TOPICS,
  create,
  decodeRecord,
  encodeRecord,
  eventId,
  newCaseId,
  randomId,
  referralId,
} from "@ruta/events";
import { testLogs } from "@ruta/log/testing";
import type { LogRecord } from "@ruta/log";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { asks, factsOf, usual } from "./scenario.ts";
import { openBed } from "./test-service.ts";
import type { Bed } from "./test-service.ts";

const bytesOf = (records: readonly LogRecord[]): string[] =>
  records.map(({ headers, value }) => `${headers.ce_id} ${Buffer.from(value).toString("base64")}`);

for (const driver of testLogs())
  describe.skipIf(!driver.available)(`a router restored behind the log on ${driver.name}`, () => {
    let bed: Bed;
    let { log, seal, commit, command, records, events } = {} as Bed;
    beforeAll(async () => {
      bed = await openBed(driver);
      ({ log, seal, commit, command, records, events } = bed);
    });
    afterAll(() => bed?.close());

    /** Runs `meanwhile`, then puts the database back to before it, and starts the router again. */
    async function restoredAfter(
      meanwhile: () => Promise<void>,
      before: () => Promise<void> = async () => {},
    ): Promise<void> {
      // What the log has is marked as sent a moment later: nothing is under way in this backup.
      await expect.poll(() => bed.db.query(sql`SELECT 1 FROM router.outbox`), { timeout: 5_000 }).toEqual([]);
      const putBack = await keepRows(bed.db.url, ["router"]);
      await meanwhile();
      await bed.router().stop();
      await putBack();
      await before();
      await bed.start();
    }

    it("decides nothing again that the log has, under whatever directory and keys it would be decided now", async () => {
      const [known, fresh, person] = [newCaseId(), newCaseId(), `p-${randomId()}`];
      await seal.createKeys([{ keyId: `k-${person}`, subject: person }]);
      const routing = Buffer.from(JSON.stringify({ accused: ["house-a"] }));
      const content = { subject: person, kind: SectionKind.ROUTING, keyId: `k-${person}`, plaintext: routing };
      const sections = await seal.sealSections([content]);
      await log.append([command(known, asks(), "sender")]);
      await events(known, 2);
      const last = command(fresh, usual("accept", 0), "house-b");
      let before: string[] = [];
      await restoredAfter(
        async () => {
          await log.append([
            command(known, usual("reject", 0), "house-a"),
            command(fresh, asks({ personId: person }), "sender", { sections }),
            last,
          ]);
          await events(known, 5);
          await events(fresh, 3);
          before = bytesOf([...(await records(known)), ...(await records(fresh))]);
        },
        async () => {
          // Today neither house would be chosen for it: both have closed.
          const closed = { serviceType: "ALO-FAM", acceptsReferrals: false };
          for (const house of ["a", "b"])
            await commit({
              case: "service",
              value: create(ServiceSchema, { id: `beds-${house}`, institution: `house-${house}`, ...closed }),
            });
          await seal.destroyKeys([`k-${person}`]);
        },
      );
      await log.append([
        last,
        command(known, usual("reject", 0), "house-a"),
        command(fresh, usual("start", 0), "house-b"),
      ]);
      const { fact } = (await events(known, 6))[5]!;
      expect(fact).toMatchObject({ case: "refused", value: { code: "already-recorded" } });
      expect(factsOf(await events(fresh, 4))).toEqual(["requested", "addressed", "accepted", "started"]);
      const after = bytesOf([...(await records(known)), ...(await records(fresh))]);
      expect(after.filter((one) => before.includes(one))).toEqual(before);
      expect(after).toHaveLength(before.length + 2);
    });

    it("completes a decision of which only the first events had reached the log", async () => {
      const [earlier, caseId] = [newCaseId(), newCaseId()];
      await log.append([command(earlier, asks(), "sender")]);
      await events(earlier, 2);
      const asked = command(caseId, asks(), "sender", { commandId: `cut-${caseId}` });
      // The log as it is where the broker has taken the first event, and the database was lost before the second was sent.
      await restoredAfter(async () => {
        await bed.router().stop();
        const [place] = await log.append([asked]);
        const [like] = await records(earlier);
        const first = decodeRecord(TOPICS.events, like!.value);
        const cause = { topic: TOPICS.commands, ...place!, commandId: `cut-${caseId}` };
        const event = create(ReferralEventSchema, {
          ...first,
          caseId,
          referralId: referralId(caseId, 1),
          cause: create(CauseSchema, cause),
        });
        const meta = {
          id: eventId(cause.commandId, 0),
          source: "/ruta/router",
          type: "ruta.referral.requested",
          time: 0,
        };
        await log.append([encodeRecord(TOPICS.events, caseId, event, meta)]);
      });
      const decided = await events(caseId, 2);
      expect(factsOf(decided)).toEqual(["requested", "addressed"]);
      expect((await records(caseId)).map(({ headers }) => headers.ce_id)).toEqual(
        [0, 1].map((ordinal) => eventId(`cut-${caseId}`, ordinal)),
      );
      await log.append([command(caseId, usual("accept", 0), decided[1]!.performer)]);
      expect(factsOf(await events(caseId, 3))).toEqual(["requested", "addressed", "accepted"]);
    });

    it("a first start on an empty database takes in everything that the log has", async () => {
      const caseId = newCaseId();
      await log.append([command(caseId, asks(), "sender"), command(caseId, usual("accept", 0), "house-c")]);
      await events(caseId, 3);
      const before = bytesOf(await records(caseId));
      await bed.router().stop();
      await bed.db.query(sql`DROP SCHEMA router CASCADE`);
      await bed.start();
      await log.append([command(caseId, usual("start", 0), "house-c")]);
      expect(factsOf(await events(caseId, 4)).at(-1)).toBe("started");
      expect(bytesOf(await records(caseId)).slice(0, 3)).toEqual(before);
    });
  });
