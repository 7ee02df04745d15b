// The directory service on a real database and each real log: one writer, one revision an act, what is folded is what was applied.
import { createHash, randomBytes } from "node:crypto";
import { openDb } from "@ruta/db";
import type { Db } from "@ruta/db";
import { testDatabase } from "@ruta/db/testing";
import type { TestDatabase } from "@ruta/db/testing";
import { DirectoryFold, SignatureScheme, TOPICS, TOPIC_SPECS, decodeRecord } from "@ruta/events";
import type { Directory } from "@ruta/events";
import { silentLogger } from "@ruta/log";
import type { Log, LogRecord } from "@ruta/log";
import { testLogs } from "@ruta/log/testing";
import { encodePublicKey, generateKeyPair } from "@ruta/proof";
import { openSeal } from "@ruta/seal";
import type { Seal } from "@ruta/seal";
import fastify from "fastify";
import type { FastifyInstance } from "fastify";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { SAMPLE, entriesOf } from "./sample.ts";
import { createDirectory } from "./service.ts";
import type { Service } from "./service.ts";

const publicKey = (): string => encodePublicKey(generateKeyPair().publicKey);
const FIRST = `ana:${publicKey()},recovery:${publicKey()}`;
const MASTER = randomBytes(32);

interface Answer {
  readonly status: number;
  readonly body: Record<string, unknown>;
}

/** The admin app of a test: it believes a header instead of a signature, and nothing else differs. */
function adminApp(): FastifyInstance {
  const admin = fastify();
  admin.addHook("preHandler", async (request) => {
    const signature = request.headers["x-signature"];
    Object.assign(request, {
      staff: {
        id: request.headers["x-staff"],
        signature: typeof signature === "string" ? Buffer.from(signature, "hex") : randomBytes(64),
        bodySha256: createHash("sha256")
          .update(JSON.stringify(request.body ?? ""))
          .digest(),
      },
    });
  });
  return admin;
}

