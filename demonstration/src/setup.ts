// Sets the demonstration up, once: directory, invented partners, their endpoints, keys and tokens.
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { encodePublicKey, encodeSecretKey, generateKeyPair } from "@ruta/proof";
import type { Admin } from "./admin.ts";
import { PERSONALITIES } from "./personality.ts";
import { RUTA } from "./processes.ts";

/** What the partners' process is told of each institution. */
export interface PartnerPlan {
  readonly id: string;
  readonly port: number;
  /** whsk_ or whsec_ by which it signs. */
  readonly key: string;
  /** whsec_ of its endpoint, when what it gets is signed v1. */
  readonly deliverySecret?: string | undefined;
}

const PARTNERS = "partners.json";
const run = promisify(execFile);

/** Runs the `ruta` command. */
export async function ruta(args: readonly string[], env: NodeJS.ProcessEnv): Promise<string> {
  const { stdout } = await run(process.execPath, [RUTA, ...args], { env, maxBuffer: 64 * 1024 * 1024 });
  return stdout;
}

/** Free ports on loopback, all different. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer();
      await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
      return server;
    }),
  );
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => void server.close(resolve))));
  return ports;
}

/** Whether nothing listens on a port of 127.0.0.1. */
export async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => void server.close(() => resolve(true)));
  });
}

async function register(admin: Admin, id: string, port: number, v1: boolean): Promise<string | undefined> {
  const { secret } = await admin.post<{ secret?: string }>("/admin/directory/endpoints", {
    institution: id,
    url: `http://127.0.0.1:${port}/ruta`,
    scheme: v1 ? "v1" : "v1a",
    reason: "the demonstration starts",
  });
  return secret;
}

/** Gives an institution an endpoint, a signing key and a token, as an administrator would; v1 shares secrets, v1a does not. */
export async function enrol(admin: Admin, data: string, id: string, port: number, v1: boolean): Promise<PartnerPlan> {
  const reason = "the demonstration starts";
  const deliverySecret = await register(admin, id, port, v1);
  const pair = generateKeyPair();
  const made = await admin.post<{ secret?: string }>("/admin/directory/keys", {
    institution: id,
    reason,
    ...(v1 ? {} : { publicKey: encodePublicKey(pair.publicKey) }),
  });
  const key = v1 ? (made.secret ?? "") : encodeSecretKey(pair.seed);
  const { token } = await admin.post<{ token: string }>("/admin/directory/tokens", {
    institution: id,
    label: "demonstration",
    reason,
  });
  await mkdir(join(data, "keys", "institutions"), { recursive: true, mode: 0o700 });
  // Where `ruta send --as` and the lines printed at the end find them.
  await writeFile(join(data, "keys", "institutions", `${id}.key`), `${key}\n`, { mode: 0o600 });
  await writeFile(join(data, "keys", "institutions", `${id}.token`), `${token}\n`, { mode: 0o600 });
  return { id, port, key, deliverySecret };
}

/** Says that the partners are back after a stop, as an operator does who knows it: what waits for them is sent now. */
export async function wake(admin: Admin, plans: readonly PartnerPlan[]): Promise<void> {
  const reason = "the demonstration goes on";
  for (const { id } of plans) await admin.post(`/admin/delivery/institutions/${id}/wake`, { reason });
}

/** Applies the directory and enrols the partners the first time; afterwards only what changed, such as a port now taken. */
export async function setUp(admin: Admin, data: string, env: NodeJS.ProcessEnv): Promise<PartnerPlan[]> {
  const file = join(data, PARTNERS);
  if (existsSync(file)) {
    const known = JSON.parse(await readFile(file, "utf8")) as PartnerPlan[];
    const plans: PartnerPlan[] = [];
    for (const plan of known) {
      if (await isFree(plan.port)) {
        plans.push(plan);
        continue;
      }
      const [port = 0] = await freePorts(1);
      plans.push({
        ...plan,
        port,
        deliverySecret: await register(admin, plan.id, port, plan.deliverySecret !== undefined),
      });
    }
    await writeFile(file, JSON.stringify(plans, null, 2), { mode: 0o600 });
    return plans;
  }
  const folders = ["directory", "partners"].map((name) => fileURLToPath(new URL(`../${name}`, import.meta.url)));
  await ruta(["directory", "apply", ...folders, "--reason", "the demonstration's directory"], env);
  const ids = Object.keys(PERSONALITIES);
  const ports = await freePorts(ids.length);
  const plans = await Promise.all(ids.map((id, index) => enrol(admin, data, id, ports[index] ?? 0, index % 2 === 1)));
  await writeFile(file, JSON.stringify(plans, null, 2), { mode: 0o600 });
  return plans;
}
