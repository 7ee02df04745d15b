// A database cluster on disk: where its files lie, and how they come to be, whole or not at all.
import { spawnSync } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { SHARED_FOLDER, canUse, ownFolder } from "./binaries.ts";
import type { ServerUser } from "./binaries.ts";

/** The files of an embedded server. */
export interface Cluster {
  /** Folder of the cluster, owned by the server's user. */
  readonly data: string;
  /** Server's log. */
  readonly log: string;
  readonly password: string;
}

/** Finds or makes the files for a data folder. */
export function prepareCluster(
  folder: string,
  native: string,
  user: ServerUser | undefined,
  options: { readonly sync: boolean; readonly say: (line: string) => void },
): Cluster {
  // Others may pass, so that the server's user reaches its own folder, but not look around.
  mkdirSync(folder, { recursive: true, mode: 0o711 });
  const home = placeFor(resolve(folder), user, options.say);
  const data = join(home, "data");
  const password = passwordOf(folder);
  if (!existsSync(join(data, "PG_VERSION"))) makeCluster(home, data, password, native, user, options.sync);
  return { data, log: join(home, "server.log"), password };
}

/** The folder itself where the server's user can pass it; else one under /var/lib/ruta that belongs to this folder alone. */
function placeFor(folder: string, user: ServerUser | undefined, say: (line: string) => void): string {
  const here = join(folder, "postgres");
  ownFolder(here, user);
  if (canUse(user, here, true)) return here;
  const name = createHash("sha256").update(folder).digest("hex").slice(0, 16);
  const elsewhere = join(SHARED_FOLDER, `data-${name}`);
  mkdirSync(SHARED_FOLDER, { recursive: true, mode: 0o755 });
  ownFolder(elsewhere, user);
  if (!canUse(user, elsewhere, true))
    throw new Error(`the database's user can write neither ${here} nor ${elsewhere}: choose another RUTA_DATA`);
  say(`the database's user cannot pass ${folder}: its data lie in ${elsewhere}`);
  return elsewhere;
}

function passwordOf(folder: string): string {
  const file = join(folder, "postgres.password");
  if (!existsSync(file)) writeFileSync(file, randomBytes(24).toString("base64url"), { mode: 0o600, flag: "wx" });
  return readFileSync(file, "utf8").trim();
}

function makeCluster(
  home: string,
  data: string,
  password: string,
  native: string,
  user: ServerUser | undefined,
  sync: boolean,
): void {
  // Made beside its place and moved there whole, so that a kill in the middle leaves nothing that looks finished.
  const half = `${data}.new`;
  rmSync(half, { recursive: true, force: true });
  const passwordFile = join(home, "initial-password");
  writeFileSync(passwordFile, password, { mode: 0o600 });
  chmodSync(passwordFile, 0o600);
  if (user) chownSync(passwordFile, user.uid, user.gid);
  const args = ["-D", half, "-U", "ruta", "--auth=scram-sha-256", `--pwfile=${passwordFile}`];
  args.push("--encoding=UTF8", "--locale=C", ...(sync ? [] : ["--no-sync"]));
  const made = spawnSync(join(native, "bin", "initdb"), args, {
    ...user,
    encoding: "utf8",
    env: { PATH: process.env.PATH, LC_ALL: "C" },
  });
  rmSync(passwordFile, { force: true });
  if (made.status !== 0) {
    rmSync(half, { recursive: true, force: true });
    const words = (made.stderr || made.error?.message || "").trim().split("\n").slice(-3).join(" ");
    throw new Error(`the embedded database could not be made in ${data}: ${words}`);
  }
  renameSync(half, data);
}
