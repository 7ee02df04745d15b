// The router on a real database and each real log: decides once, goes on after a restart, waits for a directory, mends by staff.
import { randomBytes } from "node:crypto";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import type { MessageInitShape } from "@bufbuild/protobuf";
import { openDb } from "@ruta/db";
import type { Db } from "@ruta/db";
import { testDatabase } from "@ruta/db/testing";
import type { TestDatabase } from "@ruta/db/testing";
import {
  ActorSchema,
  Channel,
  Confidentiality,
  DirectoryRecordSchema,
  ReferralCommandSchema,
  RevisionCommittedSchema,
  SectionKind,
  StaffRole,
  TOPICS,
  TOPIC_SPECS,
  create,
  decodeRecord,
  encodeRecord,
  eventId,
  newCaseId,
  randomId,
  referralId,
} from "@ruta/events";
import type { DirectoryRecord, ReferralEvent } from "@ruta/events";
import { createHttp, createLogger } from "@ruta/kit";
import type { HttpApp } from "@ruta/kit";
import { silentLogger } from "@ruta/log";
import type { Log, LogRecord } from "@ruta/log";
import { testLogs } from "@ruta/log/testing";
import { openSeal } from "@ruta/seal";
import type { Seal } from "@ruta/seal";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { QUITO, asks, factsOf, usual } from "./scenario.ts";
import { createRouter } from "./service.ts";
import type { Service } from "./service.ts";

type CommandInit = MessageInitShape<typeof ReferralCommandSchema>;

const SOON = { timeout: 15_000, interval: 20 };

/** An admin app that believes a header instead of a signature; nothing else differs from the hub's. */
function adminApp(): HttpApp {
  const app = createHttp({ logger: createLogger({ service: "test", level: "silent" }), bodyLimit: 10_000 });
  app.addHook("preHandler", async (request) => {
    const role = request.headers["x-role"] === "operator" ? StaffRole.OPERATOR : StaffRole.AUDITOR;
    const staff = { id: "staff-1", roles: [role], signature: randomBytes(64), bodySha256: randomBytes(32) };
    Object.assign(request, { staff });
  });
  return app;
}

