// Delivery on a real database and each real log, to real HTTP endpoints: what is sent, how it is signed, what the case is told.
import { randomBytes } from "node:crypto";
import type { ServerResponse } from "node:http";
import { inspect } from "node:util";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { sql } from "@ruta/db";
import {
  ActorSchema,
  AttemptOutcome,
  Channel,
  Confidentiality,
  ExpectationSchema,
  InstitutionType,
  SectionKind,
  TOPICS,
  create,
  newCaseId,
} from "@ruta/events";
import type { ReferralCommand } from "@ruta/events";
import { createLogger } from "@ruta/kit";
import type { HttpApp, Metrics } from "@ruta/kit";
import { testLogs } from "@ruta/log/testing";
import { verifyWebhook } from "@ruta/proof";
import { Webhook } from "standardwebhooks";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { EventInit } from "./scenario.ts";
import type { Service } from "./service.ts";
import type { Received, Receiver } from "./test-receiver.ts";
import { Bed, SOON } from "./test-service.ts";

const addressed = { fact: { case: "addressed", value: {} } } as EventInit;
const acknowledged = { fact: { case: "acknowledged", value: {} } } as EventInit;
const arrived = (receiver: Receiver, count: number): Promise<void> =>
  vi.waitFor(() => expect(receiver.got.length).toBeGreaterThanOrEqual(count), SOON);
const answering =
  (status: number, headers: Record<string, string> = {}) =>
  (_: Received, response: ServerResponse): void =>
    void response.writeHead(status, headers).end();
const actOf = ({ act }: ReferralCommand): string | undefined => act.case;

