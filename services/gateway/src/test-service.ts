// For tests: the gateway on a real database and log, with a directory, institutions that sign, and events told to it.
import { createHash, randomBytes } from "node:crypto";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { openDb } from "@ruta/db";
import type { Db } from "@ruta/db";
import { testDatabase } from "@ruta/db/testing";
import type { TestDatabase } from "@ruta/db/testing";
import {
  AccessTokenSchema,
  DirectoryRecordSchema,
  InboxItemSchema,
  InstitutionKeySchema,
  InstitutionSchema,
  InstitutionType,
  PlaceSchema,
  ReferralEventSchema,
  RevisionCommittedSchema,
  ServiceSchema,
  SignatureScheme,
  StaffRole,
  SystemFunction,
  TOPICS,
  TOPIC_SPECS,
  TermSchema,
  TerritorySchema,
  create,
  decodeRecord,
  encodeRecord,
} from "@ruta/events";
import type { DirectoryRecord, NewRecord, TopicMessage, TopicName } from "@ruta/events";
import { createHttp, createLogger, createMetrics } from "@ruta/kit";
import type { HttpApp, Metrics } from "@ruta/kit";
import type { Log, LogRecord } from "@ruta/log";
import type { TestLog } from "@ruta/log/testing";
import { generateKeyPair, newSecret, decodeSecret, webhookHeaders } from "@ruta/proof";
import type { SigningKey } from "@ruta/proof";
import { openSeal } from "@ruta/seal";
import type { Seal } from "@ruta/seal";
import { createGateway } from "./service.ts";
import type { GatewayDeps, Service } from "./service.ts";

/** How long tests wait for what is to come. */
export const SOON = { timeout: 20_000, interval: 20 };

/** Institutions of the test directory; `sender` signs by a shared secret, the others by Ed25519. */
const INSTITUTIONS: Readonly<Record<string, InstitutionType>> = {
  sender: InstitutionType.MUNICIPAL,
  performer: InstitutionType.PUBLIC,
  hostal: InstitutionType.PRIVATE,
  university: InstitutionType.ACADEMIA,
  other: InstitutionType.CIVIL_SOCIETY,
};

/** An answer as a test looks at it. */
export interface Answered {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly body: Record<string, unknown>;
}

/** A gateway that runs. */
export interface Door {
  readonly service: Service;
  readonly url: string;
  readonly admin: HttpApp;
  readonly metrics: Metrics;
}

/** What an event says, apart from its place in the case. */
export type EventInit = Parameters<typeof create<typeof ReferralEventSchema>>[1];

/** What an item of an inbox says. */
export type OfferInit = NonNullable<Parameters<typeof create<typeof InboxItemSchema>>[1]> & {
  readonly webhookId: string;
};

/** Reads an answer whole. */
export async function answered(response: Response): Promise<Answered> {
  const text = await response.text();
  const isJson = (response.headers.get("content-type") ?? "").includes("json");
  const body = isJson && text !== "" ? (JSON.parse(text) as Record<string, unknown>) : {};
  return { status: response.status, headers: response.headers, text, body };
}

/** A hub as far as the gateway sees it. */
export class Bed {
  readonly signing = generateKeyPair();
  /** Every line that any gateway of this bed has logged. */
  readonly lines: string[] = [];
  readonly keys = new Map<string, SigningKey>();
  readonly tokens = new Map<string, string>();
  readonly database: TestDatabase;
  readonly db: Db;
  readonly log: Log;
  readonly seal: Seal;
  private readonly services: Service[] = [];
  private revision = 0n;
  private sent = 0;

  private constructor(parts: Pick<Bed, "database" | "db" | "log" | "seal">) {
    this.database = parts.database;
    this.db = parts.db;
    this.log = parts.log;
    this.seal = parts.seal;
  }

  /** Makes the servers' parts of a hub, and the directory. */
  static async open(driver: TestLog): Promise<Bed> {
    const database = await testDatabase();
    const db = openDb({ url: database.url, name: "gateway-test" });
    const log = await driver.open(`gateway_${randomBytes(4).toString("hex")}.`);
    return Bed.on(database, db, log);
  }

