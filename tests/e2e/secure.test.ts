// TLS and SASL on real servers: who is trusted is reached, who is not is refused in clear words, and nothing goes in clear.
import { chownSync, mkdtempSync, chmodSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openDb, sql } from "@ruta/db";
import type { Db } from "@ruta/db";
import { startEmbedded } from "@ruta/db/embedded";
import type { EmbeddedServer } from "@ruta/db/embedded";
import { startRedis } from "@ruta/kit/testing";
import type { TestRedis } from "@ruta/kit/testing";
import { freePorts } from "@ruta/demonstration/setup";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startBroker } from "../../infra/kafka/broker.ts";
import type { Broker } from "../../infra/kafka/broker.ts";
import { missingForJars } from "../../infra/kafka/jars.ts";
import { makeAuthority } from "../certificates.ts";
import type { Authority, Certificate } from "../certificates.ts";
import { openCity } from "../city.ts";
import { command } from "../command.ts";
import { has } from "../tools.ts";
import { HOUSE, SILENT } from "../walk/houses.ts";

const SOON = { timeout: 60_000, interval: 50 };
const PASSWORD = "a-password-that-nobody-else-has";
/** The database lets `ruta` in over TLS by its password, `certified` by a certificate, and the test itself in clear. */
const HBA = `host all inspector all scram-sha-256
hostssl all ruta all scram-sha-256
hostssl all certified all cert
`;
const missing = process.env.RUTA_TEST_KAFKA_BROKERS ? await missingForJars() : "Kafka";
const canRun = has("openssl", "redis-server") && !missing;

