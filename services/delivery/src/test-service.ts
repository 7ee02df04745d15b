// For tests: delivery on a real database and log, a directory of its own, and events told to it.
import { randomBytes } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { openDb, sql } from "@ruta/db";
import type { Db } from "@ruta/db";
import { testDatabase } from "@ruta/db/testing";
import type { TestDatabase } from "@ruta/db/testing";
import {
  DeliveryMode,
  DirectoryRecordSchema,
  EndpointSchema,
  InstitutionSchema,
  InstitutionType,
  PayloadFormat,
  RevisionCommittedSchema,
  SignatureScheme,
  StaffRole,
  TOPICS,
  TOPIC_SPECS,
  create,
  decodeRecord,
  encodeRecord,
} from "@ruta/events";
import type { DirectoryRecord, Endpoint, TopicMessage, TopicName } from "@ruta/events";
import { createHttp, createLogger, createMetrics } from "@ruta/kit";
import type { HttpApp, Metrics } from "@ruta/kit";
import { silentLogger } from "@ruta/log";
import type { Log, LogLogger } from "@ruta/log";
import type { TestLog } from "@ruta/log/testing";
import { generateKeyPair } from "@ruta/proof";
import { openSeal } from "@ruta/seal";
import type { Seal } from "@ruta/seal";
import { vi } from "vitest";
import { channelOf } from "./intake.ts";
import type { Limits } from "./limits.ts";
import { eventOf } from "./scenario.ts";
import type { EventInit } from "./scenario.ts";
import { fingerprintOf } from "./send.ts";
import { createDelivery } from "./service.ts";
import { startReceiver } from "./test-receiver.ts";
import type { Receiver } from "./test-receiver.ts";
import type { DeliveryDeps, Service } from "./service.ts";
import type { Wire } from "./wire.ts";

/** How long tests wait for what is to come. */
export const SOON = { timeout: 20_000, interval: 20 };

/** Bounds short enough for tests; a worker counts as dead as late as in production, so that a slow test run kills none. */
export const QUICK: Partial<Limits> = {
  deadlineMs: 3_000,
  beatMs: 100,
  pollMs: 200,
  stopMs: 300,
};

/** Of an exchange of which nothing was seen. */
export const NO_WIRE: Wire = {
  origin: "",
  remoteAddress: "",
  tlsVersion: "",
  resolvedMs: 0,
  connectedMs: 0,
  firstByteMs: 0,
  keyIds: [],
};

/** An admin app that believes a header instead of a signature; nothing else differs from the hub's. */
export function adminApp(): HttpApp {
  const app = createHttp({ logger: createLogger({ service: "test", level: "silent" }), bodyLimit: 10_000 });
  app.addHook("preHandler", async (request) => {
    const role = request.headers["x-role"] === "operator" ? StaffRole.OPERATOR : StaffRole.AUDITOR;
    const staff = { id: "staff-1", roles: [role], signature: randomBytes(64), bodySha256: randomBytes(32) };
    Object.assign(request, { staff });
  });
  return app;
}

/** A hub as far as delivery sees it. */
export class Bed {
  readonly signing = generateKeyPair();
  readonly schema = "delivery";
  revision = 0n;
  readonly database: TestDatabase;
  readonly db: Db;
  readonly log: Log;
  readonly seal: Seal;
  readonly masterKey: Uint8Array;
  readonly prefix: string;
  private readonly receivers: Receiver[] = [];
  private readonly services: Service[] = [];

  private constructor(parts: Pick<Bed, "database" | "db" | "log" | "seal" | "masterKey" | "prefix">) {
    this.database = parts.database;
    this.db = parts.db;
    this.log = parts.log;
    this.seal = parts.seal;
    this.masterKey = parts.masterKey;
    this.prefix = parts.prefix;
  }

  /** Makes the servers' parts of a hub. */
  static async open(driver: TestLog): Promise<Bed> {
    const database = await testDatabase();
    const db = openDb({ url: database.url, name: "delivery-test" });
    const prefix = `delivery_${randomBytes(4).toString("hex")}.`;
    const log = await driver.open(prefix);
    await log.createTopics(TOPIC_SPECS);
    const masterKey = new Uint8Array(randomBytes(32));
    const seal = await openSeal({ url: database.url, masterKey, schema: "keyring" });
    return new Bed({ database, db, log, seal, masterKey, prefix });
  }

  /** Starts delivery on it. */
  async start(deps: Partial<DeliveryDeps> = {}): Promise<{ service: Service; admin: HttpApp; metrics: Metrics }> {
    const admin = adminApp();
    const metrics = createMetrics();
    const logger: LogLogger = deps.logger ?? silentLogger;
    const service = await createDelivery({
      log: this.log,
      db: this.db,
      schema: this.schema,
      seal: this.seal,
      signingSeeds: [this.signing.seed],
      logger,
      config: { RUTA_ALLOW_LOOPBACK: "1" },
      admin,
      metrics,
      ...deps,
      limits: { ...QUICK, ...deps.limits },
    });
    this.services.push(service);
    await service.start();
    return { service, admin, metrics };
  }

  /** Adds a revision to the directory. */
  async commit(...entries: DirectoryRecord["entry"][]): Promise<void> {
    this.revision += 1n;
    const { revision } = this;
    const end = create(RevisionCommittedSchema, { staff: "bootstrap", entries: entries.length });
    const all = [...entries, { case: "revisionCommitted" as const, value: end }];
    const records = all.map((entry, i) =>
      encodeRecord(TOPICS.directory, "directory", create(DirectoryRecordSchema, { revision, entry }), {
        id: `${revision}-${i}`,
        source: "/ruta/directory",
        type: "ruta.directory.entry",
        time: 0,
      }),
    );
    await this.log.append(records);
  }

