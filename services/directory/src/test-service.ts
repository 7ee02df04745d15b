// The directory service for tests with real servers: a database and a log of its own, instances, and who asks them.
import { createHash, randomBytes } from "node:crypto";
import { openDb } from "@ruta/db";
import { testDatabase } from "@ruta/db/testing";
import { DirectoryFold, TOPICS, TOPIC_SPECS, decodeRecord } from "@ruta/events";
import type { Directory } from "@ruta/events";
import { silentLogger } from "@ruta/log";
import type { Log, LogRecord } from "@ruta/log";
import type { TestLog } from "@ruta/log/testing";
import { encodePublicKey, generateKeyPair } from "@ruta/proof";
import { openSeal } from "@ruta/seal";
import type { Seal } from "@ruta/seal";
import fastify from "fastify";
import type { FastifyInstance } from "fastify";
import { createDirectory } from "./service.ts";
import type { Service } from "./service.ts";

/** A new public key as whpk_…. */
export const publicKey = (): string => encodePublicKey(generateKeyPair().publicKey);

/** RUTA_FIRST_ADMIN of the tests: `ana` administers, `recovery` recovers. */
const FIRST = `ana:${publicKey()},recovery:${publicKey()}`;

/** An answer of an administrative route. */
interface Answer {
  readonly status: number;
  readonly body: Record<string, unknown>;
}

/** One running instance and how to ask it, as `ana` unless the headers say otherwise. */
interface Instance {
  readonly service: Service;
  readonly ask: (
    method: "GET" | "POST",
    path: string,
    body?: object,
    headers?: Record<string, string>,
  ) => Promise<Answer>;
  stop(): Promise<void>;
}

/** What the instances of a test share. */
export interface TestService {
  readonly log: Log;
  readonly seal: Seal;
  /** Starts an instance in a schema; with other first staff or on another log where they are given. */
  started(schema: string, options?: { readonly first?: string; readonly on?: Log }): Promise<Instance>;
  /** What the log holds, folded by somebody who knows nothing else. */
  folded(): Promise<{ directory: Directory; records: LogRecord[] }>;
  /** Another, empty log. */
  emptyLog(): Promise<Log>;
  close(): Promise<void>;
}

/** The admin app of a test: it believes headers instead of a signature, and nothing else differs. */
function adminApp(): FastifyInstance {
  const admin = fastify();
  admin.addHook("preHandler", async (request) => {
    const signature = request.headers["x-signature"];
    const body = JSON.stringify(request.body ?? "");
    Object.assign(request, {
      staff: {
        id: request.headers["x-staff"],
        publicKey: createHash("sha256")
          .update(String(request.headers["x-key"] ?? request.headers["x-staff"]))
          .digest(),
        signature: typeof signature === "string" ? Buffer.from(signature, "hex") : randomBytes(64),
        bodySha256: createHash("sha256").update(body).digest(),
      },
    });
  });
  return admin;
}

/** Opens everything on one driver. */
export async function openTestService(driver: TestLog): Promise<TestService> {
  const database = await testDatabase();
  const { url } = database;
  const db = openDb({ url, name: "directory-test" });
  const seal = await openSeal({ url, masterKey: randomBytes(32), schema: "keyring" });
  const emptyLog = async (): Promise<Log> => {
    const log = await driver.open(`directory_${randomBytes(4).toString("hex")}.`);
    await log.createTopics(TOPIC_SPECS);
    return log;
  };
  const log = await emptyLog();
  const running = new Set<Instance>();

  return {
    log,
    seal,
    emptyLog,
    async started(schema, { first = FIRST, on = log } = {}) {
      const admin = adminApp();
      const config = { RUTA_ALLOW_LOOPBACK: "0" as const, RUTA_FIRST_ADMIN: first };
      const service = await createDirectory({ log: on, db, schema, seal, logger: silentLogger, config, admin });
      const instance: Instance = {
        service,
        async ask(method, path, body, headers = {}) {
          const response = await admin.inject({
            method,
            url: `/admin/directory${path}`,
            headers: { "x-staff": "ana", ...headers },
            ...(body && { payload: body }),
          });
          return { status: response.statusCode, body: response.json() };
        },
        async stop() {
          running.delete(instance);
          await service.stop();
          await admin.close();
        },
      };
      running.add(instance);
      await service.start();
      return instance;
    },
    async folded() {
      const fold = new DirectoryFold();
      const records = await log.read(TOPICS.directory, 0, 0n);
      for (const record of records) fold.apply(decodeRecord(TOPICS.directory, record.value));
      return { directory: fold.current, records };
    },
    async close() {
      await Promise.all([...running].map((instance) => instance.stop()));
      await seal.close();
      await log.close();
      await db.close();
      await database.drop();
    },
  };
}
