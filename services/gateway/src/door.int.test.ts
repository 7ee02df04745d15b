// The door on real servers: what is taken is durable, sealed and receipted; what comes again gets the first answer again.
import { sql } from "@ruta/db";
import { SectionKind, TOPICS, decodeRecord, derivedId } from "@ruta/events";
import type { Log } from "@ruta/log";
import { testLogs } from "@ruta/log/testing";
import { verifyReceipt } from "@ruta/proof";
import { Webhook } from "standardwebhooks";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { answer, familyRequest, smallRequest } from "./examples.ts";
import { Bed, SOON, answered } from "./test-service.ts";
import type { Door } from "./test-service.ts";

/** Identities of the example family, in every form in which they could lie about. */
const CANARIES = [
  "Yuleima",
  "Zambrano",
  "Quilismal",
  "099123456",
  "+593 99 000 0000",
  "Maikelys",
  "Carcelén",
  "antes de las 18h",
];

describe.each(testLogs().filter(({ available }) => available))("with the log in $name", (driver) => {
  let bed: Bed;
  let door: Door;
  let second: Door;
  beforeAll(async () => {
    bed = await Bed.open(driver);
    [door, second] = await Promise.all([bed.start(), bed.start()]);
  });
  afterAll(async () => bed?.close());

  const commands = async (caseId: unknown) => bed.records(TOPICS.commands, String(caseId));
  const family = (number: string) => familyRequest({ number, performer: "performer", person: undefined, members: [] });

  test("a 202 means that the command is in the log, under the key of its case, with an id derived from its cause", async () => {
    const { status, body } = await bed.send(door, "sender", smallRequest(), "first");
    expect(status).toBe(202);
    const [record, ...more] = await commands(body.case);
    expect(more).toEqual([]);
    expect(record?.headers).toMatchObject({
      ce_id: derivedId("command", "sender", "first"),
      ce_type: "ruta.referral.request",
      ce_source: "/ruta/gateway",
    });
    const command = decodeRecord(TOPICS.commands, record!.value);
    expect(command).toMatchObject({ webhookId: "first", actor: { institution: "sender" }, directoryRevision: 1n });
    expect(command.sections.map(({ kind }) => kind)).toEqual([SectionKind.RAW]);
  });

  test("the receipt names what was taken, and verifies with the body and the hub's public key alone", async () => {
    const event = JSON.stringify(smallRequest({ number: "R-1" }));
    const { body } = await bed.send(door, "sender", event, "receipted");
    const keys = [bed.signing.publicKey];
    expect(verifyReceipt(body.receipt, keys, Buffer.from(event))).toMatchObject({ ok: true, body: "matches" });
    expect(verifyReceipt(body.receipt, keys, Buffer.from(`${event} `))).toEqual({ ok: false, reason: "another-body" });
    expect(body.receipt).toMatchObject({
      institution: "sender",
      webhookId: "receipted",
      caseId: body.case,
      referralId: body.referral,
      personIds: [body.person],
    });
  });

  test("the same webhook again gets the first answer, byte for byte, at any gateway; another body under its id is refused", async () => {
    const event = JSON.stringify(smallRequest({ number: "I-1" }));
    const first = await bed.send(door, "sender", event, "again");
    const again = await bed.send(second, "sender", event, "again");
    expect(again).toMatchObject({ status: 202, text: first.text });
    const other = await bed.send(door, "sender", smallRequest({ number: "I-2" }), "again");
    expect(other).toMatchObject({ status: 422, body: { code: "webhook-id-reused" } });
    expect(await commands(first.body.case)).toHaveLength(1);
  });

  test("the same number under a new webhook-id is the same referral; with other content it is refused", async () => {
    const first = await bed.send(door, "sender", smallRequest({ number: "N-1" }), "n-1");
    const later = await bed.send(
      door,
      "sender",
      { ...smallRequest({ number: "N-1" }), id: "2", time: "2026-11-20T10:00:00Z" },
      "n-2",
    );
    expect(later).toMatchObject({ status: 202, text: first.text });
    const other = await bed.send(door, "sender", smallRequest({ number: "N-1", priority: "normal" }), "n-3");
    expect(other).toMatchObject({ status: 409, body: { code: "number-reused", field: "data.number" } });
    expect(await bed.send(door, "performer", smallRequest({ number: "N-1" }), "n-1")).toMatchObject({ status: 202 });
  });

  test("a repeat gets no 202 while the command of the first request is not in the log, so that nothing overtakes it", async () => {
    const held = Promise.withResolvers<void>();
    const append: Log["append"] = async (records) => {
      await held.promise;
      return bed.log.append(records);
    };
    const cut = await bed.start({ log: { ...bed.log, append } });
    const event = JSON.stringify(smallRequest({ number: "W-1" }));
    const first = bed.send(cut, "sender", event, "waits");
    const claims = () => bed.db.query(sql`SELECT FROM gateway.claim WHERE webhook_id = 'waits'`);
    await expect.poll(claims, SOON).toHaveLength(1);
    const early = await bed.send(door, "sender", event, "waits");
    expect(early).toMatchObject({ status: 409, body: { code: "still-running" } });
    expect((await bed.records(TOPICS.commands)).map(({ headers }) => headers.ce_id)).not.toContain(
      derivedId("command", "sender", "waits"),
    );
    held.resolve();
    const { text, body } = await first;
    await expect.poll(() => bed.send(door, "sender", event, "waits"), SOON).toMatchObject({ status: 202, text });
    expect(await commands(body.case)).toHaveLength(1);
  });

  test("twenty at once at two gateways make one command, and each sender gets the answer in the end", async () => {
    const event = JSON.stringify(smallRequest({ number: "C-1" }));
    const doors = Array.from({ length: 20 }, (_, i) => (i % 2 === 0 ? door : second));
    const answers = await Promise.all(doors.map((one) => bed.send(one, "sender", event, "at-once")));
    const waiting = answers.filter(({ status }) => status !== 202);
    for (const { status, body, headers } of waiting)
      expect([status, body.code, headers.get("retry-after")]).toEqual([409, "still-running", "1"]);
    const settled = await Promise.all(doors.map((one) => bed.send(one, "sender", event, "at-once")));
    const taken = settled.filter(({ status }) => status === 202);
    expect(new Set([...answers, ...taken].filter(({ status }) => status === 202).map(({ text }) => text)).size).toBe(1);
    expect(await commands(taken[0]?.body.case)).toHaveLength(1);
  });

  test("a hundred different ones at once are all taken", async () => {
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, i) => bed.send(door, "sender", family(`H-${i}`))),
    );
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 100 }, () => 202));
    expect(new Set(answers.map(({ body }) => body.case)).size).toBe(100);
  });

  test("a person is named only by whoever holds a receipt of it", async () => {
    const { body } = await bed.send(door, "sender", smallRequest({ person: { ageBand: "18-59" } }));
    const person = { id: body.person };
    expect(await bed.send(door, "sender", smallRequest({ person }))).toMatchObject({
      status: 202,
      body: { person: body.person },
    });
    const members = [{ relation: "CHILD" }, { id: body.person }];
    expect(await bed.send(door, "other", smallRequest({ members }))).toMatchObject({
      status: 404,
      body: { code: "person-not-found", field: "data.members.1.id" },
    });
  });

  test("an answer to a referral of others, or to none, is told that there is none, and nothing of it is recorded", async () => {
    const { body } = await bed.send(door, "sender", smallRequest());
    const stranger = await bed.send(door, "other", answer("accept", { referral: body.referral }));
    expect(stranger).toMatchObject({ status: 404, body: { code: "referral-not-found", field: "data.referral" } });
    expect(await bed.send(door, "other", answer("accept"))).toMatchObject({ status: 404 });
    expect(await commands(body.case)).toHaveLength(1);
    expect(
      await bed.send(door, "sender", answer("cancel", { referral: body.referral, reasonCode: "other" })),
    ).toMatchObject({
      status: 202,
    });
  });

  test("what was erased cannot be compared: a repeat is told so", async () => {
    const event = JSON.stringify(smallRequest({ number: "E-1" }));
    const { body } = await bed.send(door, "sender", event, "erased");
    await bed.seal.destroyKeys([`k-${String(body.case)}`]);
    expect(await bed.send(door, "sender", event, "erased")).toMatchObject({
      status: 410,
      body: { code: "claim-erased" },
    });
  });

  test("the npm package standardwebhooks signs what the door takes", async () => {
    const key = bed.keys.get("sender");
    const secret = key?.scheme === "v1" ? Buffer.from(key.secret).toString("base64") : "";
    const payload = JSON.stringify(smallRequest({ number: "S-1" }));
    const now = new Date();
    const headers = {
      "content-type": "application/json",
      "webhook-id": "msg_by_library",
      "webhook-timestamp": String(Math.floor(now.getTime() / 1000)),
      "webhook-signature": new Webhook(secret).sign("msg_by_library", now, payload),
    };
    const response = await fetch(`${door.url}/v1/in/sender`, { method: "POST", headers, body: payload });
    expect(await answered(response)).toMatchObject({ status: 202 });
  });

  test("identities of a family stand in clear in no topic, table, log line, metric or answer", async () => {
    const taken = await bed.send(
      door,
      "sender",
      familyRequest({ performer: "performer", number: "K-1", person: { ...person() } }),
    );
    expect(taken.status).toBe(202);
    const refused = await bed.send(door, "sender", familyRequest({ performer: "performer", priority: "Yuleima" }));
    expect(refused.status).toBe(400);
    const texts = [taken.text, refused.text, await door.metrics.registry.metrics(), ...bed.lines];
    for (const topic of Object.values(TOPICS))
      for (const { key, value, headers } of await bed.records(topic))
        texts.push(key, JSON.stringify(headers), ...forms(value));
    const tables = await bed.db.query<{ schema: string; name: string }>(sql`
      select table_schema as schema, table_name as name from information_schema.tables
      where table_schema not in ('pg_catalog', 'information_schema')`);
    for (const { schema, name } of tables)
      for (const { line } of await bed.db.query<{ line: string }>(
        sql`select t::text as line from ${sql.id(schema, name)} t`,
      ))
        texts.push(
          line,
          ...[...line.matchAll(/\\x([0-9a-f]+)/g)].flatMap(([, hex = ""]) => forms(Buffer.from(hex, "hex"))),
        );
    const all = texts.join("\n");
    expect(all).toContain("K-1");
    for (const canary of CANARIES)
      for (const form of [
        canary,
        Buffer.from(canary).toString("base64").replace(/=+$/, ""),
        Buffer.from(canary).toString("hex"),
      ])
        expect(all.includes(form), canary).toBe(false);
  });
});

function person(): Record<string, unknown> {
  const { person: example } = familyRequest().data as { person: Record<string, unknown> };
  return { ...example, accused: [] };
}

function forms(bytes: Uint8Array): string[] {
  return [Buffer.from(bytes).toString("utf8"), Buffer.from(bytes).toString("utf16le")];
}