describe.skipIf(!canRun)("servers that speak TLS", () => {
  let folder: string;
  let authority: Authority;
  let stranger: Authority;
  let good: Certificate;
  let expired: Certificate;
  let me: Certificate;
  let server: EmbeddedServer;
  let db: Db;
  let broker: Broker;
  let redis: TestRedis;
  let staleRedis: TestRedis;
  let strictRedis: TestRedis;
  let ports: { secure: number; mutual: number; stale: number };
  const stops: (() => Promise<unknown>)[] = [];

  /** Kafka by its doors: users with any SASL, certificates instead of users, and one whose certificate has expired. */
  function doors() {
    const keystore = ({ both }: Certificate) => ({ "ssl.keystore.type": "PEM", "ssl.keystore.location": both });
    const scram = "org.apache.kafka.common.security.scram.ScramLoginModule required;";
    const plain = `org.apache.kafka.common.security.plain.PlainLoginModule required user_ruta="${PASSWORD}";`;
    const users = {
      "sasl.enabled.mechanisms": "SCRAM-SHA-256,SCRAM-SHA-512,PLAIN",
      "scram-sha-256.sasl.jaas.config": scram,
      "scram-sha-512.sasl.jaas.config": scram,
      "plain.sasl.jaas.config": plain,
    };
    const trusted = { "ssl.truststore.type": "PEM", "ssl.truststore.location": authority.ca };
    return [
      { name: "SECURE", port: ports.secure, protocol: "SASL_SSL", settings: { ...keystore(good), ...users } },
      {
        name: "MUTUAL",
        port: ports.mutual,
        protocol: "SSL",
        settings: { ...keystore(good), ...trusted, "ssl.client.auth": "required" },
      },
      { name: "STALE", port: ports.stale, protocol: "SSL", settings: keystore(expired) },
    ] as const;
  }

  /** The database answers over TLS with this certificate from its next connection on. */
  async function databaseUses({ cert, key }: Certificate): Promise<void> {
    const [row] = await db.query<{ data_directory: string }>(sql`SHOW data_directory`);
    const { uid, gid } = statSync(row!.data_directory);
    for (const file of [cert, key]) chownSync(file, uid, gid);
    chmodSync(key, 0o600);
    writeFileSync(join(row!.data_directory, "pg_hba.conf"), HBA);
    const settings = { ssl_cert_file: cert, ssl_key_file: key, ssl_ca_file: authority.ca, ssl: "on" };
    for (const [name, value] of Object.entries(settings))
      await db.query({ text: `ALTER SYSTEM SET ${name} = '${value}'`, values: [] });
    await db.query(sql`SELECT pg_reload_conf()`);
    await expect.poll(async () => (await db.query<{ ssl: string }>(sql`SHOW ssl`))[0]?.ssl, SOON).toBe("on");
  }

  const databaseUrl = (parameters: Readonly<Record<string, string>>, user = "ruta"): string => {
    const url = new URL(server.url);
    url.hostname = parameters.host ?? "localhost";
    url.username = user;
    for (const [name, value] of Object.entries(parameters)) if (name !== "host") url.searchParams.set(name, value);
    return url.href;
  };
  const redisUrl = ({ url }: TestRedis, host = "localhost", password = PASSWORD): string =>
    url.replace("//localhost", `//:${password}@${host}`);
  const trusts = (ca: string) => ({ KAFKA_TLS_CA: ca, REDIS_TLS_CA: ca });
  const sasl = (mechanism: string, password = PASSWORD) => ({
    KAFKA_SECURITY_PROTOCOL: "SASL_SSL",
    KAFKA_SASL_MECHANISM: mechanism,
    KAFKA_SASL_USERNAME: "ruta",
    KAFKA_SASL_PASSWORD: password,
  });

  /** What `ruta doctor` says of the three, and all that it printed. */
  async function doctor(env: NodeJS.ProcessEnv) {
    const base = { PATH: process.env.PATH, LC_ALL: "C", RUTA_DATA: folder };
    const { stdout, stderr } = await command(["--json", "doctor"], { ...base, ...env });
    for (const text of [stdout, stderr]) expect(text).not.toContain(PASSWORD);
    const found = JSON.parse(stdout || "[]") as { what: string; ok: boolean; detail: string }[];
    return Object.fromEntries(found.map(({ what, ok, detail }) => [what, `${ok ? "ok" : "MISS"}: ${detail}`]));
  }

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "ruta-secure-"));
    chmodSync(folder, 0o711);
    stops.push(async () => rmSync(folder, { recursive: true, force: true }));
    [authority, stranger] = await Promise.all([makeAuthority(folder, "authority"), makeAuthority(folder, "stranger")]);
    [good, expired, me] = await Promise.all([
      authority.issue("good", ["localhost"]),
      authority.issue("expired", ["localhost"], -1),
      authority.issue("certified", ["client.example"]),
    ]);
    const [secure = 0, mutual = 0, stale = 0] = await freePorts(3);
    ports = { secure, mutual, stale };
    const password = ["--requirepass", PASSWORD];
    const optional = ["--tls-auth-clients", "no", ...password];
    const { ca } = authority;
    const started = await Promise.all([
      startEmbedded({ folder: join(folder, "database"), fsync: false }),
      startBroker({ folder: join(folder, "kafka"), listeners: doors(), users: { ruta: PASSWORD } }),
      startRedis({ ca, ...good }, optional),
      startRedis({ ca, ...expired }, optional),
      startRedis({ ca, ...good }, password),
    ]);
    [server, broker] = started;
    [redis, staleRedis, strictRedis] = started.slice(2) as [TestRedis, TestRedis, TestRedis];
    stops.push(...started.map((one) => () => one!.stop()));
    const owner = openDb({ url: server.url, name: "secure", max: 1 });
    await owner.query(sql`CREATE ROLE certified LOGIN`);
    await owner.query({ text: `CREATE ROLE inspector SUPERUSER LOGIN PASSWORD '${PASSWORD}'`, values: [] });
    await owner.close();
    const inspector = new URL(databaseUrl({}, "inspector"));
    inspector.password = PASSWORD;
    db = openDb({ url: inspector.href, name: "inspector", max: 1 });
    stops.push(() => db.close());
  });
  afterAll(async () => {
    for (const stop of stops.toReversed()) await stop();
  });

  test("whoever asks for TLS goes on in clear with nobody", async () => {
    const { database, kafka } = await doctor({
      DATABASE_URL: databaseUrl({ sslmode: "verify-full", sslrootcert: authority.ca }),
      KAFKA_BROKERS: broker.brokers,
      KAFKA_SECURITY_PROTOCOL: "SSL",
    });
    expect(database).toBe("MISS: it does not speak TLS there: give it a certificate, or another port here");
    expect(kafka).toMatch(/^MISS: /);
  });

  test("the right authority, name, user and password reach all three, by each mechanism and by certificates", async () => {
    await databaseUses(good);
    const verified = { sslmode: "verify-full", sslrootcert: authority.ca };
    const common = { ...trusts(authority.ca), DATABASE_URL: databaseUrl(verified), REDIS_URL: redisUrl(redis) };
    const users = { ...common, KAFKA_BROKERS: `localhost:${ports.secure}` };
    const certificates = {
      ...common,
      DATABASE_URL: databaseUrl({ ...verified, sslcert: me.cert, sslkey: me.key }, "certified"),
      KAFKA_BROKERS: `localhost:${ports.mutual}`,
      KAFKA_SECURITY_PROTOCOL: "SSL",
      KAFKA_TLS_CERT: me.cert,
      KAFKA_TLS_KEY: me.key,
      REDIS_URL: redisUrl(strictRedis),
      REDIS_TLS_CERT: me.cert,
      REDIS_TLS_KEY: me.key,
    };
    const all = await Promise.all([
      doctor({ ...users, ...sasl("SCRAM-SHA-512") }),
      doctor({ ...users, ...sasl("SCRAM-SHA-256") }),
      doctor({ ...users, ...sasl("PLAIN") }),
      doctor(certificates),
    ]);
    for (const { database, kafka, redis: limits } of all) {
      expect(database).toBe("ok: reachable, over TLS");
      expect(kafka).toMatch(/^ok: localhost:\d+, (SASL_)?SSL, brokers: 1$/);
      expect(limits).toBe("ok: reachable, over TLS");
    }
  });

  test.each([
    [
      "an authority that is not trusted",
      "nobody who is trusted here signed its certificate",
      () => ({ ca: stranger.ca, host: "localhost", password: PASSWORD }),
    ],
    [
      "another name than the certificate's",
      "its certificate is for another name",
      () => ({ ca: authority.ca, host: "127.0.0.1", password: PASSWORD }),
    ],
    [
      "a wrong password",
      "it refuses the user or the password",
      () => ({ ca: authority.ca, host: "localhost", password: "no" }),
    ],
  ])("%s is refused by all three, and said", async (_case, words, given) => {
    const { ca, host, password } = given();
    const url = new URL(databaseUrl({ sslmode: "verify-full", sslrootcert: ca, host }));
    if (password !== PASSWORD) url.password = password;
    const found = await doctor({
      ...trusts(ca),
      ...sasl("SCRAM-SHA-512", password),
      DATABASE_URL: url.href,
      KAFKA_BROKERS: `${host}:${ports.secure}`,
      REDIS_URL: redisUrl(redis, host, password),
    });
    for (const what of ["database", "kafka", "redis"]) expect(found[what], what).toMatch(`MISS: ${words}`);
  });

  test("one who shows no certificate where one is asked for is refused, and said", async () => {
    const found = await doctor({
      ...trusts(authority.ca),
      KAFKA_BROKERS: `localhost:${ports.mutual}`,
      KAFKA_SECURITY_PROTOCOL: "SSL",
      REDIS_URL: redisUrl(strictRedis),
    });
    // How a server says no differs: by an alert, or by hanging up.
    for (const what of ["kafka", "redis"])
      expect(found[what], what).toMatch(/^MISS: (it refuses this process's certificate|cannot be reached)/);
  });

  test("a start with a wrong password ends with the variable and what is wrong", async () => {
    const url = new URL(databaseUrl({ sslmode: "verify-full", sslrootcert: authority.ca }));
    url.password = "no";
    const env = { PATH: process.env.PATH, LC_ALL: "C", RUTA_DATA: folder, DATABASE_URL: url.href };
    const keys = {
      RUTA_MASTER_KEY: Buffer.alloc(32, 1).toString("base64"),
      RUTA_SIGNING_KEY: `whsk_${Buffer.alloc(32, 1).toString("base64")}`,
    };
    const { code, stderr } = await command(["start", "--only", "router"], { ...env, ...keys });
    expect(code).toBe(2);
    expect(stderr).toContain("ruta: DATABASE_URL: the server answers, but it refuses the user or the password");
  });

  test("a whole hub runs on them: a referral is served, and no connection to the database is in clear", async () => {
    const verified = { sslmode: "verify-full", sslrootcert: authority.ca };
    const city = await openCity({ driver: "kafka", processes: "one" }, { sender: undefined, casa: HOUSE }, SILENT, {
      databaseUrl: databaseUrl(verified),
      kafkaBrokers: `localhost:${ports.secure}`,
      instances: 1,
      execArgv: [],
      door: async ([port = 0]) => port,
      env: { ...trusts(authority.ca), ...sasl("SCRAM-SHA-512"), REDIS_URL: redisUrl(redis) },
    });
    try {
      const consent = { basis: "E", recipientClass: "any", givenOn: "2026-11-20", evidence: "F-1" };
      const data = { serviceType: "ALO-FAM", priority: "urgent", performer: "casa", consent };
      expect((await city.citizen("sender").send("secure", "request", data)).status).toBe(202);
      const completed = () => city.citizen("sender").read("/v1/referrals?state=completed");
      await expect.poll(async () => (await completed()).body.referrals, SOON).toHaveLength(1);
      const ready = await (await fetch(new URL("/readyz", city.gateway))).json();
      expect(ready).toMatchObject({ ready: true, degraded: [] });
      const open = await db.query<{ ssl: boolean }>(
        sql`SELECT ssl FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE application_name LIKE 'ruta%' AND application_name <> 'ruta owner'`,
      );
      expect(open.length).toBeGreaterThan(3);
      expect(open.filter(({ ssl }) => !ssl)).toEqual([]);
      expect(city.logs()).not.toContain(PASSWORD);
    } finally {
      await city.stop();
    }
  });

  test("a certificate that has expired is refused by all three, and said", async () => {
    await databaseUses(expired);
    const found = await doctor({
      ...trusts(authority.ca),
      DATABASE_URL: databaseUrl({ sslmode: "verify-full", sslrootcert: authority.ca }),
      KAFKA_BROKERS: `localhost:${ports.stale}`,
      KAFKA_SECURITY_PROTOCOL: "SSL",
      REDIS_URL: redisUrl(staleRedis),
    });
    for (const what of ["database", "kafka", "redis"])
      expect(found[what], what).toMatch("MISS: its certificate has expired");
  });
});