for (const driver of testLogs())
  describe.skipIf(!driver.available)(`delivery on ${driver.name}`, () => {
    let bed: Bed;
    let service: Service;
    let admin: HttpApp;
    let metrics: Metrics;
    const lines: string[] = [];

    beforeAll(async () => {
      bed = await Bed.open(driver);
      const destination = { write: (line: string) => void lines.push(line) };
      const logger = createLogger({ service: "delivery", level: "debug", destination });
      ({ service, admin, metrics } = await bed.start({ logger }));
    });
    afterAll(() => bed.close());

    const get = async (url: string, role = "auditor") => {
      const { statusCode, body } = await admin.inject({ url, headers: { "x-role": role } });
      return { status: statusCode, body: JSON.parse(body) as { parked: Record<string, unknown>[] } };
    };
    const post = async (url: string, payload: object, role = "operator") => {
      const { statusCode, body } = await admin.inject({ method: "POST", url, headers: { "x-role": role }, payload });
      return { status: statusCode, body: JSON.parse(body) as Record<string, unknown> };
    };
    /** The parked delivery of a case's first referral. */
    const parkedOf = (caseId: string) =>
      vi.waitUntil(async () => {
        const { body } = await get("/admin/delivery/parked");
        return body.parked.find((row) => row["referral"] === `${caseId}-1`);
      }, SOON);

    it("sends what the npm library standardwebhooks verifies, and tells the case", async () => {
      const secret = new Uint8Array(randomBytes(32));
      const receiver = await bed.receiver("house", { secret });
      const caseId = newCaseId();
      await bed.tell(caseId, { fact: { case: "requested", value: {} } }, addressed);
      await arrived(receiver, 1);
      const [received] = receiver.got;
      const library = new Webhook(Buffer.from(secret).toString("base64"));
      const event = library.verify(received!.body, received!.headers as Record<string, string>);
      expect(event).toMatchObject({ specversion: "1.0", type: "ruta.referral.request", sequence: "0000000001" });
      expect(await bed.expectMessages(TOPICS.commands, caseId, 1)).toMatchObject([
        {
          actor: { institution: "hub", channel: Channel.HUB },
          referralId: `${caseId}-1`,
          act: { case: "recordDelivered", value: { eventId: `${caseId}-2`, institution: "house", attempts: 1 } },
        },
      ]);
      const webhookId = received!.headers["webhook-id"];
      expect(await bed.expectMessages(TOPICS.attempts, caseId, 1)).toMatchObject([
        { attempt: 1, status: 200, failure: "", outcome: AttemptOutcome.DELIVERED, webhookId, trigger: "schedule" },
      ]);
    });

    it("signs by the hub's own key where the recipient chose v1a", async () => {
      const receiver = await bed.receiver("house");
      await bed.tell(newCaseId(), addressed);
      await arrived(receiver, 1);
      const { headers, body } = receiver.got[0]!;
      const header = (name: string) => headers[`webhook-${name}`] as string;
      const verdict = verifyWebhook({
        headers: { id: header("id"), timestamp: header("timestamp"), signature: header("signature") },
        body,
        keys: [{ scheme: "v1a", publicKey: bed.signing.publicKey }],
        now: Date.now(),
      });
      expect(verdict).toEqual({ ok: true, keyIndex: 0 });
    });

    it("waits for the revision of the directory in which the recipient is", async () => {
      const caseId = newCaseId();
      await bed.tell(caseId, { ...addressed, performer: "new-house", directoryRevision: bed.revision + 1n });
      const receiver = await bed.receiver("new-house");
      await arrived(receiver, 1);
      expect(receiver.got[0]?.event.data["case"]).toBe(caseId);
    });

    it("sends an event once, however often the log repeats it", async () => {
      const receiver = await bed.receiver("house");
      const caseId = newCaseId();
      await bed.tell(caseId, addressed);
      await bed.tell(caseId, addressed, acknowledged);
      await bed.tell(caseId, addressed, acknowledged);
      const last = newCaseId();
      await bed.tell(last, addressed);
      await bed.expectMessages(TOPICS.commands, last, 1);
      await bed.expectMessages(TOPICS.commands, caseId, 2);
      const mine = receiver.got.filter(({ event }) => event.data["case"] === caseId);
      expect(mine.map(({ event }) => event.id)).toEqual([`${caseId}-1`, `${caseId}-2`]);
    });

    it("puts a case with a gap aside, loudly, and sends nothing of it", async () => {
      const receiver = await bed.receiver("house");
      const caseId = newCaseId();
      await bed.tell(caseId, { ...addressed, version: 2n });
      await vi.waitFor(async () => expect(await service.engine.parked()).toMatchObject([{ key: caseId }]), SOON);
      await bed.tell(newCaseId(), addressed);
      await arrived(receiver, 1);
      expect(receiver.got.every(({ event }) => event.data["case"] !== caseId)).toBe(true);
      expect(lines.some((line) => line.includes("a record was parked"))).toBe(true);
    });

    it("parks after three refusals, lets what follows go, and sends again when an operator says so", async () => {
      const receiver = await bed.receiver("house");
      receiver.answer = answering(422);
      const caseId = newCaseId();
      await bed.tell(caseId, addressed);
      for (const tries of [1, 2]) {
        await arrived(receiver, tries);
        await bed.passTime();
      }
      const parked = await parkedOf(caseId);
      expect(parked).toMatchObject({ institution: "house", reason: "rejected", attempts: 3 });
      expect(Object.keys(parked).toSorted()).toEqual([
        "attempts",
        "id",
        "institution",
        "parkedAt",
        "reason",
        "referral",
      ]);
      const [told] = await bed.expectMessages(TOPICS.commands, caseId, 1);
      expect(told?.act).toMatchObject({ case: "recordUndeliverable", value: { reasonCode: "rejected", attempts: 3 } });

      receiver.answer = answering(200);
      await bed.tell(caseId, { ...acknowledged, version: 2n });
      await arrived(receiver, 4);
      expect(receiver.got[3]?.event).toMatchObject({ sequence: "0000000002", type: "ruta.referral.acknowledge" });

      const url = `/admin/delivery/parked/${String(parked["id"])}/retry`;
      expect((await post(url, { reason: "arreglado" }, "auditor")).status).toBe(403);
      expect((await post(url, { reason: "" })).status).toBe(400);
      expect((await post(url, { reason: "arreglado", more: 1 })).status).toBe(400);
      expect((await post("/admin/delivery/parked/nothing/retry", { reason: "arreglado" })).status).toBe(404);
      expect(await post(url, { reason: "arreglado" })).toMatchObject({ status: 200, body: { id: parked["id"] } });
      await arrived(receiver, 5);
      expect(receiver.got[4]?.event).toMatchObject({ sequence: "0000000001", type: "ruta.referral.request" });
      expect(receiver.got[4]?.headers["webhook-id"]).toBe(parked["id"]);
      const commands = await bed.expectMessages(TOPICS.commands, caseId, 3);
      expect(commands.map(actOf)).toEqual(["recordUndeliverable", "recordDelivered", "recordDelivered"]);
      expect((await post(url, { reason: "otra vez" })).status).toBe(409);
      const attempts = await bed.expectMessages(TOPICS.attempts, caseId, 5);
      expect(attempts.at(-1)).toMatchObject({ trigger: "operator", attempt: 4 });
      const acts = await bed.messages(TOPICS.access, String(parked["id"]));
      expect(acts.map(({ access }) => access.value)).toMatchObject([
        { staff: "staff-1", act: "delivery.parked.retry", reason: "arreglado" },
      ]);
    });

    it("asks an endpoint that answered 410 no more, until there is another", async () => {
      const receiver = await bed.receiver("gone-house");
      receiver.answer = answering(410);
      const [first, second] = [newCaseId(), newCaseId()];
      await bed.tell(first, { ...addressed, performer: "gone-house" });
      expect(await parkedOf(first)).toMatchObject({ reason: "disabled", attempts: 1 });
      await bed.tell(second, { ...addressed, performer: "gone-house" });
      expect(await parkedOf(second)).toMatchObject({ reason: "disabled", attempts: 0 });
      expect(receiver.got).toHaveLength(1);
      const moved = await bed.receiver("gone-house");
      await bed.tell(newCaseId(), { ...addressed, performer: "gone-house" });
      await arrived(moved, 1);
    });

    it("parks what has no endpoint, and sends it once there is one", async () => {
      const caseId = newCaseId();
      await bed.tell(caseId, { ...addressed, performer: "no-house" });
      const parked = await parkedOf(caseId);
      expect(parked).toMatchObject({ reason: "no-endpoint", attempts: 0 });
      expect(await bed.messages(TOPICS.attempts, caseId)).toEqual([]);
      const receiver = await bed.receiver("no-house");
      await post(`/admin/delivery/parked/${String(parked["id"])}/retry`, { reason: "ya tiene" });
      await arrived(receiver, 1);
    });

    it("counts a private address as an attempt, and sends nothing there", async () => {
      await bed.register("inside", "https://10.0.0.1/in", { proved: true });
      const caseId = newCaseId();
      await bed.tell(caseId, { ...addressed, performer: "inside" });
      const [attempt] = await bed.expectMessages(TOPICS.attempts, caseId, 1);
      expect(attempt).toMatchObject({ failure: "address-refused", status: 0, outcome: AttemptOutcome.RETRY });
    });

    it("says when a try is made again, and what the recipient asked for", async () => {
      const receiver = await bed.receiver("house");
      receiver.answer = answering(503, { "retry-after": "600" });
      const caseId = newCaseId();
      await bed.tell(caseId, addressed);
      const [attempt] = await bed.expectMessages(TOPICS.attempts, caseId, 1);
      expect(attempt).toMatchObject({ status: 503, failure: "status", retryAfterS: 600, endpointId: "endpoint-house" });
      const waits = Number(attempt!.nextDue!.seconds - attempt!.startedAt!.seconds);
      expect(waits).toBeGreaterThanOrEqual(599);
      expect(waits).toBeLessThan(600 * 1.2 + 30);
    });

    it("tells the case once that a recipient is late", async () => {
      await bed.register("slow-house", "http://127.0.0.1:1/in", { proved: true });
      const caseId = newCaseId();
      const hour = 3_600_000;
      const since = Date.now() - hour;
      const until = timestampFromMs(since + 3 * hour);
      const expectation = create(ExpectationSchema, { institution: "slow-house", acts: ["accept"], until });
      await bed.tell(caseId, {
        ...addressed,
        performer: "slow-house",
        recordedAt: timestampFromMs(since),
        expectation,
      });
      const [late] = await bed.expectMessages(TOPICS.commands, caseId, 1);
      expect(late?.act).toMatchObject({
        case: "recordDeliveryLate",
        value: { eventId: `${caseId}-1`, institution: "slow-house", endpointId: "endpoint-slow-house" },
      });
      await bed.passTime();
      await bed.expectMessages(TOPICS.attempts, caseId, 2);
      expect(await bed.messages(TOPICS.commands, caseId)).toHaveLength(1);
    });

    it("shows in numbers what waits and what is parked, and names nobody", async () => {
      const text = await metrics.registry.metrics();
      expect(text).toMatch(/ruta_delivery_attempts_total\{verdict="delivered",failure="none"\} [1-9]/);
      expect(text).toMatch(/ruta_delivery_deliveries\{state="waiting"\} [1-9]/);
      expect(text).toMatch(/ruta_delivery_oldest_due_seconds \d/);
      expect(text).not.toMatch(/house|sender/);
    });

    it("lets nothing of a person out: not in bodies, records, tables, lines or numbers", async () => {
      const canary = `canary-${randomBytes(6).toString("hex")}`;
      const receiver = await bed.receiver("house", { type: InstitutionType.PRIVATE });
      const caseId = newCaseId();
      const person = `p-${caseId}`;
      await bed.seal.createKeys([{ keyId: `k-${person}`, subject: person }]);
      const [section] = await bed.seal.sealSections([
        { subject: person, kind: SectionKind.IDENTITY, keyId: `k-${person}`, plaintext: Buffer.from(canary) },
      ]);
      const actor = create(ActorSchema, { institution: "sender", worker: canary, channel: Channel.WEBHOOK });
      const requested = { case: "requested", value: { personId: person, reasonCode: canary, serviceType: "ALO-VBG" } };
      const confidentiality = Confidentiality.VERY_RESTRICTED;
      await bed.tell(caseId, { fact: requested, actor, sections: [section!], confidentiality } as EventInit, {
        ...addressed,
        actor,
        sections: [section!],
      });
      await arrived(receiver, 1);
      await bed.expectMessages(TOPICS.commands, caseId, 1);
      const sinks = [
        ...receiver.got.map(({ body, headers }) => body.toString("utf8") + JSON.stringify(headers)),
        ...lines,
        await metrics.registry.metrics(),
        JSON.stringify((await get("/admin/delivery/parked")).body),
        JSON.stringify((await get("/admin/delivery/attempts")).body),
        ...(await bed.messages(TOPICS.attempts, caseId)).map((attempt) => inspect(attempt, { depth: 10 })),
        ...(await bed.messages(TOPICS.commands, caseId)).map((told) => inspect(told, { depth: 10 })),
      ];
      expect(sinks.filter((sink) => sink.includes(canary) || sink.includes(person))).toEqual([]);
      const tables = [
        "deliveries",
        "lanes",
        "cases",
        "referrals",
        "recipients",
        "endpoints",
        "attempts",
        "redrives",
        "outbox",
        "parked",
      ];
      const rows = await Promise.all(
        tables.map((table) => bed.db.query(sql`SELECT t::text AS text FROM ${sql.id(bed.schema, table)} AS t`)),
      );
      expect(JSON.stringify(rows)).not.toContain(canary);
    });

    it("is ready, and says so", () => {
      expect(service.health()).toEqual({ ready: true, reasons: [] });
    });
  });
