// A small city for tests across services: the real `ruta` processes on a given log, and institutions that answer as told.
import { chmodSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { testDatabase } from "@ruta/db/testing";
import { createInstitution, openJournal } from "@ruta/client/simulator";
import type { Institution, Journal, Personality } from "@ruta/client/simulator";
import { openAdmin } from "@ruta/demonstration/admin";
import type { Admin } from "@ruta/demonstration/admin";
import { RUTA, keep, ready } from "@ruta/demonstration/processes";
import type { Kept } from "@ruta/demonstration/processes";
import { enrol, freePorts, ruta } from "@ruta/demonstration/setup";

/** Where the log lies, and how the services are spread over processes. */
export interface Shape {
  readonly driver: "postgres" | "kafka";
  readonly processes: "one" | "many";
}

/** Every shape that can be tried here; those on Kafka only where a broker was found. */
export const SHAPES: readonly Shape[] = (["postgres", "kafka"] as const)
  .filter((driver) => driver === "postgres" || process.env.RUTA_TEST_KAFKA_BROKERS !== undefined)
  .flatMap((driver) => (["one", "many"] as const).map((processes) => ({ driver, processes })));

/** What a city stands on when it is not the servers of the test run. */
export interface Ground {
  readonly databaseUrl: string;
  /** host:port; none for a log in the database. */
  readonly kafkaBrokers: string | undefined;
  /** How many processes of each service. */
  readonly instances: number;
  /** Arguments of Node for the processes. */
  readonly execArgv: readonly string[];
  /** The `ruta` command of another version; this one's when not said. */
  readonly program?: string;
  /** More variables of the processes and of the command. */
  readonly env?: NodeJS.ProcessEnv;
  /** What starts a process of a service instead of the city's own arguments and variables, which it is told. */
  start?(
    service: string,
    env: NodeJS.ProcessEnv,
  ): { readonly args: readonly string[]; readonly env: NodeJS.ProcessEnv };
  /** Public keys of the hub that institutions were told ahead, beside the one that it publishes. */
  readonly toldKeys?: readonly string[];
  /** Opens the one door before the ports of all gateways; answers its port. */
  door(ports: readonly number[]): Promise<number>;
}

/** Names of the services, as processes of their own are called. */
const SERVICES = ["directory", "router", "delivery", "gateway"] as const;

/** An institution of the city with what it remembers and how it reads. */
export interface Citizen extends Institution {
  readonly journal: Journal;
  /** GET at the gateway with its token. */
  read(path: string): Promise<{ status: number; body: Record<string, unknown> }>;
}

/** A running city. */
export interface City {
  readonly folder: string;
  readonly databaseUrl: string;
  readonly gateway: string;
  readonly adminUrls: readonly string[];
  /** Environment of the processes and of the `ruta` command. */
  readonly env: NodeJS.ProcessEnv;
  readonly admin: Admin;
  readonly processes: readonly Kept[];
  /** Runs the `ruta` command; answers what it printed. */
  ruta(...args: string[]): Promise<string>;
  citizen(id: string): Citizen;
  /** Everything that the processes have written to their logs. */
  logs(): string;
  stop(): Promise<void>;
}

const READY_MS = 60_000;
const QUITO = { kind: "territory", value: { id: "canton-quito", name: "Quito", kind: "canton" } };
const TERMS = ["ALO-FAM", "LEG"].map((code) => ({
  kind: "term",
  value: { code, taxonomy: "service-type", name: code },
}));

function entriesOf(id: string, personality: Personality | undefined): object[] {
  const entry = { id, name: `Casa ${id}`, type: "civil-society", functions: ["execution"] };
  const institution = { kind: "institution", value: { ...entry, competences: [{ service_type: "ALO-FAM" }] } };
  if (!personality) return [institution];
  const service = { id: `${id}-alojamiento`, institution: id, name: "Alojamiento", service_type: "ALO-FAM" };
  return [
    institution,
    { kind: "service", value: { ...service, territories: ["canton-quito"], accepts_referrals: true } },
  ];
}

/** Keys of a data folder that `ruta init` has made, as variables of its processes. */
export function hubVariables(data: string): NodeJS.ProcessEnv {
  const line = (...path: string[]): string => readFileSync(join(data, ...path), "utf8").trim();
  const { firstAdmin } = JSON.parse(line("hub.json")) as { firstAdmin: string };
  return {
    RUTA_MASTER_KEY: line("keys", "master.key"),
    RUTA_SIGNING_KEY: line("keys", "signing.key"),
    RUTA_FIRST_ADMIN: firstAdmin,
  };
}

/** A database of its own on the server of the test run, and the run's broker. */
async function ofTestRun(
  driver: Shape["driver"],
  stops: (() => Promise<void>)[],
): Promise<Pick<Ground, "databaseUrl" | "kafkaBrokers">> {
  const database = await testDatabase();
  stops.push(database.drop);
  return {
    databaseUrl: database.url,
    kafkaBrokers: driver === "kafka" ? process.env.RUTA_TEST_KAFKA_BROKERS : undefined,
  };
}

function tokenOf(folder: string, id: string): string {
  return readFileSync(join(folder, "keys", "institutions", `${id}.token`), "utf8").trim();
}

/** Waits until a gateway knows a token. */
async function known(port: number, token: string): Promise<void> {
  const authorization = `Bearer ${token}`;
  for (const end = performance.now() + READY_MS; performance.now() < end; await delay(20)) {
    const { status } = await fetch(`http://127.0.0.1:${port}/v1/referrals`, { headers: { authorization } });
    if (status !== 401) return;
  }
  throw new Error(`the gateway on port ${port} did not learn a token within ${READY_MS / 1000} s`);
}

/** Starts the processes, applies a directory of these institutions and lets them listen; `undefined` ones only send. */
export async function openCity(
  { driver, processes }: Shape,
  institutions: Readonly<Record<string, Personality | undefined>>,
  silent: Personality,
  ground?: Ground,
): Promise<City> {
  const folder = mkdtempSync(join(tmpdir(), "ruta-city-"));
  chmodSync(folder, 0o711);
  const stops: (() => Promise<void>)[] = [async () => rmSync(folder, { recursive: true, force: true })];
  const stop = async (): Promise<void> => {
    for (const one of stops.splice(0).toReversed()) await one();
  };
  try {
    const { databaseUrl, kafkaBrokers } = ground ?? (await ofTestRun(driver, stops));
    await ruta(["init"], { ...process.env, RUTA_DATA: folder });
    const instances = ground?.instances ?? 1;
    const groups = Array.from({ length: instances }, () =>
      processes === "one" ? [SERVICES.join(",")] : SERVICES,
    ).flat();
    const taken = await freePorts(instances + groups.length);
    const [doors, adminPorts] = [taken.slice(0, instances), taken.slice(instances)];
    const gateway = `http://127.0.0.1:${ground ? await ground.door(doors) : doors[0]}`;
    const adminUrls = adminPorts.map((port) => `http://127.0.0.1:${port}`);
    const env: NodeJS.ProcessEnv = {
      ...process.env,
      ...hubVariables(folder),
      RUTA_DATA: folder,
      RUTA_PORT: String(doors[0]),
      RUTA_URL: gateway,
      RUTA_ADMIN_URLS: adminUrls.join(","),
      RUTA_ALLOW_LOOPBACK: "1",
      RUTA_LOG_LEVEL: "debug",
      RUTA_PREFIX: `t${Date.now().toString(36)}`,
      DATABASE_URL: databaseUrl,
      ...(kafkaBrokers === undefined ? {} : { KAFKA_BROKERS: kafkaBrokers }),
      ...ground?.env,
    };
    const log = join(folder, "hub.log");
    const kept = groups.map((group, index) => {
      const own = {
        ...env,
        RUTA_PORT: String(doors[Math.floor((index * instances) / groups.length)]),
        RUTA_ADMIN_PORT: String(adminPorts[index]),
      };
      const how = ground?.start?.(group, own) ?? { args: ["start", "--only", group], env: own };
      return keep({ name: group, file: ground?.program ?? RUTA, execArgv: ground?.execArgv, ...how, log });
    });
    stops.push(async () => void (await Promise.all(kept.map((process_) => process_.stop()))));
    await Promise.all(adminUrls.map((url) => ready(`${url}/readyz`, READY_MS)));

    const admin = await openAdmin(folder, adminUrls);
    const ids = Object.keys(institutions);
    const entries = [QUITO, ...TERMS, ...ids.flatMap((id) => entriesOf(id, institutions[id]))];
    await admin.post("/admin/directory/apply", { entries, reason: "a city for tests" });
    const { keys } = (await (await fetch(new URL("/v1/keys", gateway))).json()) as { keys: { whpk: string }[] };
    const citizens = new Map<string, Citizen>();
    const ports = await freePorts(ids.length);
    for (const [index, id] of ids.entries()) {
      const plan = await enrol(admin, folder, id, ports[index]!, index % 2 === 1);
      const journal = openJournal(join(folder, `${id}.journal`));
      const institution = createInstitution({
        id,
        personality: institutions[id] ?? silent,
        gateway,
        key: plan.key,
        hubKeys:
          plan.deliverySecret === undefined ? [keys[0]!.whpk, ...(ground?.toldKeys ?? [])] : [plan.deliverySecret],
        journal,
      });
      await institution.listen(plan.port);
      const authorization = `Bearer ${tokenOf(folder, id)}`;
      const read: Citizen["read"] = async (path) => {
        const response = await fetch(new URL(path, gateway), { headers: { authorization } });
        return { status: response.status, body: (await response.json()) as Record<string, unknown> };
      };
      citizens.set(id, { ...institution, journal, read });
      stops.push(async () => {
        await institution.close();
        journal.close();
      });
    }
    // The gateways fold the directory each for itself: whoever is let in last is known last.
    const last = ids.at(-1);
    const token = last === undefined ? undefined : tokenOf(folder, last);
    if (token !== undefined) await Promise.all(doors.map((port) => known(port, token)));
    return {
      folder,
      databaseUrl,
      gateway,
      adminUrls,
      env,
      admin,
      processes: kept,
      ruta: (...args) => ruta(args, env),
      citizen: (id) => citizens.get(id)!,
      logs: () => readFileSync(log, "utf8"),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
