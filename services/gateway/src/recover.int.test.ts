// A gateway whose database was restored behind the log: whoever repeats is known, and nothing is taken twice.
import { sql } from "@ruta/db";
import { keepRows } from "@ruta/db/testing";
import { TOPICS } from "@ruta/events";
import { testLogs } from "@ruta/log/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { answer, smallRequest } from "./examples.ts";
import { Bed } from "./test-service.ts";
import type { Door } from "./test-service.ts";

describe.each(testLogs().filter(({ available }) => available))("restored behind the log in $name", (driver) => {
  let bed: Bed;
  let door: Door;
  beforeAll(async () => {
    bed = await Bed.open(driver);
    door = await bed.start();
    await bed.send(door, "sender", smallRequest(), "before");
  });
  afterAll(async () => bed?.close());

  /** Runs `meanwhile`, then puts the gateway's tables back to before it, and starts it again. */
  async function restoredAfter(meanwhile: () => Promise<void>, before: () => Promise<unknown> = async () => {}) {
    // What the log has is marked as sent a moment later: nothing is under way in this backup.
    await expect.poll(() => bed.db.query(sql`SELECT 1 FROM gateway.outbox`), { timeout: 5_000 }).toEqual([]);
    const putBack = await keepRows(bed.db.url, ["gateway"]);
    await meanwhile();
    await door.service.stop();
    await putBack();
    await before();
    door = await bed.start();
  }

  test("a repeat gets the first answer byte for byte, under its webhook-id and under its number, and makes no command", async () => {
    const request = JSON.stringify(smallRequest({ number: "R-7" }));
    const rehearsed = smallRequest({ rehearsal: "silent" });
    let first = { text: "", body: {} as Record<string, unknown> };
    let dry = first;
    await restoredAfter(async () => {
      first = await bed.send(door, "sender", request, "lost-1");
      dry = await bed.send(door, "sender", rehearsed, "lost-2");
    });
    const again = await bed.send(door, "sender", request, "lost-1");
    expect(again).toMatchObject({ status: 202, text: first.text });
    const queued = await bed.send(door, "sender", { ...(JSON.parse(request) as object), id: "another" }, "lost-3");
    expect(queued).toMatchObject({ status: 202, body: first.body });
    expect(await bed.send(door, "sender", rehearsed, "lost-2")).toMatchObject({ status: 202, text: dry.text });
    const other = await bed.send(door, "sender", smallRequest(), "lost-1");
    expect(other).toMatchObject({ status: 422, body: { code: "webhook-id-reused" } });
    expect(await bed.records(TOPICS.commands, String(first.body.case))).toHaveLength(1);
    // Its sender may name the person of its receipt, as before.
    const further = await bed.send(door, "sender", smallRequest({ person: { id: first.body.person } }), "more");
    expect(further.status).toBe(202);
  });

  test("without the keys of what came after the backup a repeat is told so; nothing is taken twice, and nobody else waits", async () => {
    const request = JSON.stringify(smallRequest({ number: "R-8" }));
    let first = { text: "", body: {} as Record<string, unknown> };
    await restoredAfter(
      async () => {
        first = await bed.send(door, "sender", request, "keyless");
      },
      () => bed.seal.destroyKeys([`k-${String(first.body.case)}`]),
    );
    const again = await bed.send(door, "sender", request, "keyless");
    expect(again).toMatchObject({ status: 410, body: { code: "claim-erased" } });
    expect(await bed.records(TOPICS.commands, String(first.body.case))).toHaveLength(1);
    const act = answer("cancel", { referral: first.body.referral, reasonCode: "other" });
    const [refused, ...taken] = await Promise.all([
      bed.send(door, "sender", act),
      ...[1, 2, 3].map(() => bed.send(door, "sender", smallRequest())),
    ]);
    expect(refused).toMatchObject({ status: 410, body: { code: "content-erased" } });
    expect(taken.map(({ status }) => status)).toEqual([202, 202, 202]);
  });

  test("content whose keys are later than the keyring is told to be gone, and what still opens is shown", async () => {
    const person = (narrative: string) => ({ ageBand: "18-59", identity: { name: { given: "Ana" } }, narrative });
    const ask = (number: string) => smallRequest({ number, person: person("largo ".repeat(5_000)) });
    const [whole, keyless] = [await bed.send(door, "sender", ask("K-1")), await bed.send(door, "sender", ask("K-2"))];
    const show = async ({ body }: { body: Record<string, unknown> }) => {
      const requested = { personId: String(body.person), serviceType: "ALO-FAM", ageBand: "18-59" };
      const command = (await bed.messages(TOPICS.commands, String(body.case)))[0]!;
      const fact = { case: "requested", value: requested } as const;
      await bed.tell(String(body.case), [{ requester: "sender", sections: command.sections, fact, status: 1 }]);
      return async () => (await bed.read(door, "sender", `/v1/referrals/${String(body.referral)}/content`)).body.person;
    };
    const [seen, unseen] = [await show(whole), await show(keyless)];
    // The keyring of before: it has the one person's key without what came later, and nothing of the other.
    const blobs = await bed.db.query<{ n: number }>(sql`delete from keyring.blob returning 1 as n`);
    expect(blobs.length).toBeGreaterThan(0);
    await bed.seal.destroyKeys([`k-${String(keyless.body.person)}`]);
    expect(await seen()).toMatchObject({ identity: { name: { given: "Ana" } }, unreadable: ["narrative"] });
    expect(await unseen()).toMatchObject({ erased: true });
    expect(bed.lines.filter((line) => line.includes("a section does not open"))).toHaveLength(1);
  });

  test("a cursor of before the restore names nothing that was put in its place", async () => {
    const ids = Array.from({ length: 6 }, (_, n) => `wh-${n}`);
    const offer = (webhookId: string) =>
      bed.offer({ webhookId, institution: "other", eventId: webhookId, caseId: `${webhookId}-case`, referralId: "r" });
    const page = async () => {
      const { body } = await bed.read(door, "other", "/v1/inbox?wait=10");
      return body as { items: { cursor: string; webhookId: string }[] };
    };
    let cursor = "";
    await restoredAfter(async () => {
      for (const id of ids) await offer(id);
      // Also one that comes after the backup, so that the gateway knows that it is behind.
      await bed.send(door, "sender", smallRequest(), "behind");
      await expect.poll(async () => (await page()).items.length, { timeout: 20_000 }).toBe(ids.length);
      cursor = (await page()).items[3]!.cursor;
    });
    await expect.poll(async () => (await page()).items.length, { timeout: 20_000 }).toBe(ids.length);
    await bed.post(door, "other", "/v1/inbox/ack", { cursor });
    const [row] = await bed.db.query<{ left: bigint }>(sql`
      select count(*) as left from gateway.inbox_item as n join gateway.inbox as i using (institution)
      where institution = 'other' and n.place > i.acknowledged`);
    expect(row?.left).toBe(6n);
  });
});