for (const driver of testLogs())
  describe.skipIf(!driver.available)(`the router on ${driver.name}`, () => {
    let database: TestDatabase;
    let db: Db;
    let log: Log;
    let seal: Seal;
    let admin: HttpApp;
    let router: Service;
    let revision = 0n;

    async function commit(...entries: DirectoryRecord["entry"][]): Promise<void> {
      revision += 1n;
      const end = create(RevisionCommittedSchema, { staff: "bootstrap", entries: entries.length });
      const all = [...entries, { case: "revisionCommitted" as const, value: end }];
      await log.append(
        all.map((entry, i) =>
          encodeRecord(TOPICS.directory, "directory", create(DirectoryRecordSchema, { revision, entry }), {
            id: `${revision}-${i}`,
            source: "/ruta/directory",
            type: "ruta.directory.entry",
            time: 0,
          }),
        ),
      );
    }

    function command(caseId: string, act: ReturnType<typeof asks>, by: string, rest: CommandInit = {}) {
      const commandId = rest.commandId ?? randomId();
      const message = create(ReferralCommandSchema, {
        commandId,
        caseId,
        referralId: referralId(caseId, 1),
        actor: create(ActorSchema, { institution: by, worker: "op-7", channel: Channel.WEBHOOK }),
        receivedAt: timestampFromMs(Date.now()),
        directoryRevision: rest.directoryRevision ?? revision,
        sections: rest.sections ?? [],
        act,
      });
      const meta = {
        id: commandId,
        source: "/ruta/gateway",
        type: "ruta.referral.act",
        time: Date.now(),
        traceparent: "00-a",
      };
      return encodeRecord(TOPICS.commands, caseId, message, meta);
    }

    async function records(caseId: string): Promise<LogRecord[]> {
      const found: LogRecord[] = [];
      for (const { partition, start, end } of await log.offsets(TOPICS.events))
        for (let next = start; next < end;) {
          const read = await log.read(TOPICS.events, partition, next);
          found.push(...read.filter(({ key }) => key === caseId));
          const last = read.at(-1);
          if (!last) break;
          next = last.offset + 1n;
        }
      return found;
    }

    /** Waits until the case has this many events, and answers them. */
    async function events(caseId: string, count: number): Promise<ReferralEvent[]> {
      const found = await vi.waitUntil(async () => {
        const sent = await records(caseId);
        return sent.length >= count ? sent : undefined;
      }, SOON);
      return found.map(({ value }) => decodeRecord(TOPICS.events, value));
    }

    async function start(): Promise<void> {
      admin = adminApp();
      router = await createRouter({ log, db, schema: "router", seal, logger: silentLogger, admin });
      await router.start();
    }

    const get = async (url: string, role = "auditor") => {
      const { statusCode, body } = await admin.inject({ url, headers: { "x-role": role } });
      return { status: statusCode, body: JSON.parse(body) as Record<string, never> };
    };
    const post = async (url: string, payload: object, role = "operator") => {
      const { statusCode, body } = await admin.inject({ method: "POST", url, headers: { "x-role": role }, payload });
      return { status: statusCode, body: JSON.parse(body) as Record<string, unknown> };
    };

    beforeAll(async () => {
      database = await testDatabase();
      db = openDb({ url: database.url, name: "router-test" });
      log = await driver.open(`router_${randomBytes(4).toString("hex")}.`);
      await log.createTopics(TOPIC_SPECS);
      seal = await openSeal({ url: database.url, masterKey: new Uint8Array(randomBytes(32)), schema: "keyring" });
      const kinds = ["institution", "service", "endpoint"] as const;
      await commit(
        ...kinds.flatMap((kind) => QUITO.all(kind).map((value) => ({ case: kind, value }) as DirectoryRecord["entry"])),
      );
      await start();
    });
    afterAll(async () => {
      await router.stop();
      await seal.close();
      await log.close();
      await db.close();
      await database.drop();
    });

    it("chooses by what it alone opens, and re-routes a refusal, in records that name their cause", async () => {
      const [caseId, person] = [newCaseId(), `p-${randomId()}`];
      await seal.createKeys([{ keyId: `k-${person}`, subject: person }]);
      const routing = Buffer.from(JSON.stringify({ accused: ["house-b"], sex: "female" }));
      const sections = await seal.sealSections([
        { subject: person, kind: SectionKind.ROUTING, keyId: `k-${person}`, plaintext: routing },
      ]);
      await log.append([
        command(caseId, asks({ personId: person }), "sender", { sections, commandId: "first" }),
        command(caseId, usual("reject", 0), "house-a", { commandId: "second" }),
      ]);
      const decided = await events(caseId, 5);
      expect(factsOf(decided)).toEqual(["requested", "addressed", "rejected", "requested", "addressed"]);
      expect(decided.map(({ performer }) => performer)).toEqual(["", "house-a", "house-a", "", "house-c"]);
      expect(decided.map(({ version }) => Number(version))).toEqual([1, 2, 3, 4, 5]);
      const sent = await records(caseId);
      expect(sent.map(({ headers }) => headers["ce_id"])).toEqual([
        eventId("first", 0),
        eventId("first", 1),
        ...[0, 1, 2].map((ordinal) => eventId("second", ordinal)),
      ]);
      expect(sent[4]?.headers).toMatchObject({
        ce_type: "ruta.referral.addressed",
        ce_source: "/ruta/router",
        traceparent: "00-a",
      });
      expect(decided[4]?.cause).toMatchObject({ topic: TOPICS.commands, commandId: "second" });
    });

    it("chooses by what superseded the first routing, even where both come in one batch with the choice", async () => {
      const [caseId, person] = [newCaseId(), `p-${randomId()}`];
      await seal.createKeys([{ keyId: `k-${person}`, subject: person }]);
      const routing = (accused: string[]) =>
        seal.sealSections([
          {
            subject: person,
            kind: SectionKind.ROUTING,
            keyId: `k-${person}`,
            plaintext: Buffer.from(JSON.stringify({ accused })),
          },
        ]);
      const [first, second] = [await routing(["house-c"]), await routing(["house-b"])];
      const supersedes = [first[0]?.sectionId ?? ""];
      await log.append([
        command(caseId, asks({ personId: person }), "sender", { sections: first }),
        command(caseId, { case: "supplement", value: { supersedes } }, "sender", { sections: second }),
        command(caseId, usual("reject", 0), "house-a"),
      ]);
      const decided = await events(caseId, 6);
      expect(factsOf(decided)).toEqual("requested addressed supplemented rejected requested addressed".split(" "));
      expect(decided.at(-1)?.performer).toBe("house-c");
      expect(decided.at(-1)?.performerMay).toEqual(["receive", "accept", "reject", "supplement"]);
    });

    it("decides a command once, however often the log repeats it, before and after a restart", async () => {
      const caseId = newCaseId();
      const request = command(caseId, asks(), "sender");
      const accept = command(caseId, usual("accept", 0), "house-a");
      await log.append([request, request, accept]);
      await events(caseId, 3);
      await router.stop();
      await log.append([request, accept]);
      await start();
      await log.append([accept, command(caseId, usual("start", 0), "house-a")]);
      expect(factsOf(await events(caseId, 4))).toEqual(["requested", "addressed", "accepted", "started"]);
    });

    it("answers a rehearsal for its counterpart through the log, once, also where the request comes again", async () => {
      const [caseId, nowhere] = [newCaseId(), newCaseId()];
      const request = command(caseId, asks({ rehearsal: "complete" }), "sender");
      await log.append([
        request,
        request,
        command(nowhere, asks({ rehearsal: "complete", serviceType: "DOC-REF" }), "sender"),
      ]);
      await events(caseId, 6);
      await router.stop();
      await log.append([request]);
      await start();
      await log.append([command(caseId, { case: "acknowledge", value: {} }, "sender")]);
      const decided = await events(caseId, 7);
      expect(factsOf(decided)).toEqual(
        "requested addressed received accepted started completed acknowledged".split(" "),
      );
      expect(decided.map(({ rehearsal }) => rehearsal)).toEqual(Array(7).fill("complete"));
      expect((await records(caseId)).map(({ headers }) => headers.traceparent)).toEqual(Array(7).fill("00-a"));
      expect((await events(nowhere, 2)).at(-1)?.fact.case).toBe("worklisted");
      const { referrals } = (await get("/admin/router/worklist")).body as unknown as { referrals: object[] };
      expect(JSON.stringify(referrals)).not.toContain(nowhere);
      expect((await get(`/admin/router/cases/${nowhere}`)).body).toMatchObject({ rehearsal: "complete" });
    });

    it("does not send on a person whose key was destroyed", async () => {
      const [caseId, person] = [newCaseId(), `p-${randomId()}`];
      await seal.createKeys([{ keyId: `k-${person}`, subject: person }]);
      const content = {
        subject: person,
        kind: SectionKind.ROUTING,
        keyId: `k-${person}`,
        plaintext: Buffer.from("{}"),
      };
      const sections = await seal.sealSections([content]);
      await log.append([command(caseId, asks({ personId: person }), "sender", { sections })]);
      await events(caseId, 2);
      await seal.destroyKeys([`k-${person}`]);
      await log.append([command(caseId, usual("reject", 0), "house-a")]);
      expect((await events(caseId, 5)).at(-1)?.fact).toMatchObject({
        case: "worklisted",
        value: { reasonCode: "content-gone" },
      });
    });

    it("waits for the directory under which the door validated, and parks nothing", async () => {
      const caseId = newCaseId();
      await log.append([
        command(caseId, asks({ serviceType: "ALIM" }), "sender", { directoryRevision: revision + 1n }),
      ]);
      await commit({
        case: "service",
        value: { ...QUITO.all("service")[0]!, id: "meals-a", serviceType: "ALIM" },
      });
      const [, addressed] = await events(caseId, 2);
      expect(addressed).toMatchObject({ directoryRevision: revision, performer: "house-a" });
      expect(await router.engine.parked()).toEqual([]);
    });

    it("shows what waits on the worklist, and nothing of what a case of class V is about", async () => {
      const [open, hidden] = [newCaseId(), newCaseId()];
      await log.append([
        command(open, asks({ serviceType: "DOC-REF" }), "sender"),
        command(hidden, asks({ serviceType: "ALO-VBG", confidentiality: Confidentiality.VERY_RESTRICTED }), "sender"),
      ]);
      await Promise.all([events(open, 2), events(hidden, 2)]);
      const { referrals } = (await get("/admin/router/worklist")).body as unknown as {
        referrals: Record<string, unknown>[];
      };
      expect(referrals.find((row) => row["case"] === open)).toMatchObject({
        serviceType: "DOC-REF",
        requester: "sender",
        phase: "worklisted",
      });
      const row = referrals.find((r) => r["case"] === hidden);
      expect(row).toMatchObject({ confidentiality: "V", phase: "worklisted" });
      expect(JSON.stringify(row)).not.toMatch(/ALO-VBG|sender/);
    });

    it("tries again when an operator asks, by a command like any other, with the act on record", async () => {
      const caseId = newCaseId();
      const referral = referralId(caseId, 1);
      await log.append([command(caseId, asks({ serviceType: "LEG" }), "sender")]);
      await events(caseId, 2);
      const url = `/admin/router/worklist/${referral}/retry`;
      expect((await post(url, { reason: "llamada" }, "auditor")).status).toBe(403);
      expect((await post(url, { reason: "" })).status).toBe(400);
      expect(
        (await post(`/admin/router/worklist/${referralId(newCaseId(), 1)}/retry`, { reason: "llamada" })).status,
      ).toBe(404);
      await commit({ case: "service", value: { ...QUITO.all("service")[1]!, id: "law-b", serviceType: "LEG" } });
      // The command names no revision of its own: wait until the router has this one.
      const probe = newCaseId();
      await log.append([command(probe, asks(), "sender")]);
      await events(probe, 2);
      expect((await post(url, { reason: "llamada" })).status).toBe(200);
      const addressed = (await events(caseId, 3)).at(-1);
      expect(addressed).toMatchObject({
        performer: "house-b",
        actor: { institution: "hub", worker: "staff-1", channel: Channel.STAFF },
        fact: { case: "addressed", value: { chosenBy: "chosen-by-operator" } },
      });
      const access = await Promise.all(
        (await log.offsets(TOPICS.access)).map(({ partition, start }) => log.read(TOPICS.access, partition, start)),
      );
      const acts = access.flat().map(({ value }) => decodeRecord(TOPICS.access, value).access.value);
      expect(acts).toMatchObject([
        { staff: "staff-1", act: "router.worklist.retry", target: referral, reason: "llamada" },
      ]);
      expect((await post(url, { reason: "otra vez" })).status).toBe(409);
    });

    it("shows a case by ids and codes, by its id or a referral's", async () => {
      const caseId = newCaseId();
      await log.append([command(caseId, asks(), "sender"), command(caseId, usual("accept", 0), "house-a")]);
      await events(caseId, 3);
      const { body } = await get(`/admin/router/cases/${referralId(caseId, 1)}`);
      expect(body).toMatchObject({ case: caseId, version: 3, confidentiality: "N" });
      expect(body["referrals"]).toMatchObject([
        { phase: "accepted", performer: "house-a", expected: { institution: "house-a" } },
      ]);
      expect((await get(`/admin/router/cases/${newCaseId()}`)).status).toBe(404);
      expect((await get("/admin/router/cases/..%2Fetc")).status).toBe(404);
    });

    it("parks what is no command of its case, lets others pass, and releases it for an operator", async () => {
      const [caseId, other] = [newCaseId(), newCaseId()];
      const { value } = command(newCaseId(), asks(), "sender");
      const wrong = { ...command(caseId, asks(), "sender"), value };
      await log.append([wrong, command(other, asks(), "sender")]);
      await events(other, 2);
      const parked = await vi.waitUntil(async () => {
        const records = await router.engine.parked();
        return records.length > 0 ? records : undefined;
      }, SOON);
      expect(parked).toMatchObject([{ key: caseId, topic: TOPICS.commands, reason: "undecodable" }]);
    });

    it("is ready, and says so", () => {
      expect(router.health()).toEqual({ ready: true, reasons: [] });
    });
  });
