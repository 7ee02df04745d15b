// docker-compose.yml without containers: two processes of each of its services, with their commands and variables, on real servers.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseEnv } from "node:util";
import { testDatabase } from "@ruta/db/testing";
import { TOPIC_SPECS } from "@ruta/events";
import { startRedis } from "@ruta/kit/testing";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { openCity } from "../city.ts";
import type { City } from "../city.ts";
import { command } from "../command.ts";
import { has } from "../tools.ts";
import { HOUSE, SILENT } from "../walk/houses.ts";

interface Container {
  readonly build?: { readonly dockerfile: string };
  readonly command?: readonly string[];
  readonly environment: Readonly<Record<string, string | number>>;
  readonly user: string;
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly read_only?: boolean;
  readonly cap_drop: readonly string[];
  readonly security_opt: readonly string[];
  readonly healthcheck?: { readonly test: readonly string[] };
  readonly deploy: { readonly resources: { readonly limits: Readonly<Record<string, unknown>> } };
}

const SERVICES = ["directory", "router", "delivery", "gateway"];
const SOON = { timeout: 60_000, interval: 50 };
const PASSWORD = "letters4digits";
const EXAMPLE = readFileSync("infra/ruta.env.example", "utf8");

/** A text of the file with these values in place of its `${…}`; none may be missing that it asks for. */
function filledIn(text: string, values: NodeJS.ProcessEnv): string {
  return text.replaceAll(/\$\{(\w+):([-?])([^}]*)\}/g, (_all, name: string, kind: string, rest: string) => {
    const value = values[name] ?? "";
    if (value === "" && kind === "?") throw new Error(`${name} is missing: ${rest}`);
    return value === "" ? rest : value;
  });
}

/** The containers of the file. */
function compose(values: NodeJS.ProcessEnv): Readonly<Record<string, Container>> {
  const fill = (_key: unknown, value: unknown): unknown =>
    typeof value === "string" ? filledIn(value, values) : value;
  const file = parse(readFileSync("docker-compose.yml", "utf8"), fill, { merge: true }) as unknown;
  return (file as { services: Record<string, Container> }).services;
}