  /** The same on a database and a log that the test has opened; the bed closes them. */
  static async on(database: TestDatabase, db: Db, log: Log): Promise<Bed> {
    await log.createTopics(TOPIC_SPECS);
    const seal = await openSeal({ url: database.url, masterKey: new Uint8Array(randomBytes(32)), schema: "keyring" });
    const bed = new Bed({ database, db, log, seal });
    await bed.commit(...bed.entries());
    return bed;
  }

  private entries(): DirectoryRecord["entry"][] {
    const competences = [{ serviceType: "ALO-FAM" }];
    const people = Object.entries(INSTITUTIONS).flatMap(([id, type]): DirectoryRecord["entry"][] => {
      const token = `rt_${randomBytes(24).toString("base64url")}`;
      this.tokens.set(id, token);
      const pair = generateKeyPair();
      const secret = decodeSecret(newSecret())!;
      this.keys.set(id, id === "sender" ? { scheme: "v1", secret } : { scheme: "v1a", seed: pair.seed });
      const keyId = `key-${id}`;
      const key =
        id === "sender"
          ? { scheme: SignatureScheme.V1, wrappedSecret: this.seal.wrap(secret, `institution-key:${keyId}`) }
          : { scheme: SignatureScheme.V1A, publicKey: pair.publicKey };
      const functions = [SystemFunction.EXECUTION];
      const sha256 = createHash("sha256").update(token).digest();
      return [
        { case: "institution", value: create(InstitutionSchema, { id, name: id, type, functions, competences }) },
        { case: "institutionKey", value: create(InstitutionKeySchema, { id: keyId, institution: id, ...key }) },
        { case: "accessToken", value: create(AccessTokenSchema, { id: `token-${id}`, institution: id, sha256 }) },
      ];
    });
    const base = { institution: "performer", serviceType: "ALO-FAM", acceptsReferrals: true };
    const places = ["house", "secret-house"];
    return [
      ...people,
      { case: "term", value: create(TermSchema, { code: "ALO-FAM", taxonomy: "service-type", name: "Alojamiento" }) },
      { case: "term", value: create(TermSchema, { code: "SP", taxonomy: "need", name: "Necesidad" }) },
      {
        case: "territory",
        value: create(TerritorySchema, { id: "parish-calderon", name: "Calderón", kind: "parish" }),
      },
      { case: "place", value: create(PlaceSchema, { id: "house", institution: "performer", address: "Calle 1" }) },
      {
        case: "place",
        value: create(PlaceSchema, { id: "secret-house", institution: "performer", confidential: true }),
      },
      { case: "service", value: create(ServiceSchema, { id: "lodging", name: "Lodging", places, ...base }) },
    ];
  }

  /** Adds a revision to the directory. */
  async commit(...entries: DirectoryRecord["entry"][]): Promise<void> {
    this.revision += 1n;
    const { revision } = this;
    const end = create(RevisionCommittedSchema, { staff: "bootstrap", entries: entries.length });
    const all = [...entries, { case: "revisionCommitted" as const, value: end }];
    await this.log.append(
      all.map((entry, i) => {
        const meta = { id: `${revision}-${i}`, source: "/ruta/directory", type: "ruta.directory.entry", time: 0 };
        return encodeRecord(TOPICS.directory, "directory", create(DirectoryRecordSchema, { revision, entry }), meta);
      }),
    );
  }

  /** Starts a gateway on it; several may run at once. */
  async start(deps: Partial<GatewayDeps> = {}): Promise<Door> {
    const logger = createLogger({
      service: "gateway",
      level: "debug",
      destination: { write: (line) => void this.lines.push(line) },
    });
    const admin = createHttp({ logger, bodyLimit: 10_000 });
    admin.addHook("preHandler", async (request) => {
      const staff = {
        id: "staff-1",
        roles: [StaffRole.AUDITOR],
        signature: randomBytes(64),
        bodySha256: randomBytes(32),
      };
      Object.assign(request, { staff });
    });
    const metrics = createMetrics();
    const service = await createGateway({
      log: this.log,
      db: this.db,
      schema: "gateway",
      seal: this.seal,
      signingSeed: this.signing.seed,
      publicKeys: async () => [{ publicKey: this.signing.publicKey, since: 0, until: undefined }],
      logger,
      metrics,
      config: { RUTA_PORT: 0, RUTA_HOST: "127.0.0.1", RUTA_RATE: 0 },
      admin,
      ...deps,
    });
    this.services.push(service);
    await service.start();
    return { service, url: `http://127.0.0.1:${service.port()}`, admin, metrics };
  }