describe.each(testLogs())("the directory on $name", (driver) => {
  let database: TestDatabase;
  let db: Db;
  let log: Log;
  let seal: Seal;
  const running: { service: Service; admin: FastifyInstance }[] = [];

  beforeAll(async () => {
    if (!driver.available) return;
    database = await testDatabase();
    const { url } = database;
    db = openDb({ url, name: "directory-test" });
    log = await driver.open(`directory_${randomBytes(4).toString("hex")}.`);
    seal = await openSeal({ url, masterKey: MASTER, schema: "keyring" });
    await log.createTopics(TOPIC_SPECS);
  });
  afterAll(async () => {
    if (!driver.available) return;
    for (const { service, admin } of running) {
      await service.stop();
      await admin.close();
    }
    await seal.close();
    await log.close();
    await db.close();
    await database.drop();
  });

  async function started(schema: string, first = FIRST, on: Log = log) {
    const admin = adminApp();
    const config = { RUTA_ALLOW_LOOPBACK: "0" as const, RUTA_FIRST_ADMIN: first };
    const service = await createDirectory({ log: on, db, schema, seal, logger: silentLogger, config, admin });
    running.push({ service, admin });
    await service.start();
    const ask = async (
      method: "GET" | "POST",
      path: string,
      body?: object,
      headers: Record<string, string> = {},
    ): Promise<Answer> => {
      const response = await admin.inject({
        method,
        url: `/admin/directory${path}`,
        headers: { "x-staff": "ana", ...headers },
        ...(body && { payload: body }),
      });
      return { status: response.statusCode, body: response.json() };
    };
    return { service, ask };
  }

  async function folded(): Promise<{ directory: Directory; records: LogRecord[] }> {
    const fold = new DirectoryFold();
    const records = await log.read(TOPICS.directory, 0, 0n);
    for (const record of records) fold.apply(decodeRecord(TOPICS.directory, record.value));
    return { directory: fold.current, records };
  }

  it.skipIf(!driver.available)("lives through a life of acts", async () => {
    // Two first starts at once make one first revision, of the staff they were given.
    const [one, two] = await Promise.all([started("directory_a"), started("directory_a")]);
    expect((await folded()).directory.revision).toBe(1n);
    expect(one.service.health()).toEqual({ ready: true, reasons: [] });

    // A dry run shows and changes nothing; an apply makes one revision; the same again makes none.
    const apply = { entries: entriesOf(SAMPLE), reason: "sample" };
    const dry = await one.ask("POST", "/apply", { ...apply, dryRun: true });
    expect(dry).toMatchObject({ status: 200, body: { revision: "1" } });
    expect(dry.body.changes).toHaveLength(11);
    expect((await one.ask("POST", "/apply", apply)).body).toMatchObject({ revision: "2" });
    expect((await two.ask("POST", "/apply", apply)).body).toMatchObject({ revision: "2" });
    const after = await folded();
    expect(after.directory.revision).toBe(2n);
    expect(after.directory.get("service", "casa-legal")).toMatchObject({ institution: "casa", acceptsReferrals: true });
    expect(after.directory.committed).toMatchObject({ staff: "ana", reason: "sample", entries: 11 });
    expect(after.directory.committed?.signature).toHaveLength(64);
    expect(new Set(after.records.map(({ headers }) => headers.ce_id)).size).toBe(after.records.length);
    expect(after.records.map(({ headers }) => headers.ce_type)).toContain("ruta.directory.revision-committed");
    expect(new Set(after.records.map(({ key }) => key))).toEqual(new Set(["directory"]));

    // All or nothing.
    const faulty = entriesOf(
      `institutions:\n  - { id: nueva, name: Nueva, type: public }\n  - { id: mala, name: M, type: public, parent: nadie }`,
    );
    expect(await one.ask("POST", "/apply", { entries: faulty, reason: "faulty" })).toMatchObject({
      status: 422,
      body: {
        code: "directory-invalid",
        detail:
          "d.yaml:3 institution mala, parent: names no institution: nadie; add the institution nadie, or name one that exists",
        problems: [{ file: "d.yaml", line: 3, field: "parent" }],
      },
    });
    expect((await folded()).directory.get("institution", "nueva")).toBeUndefined();

    // Two at once, at two instances: two revisions, both stand.
    const rename = (id: string, name: string) => ({
      entries: entriesOf(`institutions:\n  - { id: ${id}, name: ${name}, type: public }`),
      reason: name,
    });
    const both = await Promise.all([
      one.ask("POST", "/apply", rename("otra", "Una")),
      two.ask("POST", "/apply", rename("mas", "Dos")),
    ]);
    expect(new Set(both.map(({ body }) => body.revision))).toEqual(new Set(["3", "4"]));
    const { directory } = await folded();
    expect([directory.get("institution", "otra")?.name, directory.get("institution", "mas")?.name]).toEqual([
      "Una",
      "Dos",
    ]);

    // What a stranger to the acting instance sees is what the log has.
    await expect.poll(async () => (await two.ask("GET", "")).body.revision).toBe("4");
    expect((await one.ask("GET", "/institution")).body.entries).toHaveLength(4);
    expect(await one.ask("GET", "/secrets")).toMatchObject({ status: 404, body: { code: "unknown-entry" } });
  });

  it.skipIf(!driver.available)(
    "makes keys, tokens and endpoints whose secrets are shown once and stand nowhere in clear",
    async () => {
      const { ask } = await started("directory_a");
      const act = { institution: "casa", reason: "test" };
      const own = publicKey();
      const v1 = (await ask("POST", "/keys", act)).body as Record<string, string>;
      const v1a = (await ask("POST", "/keys", { ...act, publicKey: own })).body as Record<string, string>;
      const token = (await ask("POST", "/tokens", { ...act, label: "lectura" })).body as Record<string, string>;
      const endpoint = (await ask("POST", "/endpoints", { ...act, url: "https://casa.example/hook", scheme: "v1" }))
        .body as Record<string, string>;
      expect(v1.secret).toMatch(/^whsec_/);
      expect(v1a.secret).toBeUndefined();
      expect(token.token).toMatch(/^rt_[A-Za-z0-9_-]{43}$/);
      expect(endpoint.secret).toMatch(/^whsec_/);

      const { directory, records } = await folded();
      const now = Date.now();
      const raw = (secret: string | undefined): Buffer => Buffer.from((secret ?? "").slice("whsec_".length), "base64");
      const key = directory.get("institutionKey", v1.id ?? "");
      expect(Buffer.from(seal.unwrap(key?.wrappedSecret ?? new Uint8Array(), `institution-key:${v1.id}`))).toEqual(
        raw(v1.secret),
      );
      expect(directory.get("institutionKey", v1a.id ?? "")).toMatchObject({ scheme: SignatureScheme.V1A });
      expect(directory.keysOf("casa", now)).toHaveLength(2);
      expect(Buffer.from(directory.get("accessToken", token.id ?? "")?.sha256 ?? [])).toEqual(
        createHash("sha256")
          .update(token.token ?? "")
          .digest(),
      );
      const at = directory.endpointOf("casa", now);
      expect(at).toMatchObject({ url: "https://casa.example/hook", scheme: SignatureScheme.V1 });
      expect(Buffer.from(seal.unwrap(at?.wrappedSecret ?? new Uint8Array(), `endpoint:${at?.id}`))).toEqual(
        raw(endpoint.secret),
      );
      const everything = Buffer.concat(records.map(({ value }) => value));
      for (const secret of [raw(v1.secret), raw(endpoint.secret), Buffer.from(token.token ?? "")])
        expect(everything.includes(secret)).toBe(false);

      // Lists show neither; revocation ends at once, twice is once, and another institution's is unknown.
      const keys = await ask("GET", "/keys?institution=casa");
      expect(keys.body.entries).toHaveLength(2);
      expect(JSON.stringify(keys.body)).not.toContain("secret");
      expect(JSON.stringify((await ask("GET", "/tokens?institution=casa")).body)).not.toContain("sha256");
      const revoked = await ask("POST", `/keys/${v1.id}/revoke`, act);
      expect(revoked.status).toBe(200);
      expect((await ask("POST", `/keys/${v1.id}/revoke`, act)).body.revision).toBe(revoked.body.revision);
      expect((await folded()).directory.keysOf("casa", Date.now()).map(({ id }) => id)).toEqual([v1a.id]);
      expect(await ask("POST", `/tokens/${token.id}/revoke`, { ...act, institution: "otra" })).toMatchObject({
        status: 404,
        body: { code: "unknown-entry" },
      });

      // A new address keeps the endpoint's id, so that what waits for it goes there; the file's form cannot lose the secret.
      const moved = entriesOf('endpoints:\n  - { institution: casa, url: "https://casa.example/new", scheme: v1 }');
      expect((await ask("POST", "/apply", { entries: moved, reason: "moved" })).status).toBe(200);
      expect((await folded()).directory.endpointOf("casa", now)).toMatchObject({
        id: at?.id,
        url: "https://casa.example/new",
        wrappedSecret: at?.wrappedSecret,
      });
      expect(await ask("POST", "/endpoints", { ...act, url: "http://10.0.0.1/", scheme: "v1a" })).toMatchObject({
        status: 422,
        body: { field: "url" },
      });
      expect(await ask("POST", "/keys", { institution: "nadie", reason: "test" })).toMatchObject({
        status: 422,
        body: { field: "institution" },
      });
      expect(await ask("POST", "/keys", { ...act, publicKey: "whpk_zzz" })).toMatchObject({
        status: 422,
        body: { field: "publicKey" },
      });
    },
  );

  it.skipIf(!driver.available)(
    "lets only administrators act, recovery only name one, and no signed request act twice",
    async () => {
      const { ask } = await started("directory_a");
      const eva = { id: "eva", publicKey: publicKey(), roles: ["operator"], reason: "new" };
      expect((await ask("POST", "/staff", eva)).status).toBe(200);
      const key = { institution: "casa", reason: "test" };
      expect(await ask("POST", "/keys", key, { "x-staff": "eva" })).toMatchObject({
        status: 403,
        body: { code: "role-missing" },
      });
      expect(await ask("POST", "/keys", key, { "x-staff": "nobody" })).toMatchObject({
        status: 403,
        body: { code: "role-missing" },
      });
      expect(await ask("POST", "/keys", key, { "x-staff": "recovery" })).toMatchObject({
        status: 403,
        body: { code: "recovery-limited" },
      });
      const ida = { id: "ida", publicKey: publicKey(), roles: ["administrator"], reason: "lost key" };
      expect((await ask("POST", "/staff", ida, { "x-staff": "recovery" })).status).toBe(200);
      expect((await ask("POST", "/staff/ana/revoke", { reason: "lost key" }, { "x-staff": "ida" })).status).toBe(200);
      expect(await ask("POST", "/keys", key)).toMatchObject({ status: 403, body: { code: "role-missing" } });
      expect(await ask("POST", "/staff/ida/revoke", { reason: "x" }, { "x-staff": "ida" })).toMatchObject({
        status: 409,
        body: { code: "last-administrator" },
      });

      const once = { "x-staff": "ida", "x-signature": randomBytes(64).toString("hex") };
      expect((await ask("POST", "/tokens", key, once)).status).toBe(200);
      expect(await ask("POST", "/tokens", key, once)).toMatchObject({ status: 409, body: { code: "act-repeated" } });

      for (const [path, body, field] of [
        ["/apply", { entries: [], reason: "x" }, "entries"],
        ["/apply", { entries: entriesOf(SAMPLE) }, "reason"],
        ["/keys", { institution: "casa", reason: " " }, "reason"],
        ["/staff", { ...eva, roles: [] }, "roles"],
        ["/staff", { ...eva, id: "bootstrap" }, "id"],
        ["/endpoints", { ...key, url: "https://a.example/", scheme: "v2" }, "scheme"],
      ] as const)
        expect(await ask("POST", path, body, { "x-staff": "ida" })).toMatchObject({
          status: 400,
          body: { code: "request-invalid", field },
        });
    },
  );

  it.skipIf(!driver.available)(
    "goes on from the log when its database was lost, and waits when it has neither",
    async () => {
      const before = (await folded()).directory;
      const { ask } = await started("directory_b");
      const answer = await ask(
        "POST",
        "/apply",
        { entries: entriesOf("institutions:\n  - { id: tarde, name: Tarde, type: public }"), reason: "after" },
        { "x-staff": "ida" },
      );
      expect(answer.body.revision).toBe(String(before.revision + 1n));
      const { directory } = await folded();
      expect(directory.all("institution").map(({ id }) => id)).toEqual([
        ...before.all("institution").map(({ id }) => id),
        "tarde",
      ]);

      const empty = await driver.open(`directory_${randomBytes(4).toString("hex")}.`);
      await empty.createTopics(TOPIC_SPECS);
      const { service, ask: askEmpty } = await started("directory_c", "", empty);
      expect(service.health()).toEqual({
        ready: false,
        reasons: ["the directory has no first revision: set RUTA_FIRST_ADMIN as `ruta init` printed it"],
      });
      expect(await askEmpty("POST", "/keys", { institution: "casa", reason: "x" })).toMatchObject({
        status: 409,
        body: { code: "directory-empty" },
      });
      await running.pop()?.service.stop();
      await empty.close();
    },
  );
});
