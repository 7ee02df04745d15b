// The hub of a bench: real `ruta start` processes, those that a measure needs; the demonstration's directory, and institutions of its own.
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { openAdmin } from "@ruta/demonstration/admin";
import { RUTA, keep, ready } from "@ruta/demonstration/processes";
import type { Kept } from "@ruta/demonstration/processes";
import { enrol, freePorts, ruta } from "@ruta/demonstration/setup";
import { hubVariables } from "../city.ts";
import { SERVICE_TYPE } from "./sample.ts";
import type { Sender } from "./sample.ts";
import type { Servers } from "./servers.ts";

/** The services, in the order in which they start. */
export const SERVICES = ["directory", "router", "delivery", "gateway"] as const;

/** What a process has used since it started. */
export interface Usage {
  readonly cpuS: number;
  readonly rssMb: number;
}

/** A hub whose processes come and go; its institutions stay. */
export interface Hub {
  readonly prefix: string;
  readonly gateway: string;
  readonly senders: readonly Sender[];
  /** Lets institutions receive on these ports of loopback; answers their ids. */
  performers(ports: readonly number[], kind: string): Promise<string[]>;
  /** Runs these groups of services, a process each, and nothing else; resolves when they are ready. */
  run(groups: readonly (readonly string[])[], execArgv?: readonly string[]): Promise<void>;
  /** What the process that runs a service has used. */
  usage(service: string): Promise<Usage>;
  /** Sums a gauge of a process over its labels. */
  gauge(service: string, name: string): Promise<number>;
  stop(): Promise<void>;
}

const SENDERS = 8;
const READY_MS = 30_000;
const REASON = "the bench starts";

/** Prepares a hub on these servers: keys, directory, senders. Nothing runs when it resolves. */
export async function openHub({ folder, databaseUrl, kafkaBrokers }: Servers): Promise<Hub> {
  const data = join(folder, "data");
  mkdirSync(data, { mode: 0o711 });
  await ruta(["init"], { ...process.env, RUTA_DATA: data });
  const [door = 0, ...adminPorts] = await freePorts(1 + SERVICES.length);
  const gateway = `http://127.0.0.1:${door}`;
  const prefix = "bench";
  const env: NodeJS.ProcessEnv = {
    ...process.env,
    ...hubVariables(data),
    RUTA_DATA: data,
    RUTA_PORT: String(door),
    RUTA_URL: gateway,
    RUTA_ALLOW_LOOPBACK: "1",
    // Limits are kept, and never reached: eight institutions send what a city's would.
    RUTA_RATE: "100000",
    RUTA_LOG_LEVEL: "warn",
    RUTA_PREFIX: prefix,
    DATABASE_URL: databaseUrl,
    ...(kafkaBrokers === undefined ? {} : { KAFKA_BROKERS: kafkaBrokers }),
  };
  let running: { group: readonly string[]; admin: string; kept: Kept }[] = [];
  let fallen = "";

  async function stop(): Promise<void> {
    const before = running;
    running = [];
    await Promise.all(before.map(({ kept }) => kept.stop()));
  }
  async function run(groups: readonly (readonly string[])[], execArgv: readonly string[] = []): Promise<void> {
    await stop();
    running = groups.map((group, index) => ({
      group,
      admin: `http://127.0.0.1:${adminPorts[index]}`,
      kept: keep({
        name: group.join(","),
        file: RUTA,
        args: ["start", "--only", group.join(",")],
        execArgv,
        env: { ...env, RUTA_ADMIN_PORT: String(adminPorts[index]) },
        log: join(folder, "hub.log"),
        onRestart: () => (fallen = group.join(",")),
      }),
    }));
    await Promise.all(running.map(({ admin }) => ready(`${admin}/readyz`, READY_MS))).catch((error: unknown) => {
      const last = readFileSync(join(folder, "hub.log"), "utf8").split("\n").slice(-5).join("\n");
      throw new Error(`the hub did not start:\n${last}`, { cause: error });
    });
  }
  async function metrics(service: string): Promise<string[]> {
    if (fallen !== "") throw new Error(`the process of ${fallen} ended by itself; see ${join(folder, "hub.log")}`);
    const found = running.find(({ group }) => group.includes(service));
    if (!found) throw new Error(`${service} does not run`);
    const answer = await fetch(`${found.admin}/metrics`);
    return (await answer.text()).split("\n");
  }
  async function gauge(service: string, name: string): Promise<number> {
    const lines = (await metrics(service)).filter((line) => line.startsWith(`${name} `) || line.startsWith(`${name}{`));
    return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(" "))), 0);
  }

  await run([SERVICES]);
  const adminUrls = [`http://127.0.0.1:${adminPorts[0]}`];
  const admin = await openAdmin(data, adminUrls);
  const folders = ["directory", "partners"].map((name) =>
    fileURLToPath(new URL(`../../demonstration/${name}`, import.meta.url)),
  );
  await ruta(["directory", "apply", ...folders, "--reason", REASON], { ...env, RUTA_ADMIN_URLS: adminUrls[0] });

  async function institutions(ids: readonly string[], serve: boolean, ports: readonly number[]) {
    const entries = ids.flatMap((id) => entriesOf(id, serve));
    await admin.post("/admin/directory/apply", { entries, reason: REASON });
    const plans = [];
    for (const [index, id] of ids.entries()) plans.push(await enrol(admin, data, id, ports[index]!, true));
    return plans;
  }
  const ids = Array.from({ length: SENDERS }, (_, n) => `bench-sender-${n}`);
  const plans = await institutions(ids, false, await freePorts(SENDERS));
  return {
    prefix,
    gateway,
    senders: plans.map(({ id, key }) => ({ id, secret: key })),
    async performers(ports, kind) {
      await run([SERVICES]);
      const names = ports.map((_, n) => `bench-${kind}-${n}`);
      await institutions(names, true, ports);
      return names;
    },
    run,
    async usage(service) {
      const [cpuS, rss] = [
        await gauge(service, "process_cpu_seconds_total"),
        await gauge(service, "process_resident_memory_bytes"),
      ];
      return { cpuS, rssMb: rss / 1e6 };
    },
    gauge,
    stop,
  };
}

function entriesOf(id: string, serves: boolean): object[] {
  const competences = [{ service_type: SERVICE_TYPE }];
  const institution = { id, name: `Casa ${id}`, type: "civil-society", functions: ["execution"], competences };
  const service = { id: `${id}-servicio`, institution: id, name: "Servicio", service_type: SERVICE_TYPE };
  const territories = ["canton-quito"];
  return [
    { kind: "institution", value: institution },
    ...(serves ? [{ kind: "service", value: { ...service, territories, accepts_referrals: true } }] : []),
  ];
}
