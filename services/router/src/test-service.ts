// For tests: a router on a real database and a real log, with what a test tells it and reads back.
import { randomBytes } from "node:crypto";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import type { MessageInitShape } from "@bufbuild/protobuf";
import { openDb } from "@ruta/db";
import type { Db } from "@ruta/db";
import { testDatabase } from "@ruta/db/testing";
import {
  ActorSchema,
  Channel,
  DirectoryRecordSchema,
  ReferralCommandSchema,
  RevisionCommittedSchema,
  StaffRole,
  StaffSchema,
  TOPICS,
  TOPIC_SPECS,
  create,
  decodeRecord,
  encodeRecord,
  randomId,
  referralId,
} from "@ruta/events";
import type { AdministrativeAct, DirectoryRecord, NewRecord, ReferralEvent, TopicName } from "@ruta/events";
import { createHttp, createLogger, createMetrics } from "@ruta/kit";
import type { HttpApp } from "@ruta/kit";
import { silentLogger } from "@ruta/log";
import type { Log, LogRecord } from "@ruta/log";
import type { TestLog } from "@ruta/log/testing";
import { openSeal } from "@ruta/seal";
import type { Seal } from "@ruta/seal";
import { vi } from "vitest";
import { QUITO } from "./scenario.ts";
import type { asks } from "./scenario.ts";
import { createRouter } from "./service.ts";
import type { Service } from "./service.ts";

type CommandInit = MessageInitShape<typeof ReferralCommandSchema>;

/** Bounds of every wait for a state. */
export const SOON = { timeout: 15_000, interval: 20 };

/** What an administrative route answered. */
interface Answered {
  readonly status: number;
  readonly body: Record<string, unknown>;
}

/** A running router. */
export interface Bed {
  readonly db: Db;
  readonly log: Log;
  readonly seal: Seal;
  /** The router that runs now. */
  router(): Service;
  start(): Promise<void>;
  /** The directory's last revision. */
  revision(): bigint;
  /** Commits entries as the next revision. */
  commit(...entries: DirectoryRecord["entry"][]): Promise<void>;
  /** The record of an act of `by`. */
  command(caseId: string, act: ReturnType<typeof asks>, by: string, rest?: CommandInit): NewRecord;
  /** The events of a case as the log has them. */
  records(caseId: string): Promise<LogRecord[]>;
  /** Waits until the case has this many events, and answers them. */
  events(caseId: string, count: number): Promise<ReferralEvent[]>;
  /** The acts of staff on record for a target. */
  acts(target: string): Promise<AdministrativeAct[]>;
  get(url: string, role?: string): Promise<Answered>;
  post(url: string, payload: object, role?: string): Promise<Answered>;
  close(): Promise<void>;
}

/** An admin app that believes a header instead of a signature; nothing else differs from the hub's. */
function adminApp(): HttpApp {
  const app = createHttp({ logger: createLogger({ service: "test", level: "silent" }), bodyLimit: 10_000 });
  app.addHook("preHandler", async (request) => {
    const role = request.headers["x-role"] === "operator" ? StaffRole.OPERATOR : StaffRole.AUDITOR;
    const proof = { signature: randomBytes(64), publicKey: randomBytes(32), bodySha256: randomBytes(32) };
    Object.assign(request, { staff: { id: "staff-1", roles: [role], ...proof } });
  });
  return app;
}

/** Starts a router over the directory of the stories, with two members of staff. */
export async function openBed(driver: TestLog): Promise<Bed> {
  const database = await testDatabase();
  const db = openDb({ url: database.url, name: "router-test" });
  const log = await driver.open(`router_${randomBytes(4).toString("hex")}.`);
  await log.createTopics(TOPIC_SPECS);
  const seal = await openSeal({ url: database.url, masterKey: new Uint8Array(randomBytes(32)), schema: "keyring" });
  let admin = adminApp();
  let router: Service | undefined;
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

  function command(caseId: string, act: ReturnType<typeof asks>, by: string, rest: CommandInit = {}): NewRecord {
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
    return encodeRecord(TOPICS.commands, caseId, message, {
      id: commandId,
      source: "/ruta/gateway",
      type: "ruta.referral.act",
      time: Date.now(),
      traceparent: "00-a",
    });
  }

  async function read(topic: TopicName, key: string): Promise<LogRecord[]> {
    const found: LogRecord[] = [];
    for (const { partition, start, end } of await log.offsets(topic))
      for (let next = start; next < end;) {
        const records = await log.read(topic, partition, next);
        found.push(...records.filter((record) => record.key === key));
        const last = records.at(-1);
        if (!last) break;
        next = last.offset + 1n;
      }
    return found;
  }

  async function start(): Promise<void> {
    admin = adminApp();
    router = await createRouter({
      log,
      db,
      schema: "router",
      seal,
      logger: silentLogger,
      admin,
      metrics: createMetrics(),
    });
    await router.start();
  }

  async function ask(method: "GET" | "POST", url: string, role: string, payload?: object): Promise<Answered> {
    const asked = { method, url, headers: { "x-role": role }, ...(payload ? { payload } : {}) };
    const { statusCode, body } = await admin.inject(asked);
    return { status: statusCode, body: JSON.parse(body) as Record<string, unknown> };
  }

  const kinds = ["institution", "service", "endpoint"] as const;
  const member = (id: string, roles: StaffRole[]) => ({
    case: "staff" as const,
    value: create(StaffSchema, { id, roles }),
  });
  await commit(
    ...kinds.flatMap((kind) => QUITO.all(kind).map((value) => ({ case: kind, value }) as DirectoryRecord["entry"])),
    member("op-2", [StaffRole.OPERATOR]),
    member("auditor", [StaffRole.AUDITOR]),
  );
  await start();

  return {
    db,
    log,
    seal,
    router: () => router!,
    start,
    revision: () => revision,
    commit,
    command,
    records: (caseId) => read(TOPICS.events, caseId),
    async events(caseId, count) {
      const found = await vi.waitUntil(async () => {
        const sent = await read(TOPICS.events, caseId);
        return sent.length >= count ? sent : undefined;
      }, SOON);
      return found.map(({ value }) => decodeRecord(TOPICS.events, value));
    },
    async acts(target) {
      const records = await read(TOPICS.access, target);
      return records.flatMap(({ value }) => {
        const { access } = decodeRecord(TOPICS.access, value);
        return access.case === "administrativeAct" ? [access.value] : [];
      });
    },
    get: (url, role = "auditor") => ask("GET", url, role),
    post: (url, payload, role = "operator") => ask("POST", url, role, payload),
    async close() {
      await router?.stop();
      await seal.close();
      await log.close();
      await db.close();
      await database.drop();
    },
  };
}