/** infra/ruta.env as its example says for two of each, filled in. */
function envFile(filled: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const forTwo = EXAMPLE.replaceAll(/^# (?=RUTA_(GATEWAY_PORTS|ADMIN_URLS)=)/gm, "");
  const values = { ...parseEnv(forTwo), POSTGRES_PASSWORD: PASSWORD };
  const { RUTA_MASTER_KEY, RUTA_SIGNING_KEY, RUTA_FIRST_ADMIN, RUTA_PREFIX } = filled;
  return { ...values, RUTA_MASTER_KEY, RUTA_SIGNING_KEY, RUTA_FIRST_ADMIN, RUTA_PREFIX };
}

/** Exactly the variables of a container, with names of the network mapped to loopback, and what a process needs of this machine. */
function variables(name: string, filled: NodeJS.ProcessEnv, names: Readonly<Record<string, string>>) {
  const file = envFile(filled);
  const own = { ...file, ...compose(file)[name]!.environment };
  const mapped = Object.entries(own).map(([key, value]) => {
    let text = String(value);
    for (const [from, to] of Object.entries(names)) text = text.replaceAll(from, to);
    return [key, text];
  });
  return { PATH: process.env.PATH, LC_ALL: "C", ...(Object.fromEntries(mapped) as NodeJS.ProcessEnv) };
}

describe("the containers", () => {
  const containers = Object.entries(compose(envFile({})));

  test.each(containers)("%s is watched, limited, not root, and gains no rights", (name, container) => {
    const { dockerfile } = container.build ?? {};
    const asked =
      container.healthcheck?.test ?? (dockerfile && /^HEALTHCHECK /m.exec(readFileSync(dockerfile, "utf8")));
    expect(asked, "health check").toBeTruthy();
    expect(Object.keys(container.deploy.resources.limits).toSorted()).toEqual(["cpus", "memory", "pids"]);
    expect(container.user).toMatch(/^(?!root|0\b)\w+/);
    expect(container.cap_drop).toEqual(["ALL"]);
    expect(container.security_opt).toContain("no-new-privileges:true");
    expect(container.read_only === true, "read-only").toBe(name !== "kafka");
  });

  test("only the gateways are published, on loopback, and two of them have a port each", () => {
    const published = containers.filter(([, { ports = [] }]) => ports.length > 0);
    expect(published.map(([name, { ports }]) => [name, ports])).toEqual([["gateway", ["127.0.0.1:7400-7401:7400"]]]);
  });
});

const canRun = has("redis-server") && process.env.RUTA_TEST_KAFKA_BROKERS !== undefined;

test.skipIf(!canRun)(
  "two of each, on Kafka, PostgreSQL and Redis, serve a referral, and `ops` runs the hub",
  async () => {
    const database = await testDatabase();
    const redis = (await startRedis())!;
    let city: City | undefined;
    try {
      const kafkaBrokers = process.env.RUTA_TEST_KAFKA_BROKERS!;
      const names: Record<string, string> = {
        [`postgres://ruta:${PASSWORD}@postgres:5432/ruta`]: database.url,
        "kafka:9092": kafkaBrokers,
        "redis://redis:6379": redis.url,
      };
      let doors: readonly number[] = [];
      city = await openCity({ driver: "kafka", processes: "many" }, { sender: undefined, casa: HOUSE }, SILENT, {
        databaseUrl: database.url,
        kafkaBrokers,
        instances: 2,
        execArgv: [],
        door: async (ports) => (doors = ports)[0]!,
        start: (service, env) => {
          const { RUTA_PORT, RUTA_ADMIN_PORT } = env;
          // Receivers of a test are on loopback, and so are all processes, which a port of their own tells apart.
          const here = { RUTA_PORT, RUTA_ADMIN_PORT, RUTA_ALLOW_LOOPBACK: "1" };
          return {
            args: compose(envFile(env))[service]!.command!,
            env: { ...variables(service, env, names), ...here },
          };
        },
      });
      const consent = { basis: "E", recipientClass: "any", givenOn: "2026-11-20", evidence: "F-1" };
      const data = { serviceType: "ALO-FAM", priority: "urgent", performer: "casa", consent };
      expect((await city.citizen("sender").send("compose", "request", data)).status).toBe(202);
      const token = readFileSync(join(city.folder, "keys", "institutions", "sender.token"), "utf8").trim();
      for (const port of doors) {
        const completed = async (): Promise<unknown> => {
          const authorization = `Bearer ${token}`;
          const url = `http://127.0.0.1:${port}/v1/referrals?state=completed`;
          return ((await (await fetch(url, { headers: { authorization } })).json()) as { referrals: unknown })
            .referrals;
        };
        await expect.poll(completed, SOON).toHaveLength(1);
      }
      expect(await redis.scripts()).toBeGreaterThan(0);

      for (const [index, url] of city.adminUrls.entries()) {
        const service = SERVICES[index % SERVICES.length];
        names[`http://ruta-${service}-${Math.floor(index / SERVICES.length) + 1}:7401`] = url;
      }
      names["http://gateway:7400"] = city.gateway;
      names["/keys/"] = `${join(city.folder, "keys", "staff")}/`;
      const env = variables("ops", city.env, names);
      const mounts = (compose(envFile(city.env)).ops!.volumes ?? []).map((volume) => volume.split(":"));
      const mounted = (path: string): string => mounts.find(([, inside]) => inside === path)![0]!;
      expect(mounted("/keys")).toBe("./ruta-data/keys/staff");
      const ops = async (...args: string[]): Promise<string> => {
        const { code, stdout, stderr } = await command(args, env);
        expect(code, `${args.join(" ")}: ${stdout}${stderr}`).toBe(0);
        return stdout;
      };

      const [doctor, topics, status, referrals, key] = await Promise.all([
        ops("doctor"),
        ops("topics"),
        ops("status", "--json"),
        ops("referral", "list", "--json"),
        ops("keys", "new", "sender", "--reason", "a second key"),
      ]);
      expect(doctor.match(/^ok +admin /gm)).toHaveLength(8);
      expect(doctor).toMatch(/^ok +redis /m);
      expect(topics.match(/ as wanted$/gm)).toHaveLength(TOPIC_SPECS.length);
      // Of each service one instance tells how it gets on; alerts are asked of all.
      const { services, missing } = JSON.parse(status) as { services: { ready: boolean }[]; missing: string[] };
      expect([services.filter(({ ready }) => ready).length, missing]).toEqual([SERVICES.length, []]);
      expect(referrals).toContain("completed");
      expect(key).toContain("whsec_");
      expect(await ops("directory", "apply", mounted("/directory"), "--reason", "the city's own")).toContain(
        "revision",
      );
    } finally {
      await city?.stop();
      await Promise.all([redis.stop(), database.drop()]);
    }
  },
);