  /** The signature headers of an institution over a body. */
  signed(
    institution: string,
    body: Uint8Array,
    id = `msg-${(this.sent += 1)}`,
    at = Date.now(),
  ): Record<string, string> {
    const key = this.keys.get(institution)!;
    return webhookHeaders({ id, timestampS: Math.floor(at / 1000), body, key });
  }

  /** Posts an act as an institution. */
  async send(door: Door, institution: string, event: unknown, id?: string): Promise<Answered> {
    const body = Buffer.from(typeof event === "string" ? event : JSON.stringify(event));
    const headers = { ...this.signed(institution, body, id), "content-type": "application/cloudevents+json" };
    return answered(await fetch(`${door.url}/v1/in/${institution}`, { method: "POST", headers, body }));
  }

  /** GET as an institution. */
  async read(door: Door, institution: string, path: string, headers: Record<string, string> = {}): Promise<Answered> {
    const authorization = `Bearer ${this.tokens.get(institution)}`;
    return answered(await fetch(`${door.url}${path}`, { headers: { authorization, ...headers } }));
  }

  /** Appends events of a case as the router would, versions 1, 2, 3 … from `first` on. */
  async tell(caseId: string, events: readonly EventInit[], first = 1): Promise<void> {
    await this.log.append(
      events.map((init, i) => {
        const version = BigInt(first + i);
        const usual = { caseId, version, recordedAt: timestampFromMs(Date.now()), referralId: `${caseId}-1` };
        const event = create(ReferralEventSchema, { ...usual, ...init });
        const meta = {
          id: `${caseId}-${version}`,
          source: "/ruta/router",
          type: "ruta.referral.fact",
          time: Date.now(),
        };
        return encodeRecord(TOPICS.events, caseId, event, meta);
      }),
    );
  }

  /** POST of JSON with a token, as a reader does. */
  async post(door: Door, institution: string, path: string, body: unknown): Promise<Answered> {
    const headers = { authorization: `Bearer ${this.tokens.get(institution)}`, "content-type": "application/json" };
    const text = typeof body === "string" ? body : JSON.stringify(body);
    return answered(await fetch(`${door.url}${path}`, { method: "POST", headers, body: text }));
  }

  /** Appends items of inboxes as delivery would; answers their records. */
  async offer(...items: readonly OfferInit[]): Promise<NewRecord[]> {
    const records = items.map((init) => {
      const body = Buffer.from(JSON.stringify({ specversion: "1.0", id: init.webhookId, data: {} }));
      const usual = { contentType: "application/cloudevents+json", body, offeredAt: timestampFromMs(Date.now()) };
      const item = create(InboxItemSchema, { ...usual, ...init });
      const meta = { id: init.webhookId, source: "/ruta/delivery", type: "ruta.delivery.offered", time: Date.now() };
      return encodeRecord(TOPICS.inbox, item.caseId === "" ? item.institution : item.caseId, item, meta);
    });
    await this.log.append(records);
    return records;
  }

  /** The records of a topic, of one key when it is named. */
  async records(topic: TopicName, key?: string): Promise<LogRecord[]> {
    const found: LogRecord[] = [];
    for (const { partition, start, end } of await this.log.offsets(topic))
      for (let next = start; next < end;) {
        const read = await this.log.read(topic, partition, next);
        found.push(...read.filter((one) => key === undefined || one.key === key));
        const last = read.at(-1);
        if (!last) break;
        next = last.offset + 1n;
      }
    return found;
  }

  /** The messages of a topic that lie under a key, in order. */
  async messages<T extends TopicName>(topic: T, key: string): Promise<TopicMessage<T>[]> {
    return (await this.records(topic, key)).map(({ value }) => decodeRecord(topic, value));
  }

  async close(): Promise<void> {
    for (const service of this.services) await service.stop();
    await this.seal.close();
    await this.log.close();
    await this.db.close();
    await this.database.drop();
  }
}