  /** Registers an institution's endpoint; v1 with `secret`, else v1a. With `proved` it is not asked for its proof again. */
  async register(
    institution: string,
    url: string,
    options: {
      secret?: Uint8Array;
      type?: InstitutionType;
      ratePerSecond?: number;
      format?: PayloadFormat;
      proved?: boolean;
    } = {},
  ): Promise<Endpoint> {
    const { secret, type = InstitutionType.MUNICIPAL, ratePerSecond = 0, proved = false } = options;
    const { format = PayloadFormat.UNSPECIFIED } = options;
    const id = `endpoint-${institution}`;
    const signed = secret
      ? { scheme: SignatureScheme.V1, wrappedSecret: this.seal.wrap(secret, `endpoint:${id}`) }
      : { scheme: SignatureScheme.V1A };
    const endpoint = create(EndpointSchema, { id, institution, url, ratePerSecond, format, ...signed });
    if (proved)
      await this.db.query(sql`
        INSERT INTO ${sql.id(this.schema, "proofs")} (institution, fingerprint, proved_at)
        VALUES (${institution}, ${fingerprintOf(endpoint)}, now())`);
    await this.commit(
      { case: "institution", value: create(InstitutionSchema, { id: institution, type }) },
      { case: "endpoint", value: endpoint },
    );
    return endpoint;
  }

  /** Registers an institution that pulls. */
  async pulls(institution: string): Promise<void> {
    const endpoint = { id: `endpoint-${institution}`, institution, mode: DeliveryMode.INBOX };
    await this.commit(
      {
        case: "institution",
        value: create(InstitutionSchema, { id: institution, type: InstitutionType.MUNICIPAL }),
      },
      { case: "endpoint", value: create(EndpointSchema, endpoint) },
    );
  }

  /** An institution with an endpoint of its own that stops with the bed. */
  async receiver(institution: string, options: Parameters<Bed["register"]>[2] = {}): Promise<Receiver> {
    const receiver = await startReceiver();
    this.receivers.push(receiver);
    await this.register(institution, receiver.url, options);
    return receiver;
  }

  /** Appends events of a case, versions 1, 2, 3 … unless they say otherwise. */
  async tell(caseId: string, ...events: EventInit[]): Promise<void> {
    await this.log.append(
      events.map((init, i) => {
        const now = Date.now();
        const usual = {
          caseId,
          version: BigInt(i + 1),
          recordedAt: timestampFromMs(now),
          directoryRevision: this.revision,
        };
        const event = eventOf({ ...usual, ...init });
        const id = `${caseId}-${event.version}`;
        const meta = { id, source: "/ruta/router", type: "ruta.referral.fact", time: now };
        return encodeRecord(TOPICS.events, caseId, event, meta);
      }),
    );
  }

  /** The messages of a topic, in order inside each partition; of one key when it is named. */
  async messages<T extends TopicName>(topic: T, key?: string): Promise<TopicMessage<T>[]> {
    const found: TopicMessage<T>[] = [];
    for (const { partition, start, end } of await this.log.offsets(topic))
      for (let next = start; next < end;) {
        const read = await this.log.read(topic, partition, next);
        found.push(
          ...read.filter((one) => key === undefined || one.key === key).map(({ value }) => decodeRecord(topic, value)),
        );
        const last = read.at(-1);
        if (!last) break;
        next = last.offset + 1n;
      }
    return found;
  }

  /** Makes every waiting lane due, as time would, once no worker has one in hand. */
  async passTime(): Promise<void> {
    const lanes = sql.id(this.schema, "lanes");
    await vi.waitUntil(async () => {
      const held = await this.db.query(sql`SELECT FROM ${lanes} WHERE holder IS NOT NULL`);
      return held.length === 0;
    }, SOON);
    await this.db.query(sql`UPDATE ${lanes} SET next_due = now() WHERE next_due IS NOT NULL`);
    await this.db.query(sql`SELECT pg_notify(${channelOf(this.schema)}, '')`);
  }

  /** Makes the next probe of every endpoint due, as time would. */
  async passProbe(): Promise<void> {
    await this.db.query(sql`UPDATE ${sql.id(this.schema, "endpoints")} SET probe_at = now()`);
    await this.db.query(sql`SELECT pg_notify(${channelOf(this.schema)}, '')`);
  }

  /** Waits until an institution's inbox was given so many items, and answers them as CloudEvents. */
  async inbox(institution: string, count: number): Promise<Record<string, unknown>[]> {
    const items = await this.expectMessages(TOPICS.inbox, institution, count);
    return items.map(({ body }) => JSON.parse(Buffer.from(body).toString("utf8")) as Record<string, unknown>);
  }

  /** Waits until so many deliveries are in each state, and none in any other. */
  async states(counts: Readonly<Record<string, number>>): Promise<void> {
    await vi.waitUntil(async () => {
      const rows = await this.db.query<{ state: string; count: number }>(sql`
        SELECT state, count(*)::integer AS count FROM ${sql.id(this.schema, "deliveries")} GROUP BY state`);
      return isDeepStrictEqual(Object.fromEntries(rows.map(({ state, count }) => [state, count])), counts);
    }, SOON);
  }

  /** Waits until a topic holds so many messages under a key, and answers them. */
  async expectMessages<T extends TopicName>(topic: T, key: string, count: number): Promise<TopicMessage<T>[]> {
    return vi.waitUntil(async () => {
      const found = await this.messages(topic, key);
      return found.length >= count ? found : undefined;
    }, SOON);
  }

  async close(): Promise<void> {
    for (const service of this.services) await service.stop();
    for (const receiver of this.receivers) await receiver.stop();
    await this.seal.close();
    await this.log.close();
    await this.db.close();
    await this.database.drop();
  }
}
