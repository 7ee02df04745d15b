// A database cluster on disk: where its files lie, and how they come to be, whole or not at all.
import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { canUse, ownFolder, sharedFolder } from "./binaries.ts";
import type { ServerUser } from "./binaries.ts";
import { fault } from "./faults.ts";

/** The files of an embedded server. */
export interface Cluster {
  /** Folder of the cluster, owned by the server's user. */
  readonly data: string;
  /** The server's own log. */
  readonly serverLog: string;
  readonly password: string;
}

/** Finds or makes the cluster of a data folder, which exists and is locked. */
export function prepareCluster(
  folder: string,
  native: string,
  user: ServerUser | undefined,
  options: { readonly sync: boolean; readonly say: (line: string) => void },
): Cluster {
  const home = homeFor(folder, user, options.say);
  const data = join(home, "data");
  const exists = existsSync(join(data, "PG_VERSION"));
  const password = passwordOf(folder, exists);
  if (!exists) makeCluster(home, data, password, native, user, options.sync);
  return { data, serverLog: join(home, "server.log"), password };
}

// The folder itself where the server's user can pass it, else one in the shared folder, whose name is kept here: a
// folder that was removed and made again begins anew, and one that was moved keeps its data.
function homeFor(folder: string, user: ServerUser | undefined, say: (line: string) => void): string {
  const noted = join(folder, "postgres.place");
  if (existsSync(noted)) {
    const home = readFileSync(noted, "utf8").trim();
    ownFolder(home, user);
    return home;
  }
  const here = join(folder, "postgres");
  ownFolder(here, user);
  if (canUse(user, here)) return here;
  const home = join(sharedFolder(), `data-${randomBytes(8).toString("hex")}`);
  ownFolder(home, user);
  if (!canUse(user, home)) throw new Error(`the database's user can write neither ${here} nor ${home}`);
  writeWhole(noted, home);
  say(`the database's user cannot pass ${folder}: its data are in ${home}`);
  return home;
}

function passwordOf(folder: string, clusterExists: boolean): string {
  const file = join(folder, "postgres.password");
  if (!existsSync(file)) {
    if (clusterExists) throw new Error(`${file} is missing: without it the data beside it cannot be opened`);
    writeWhole(file, randomBytes(24).toString("base64url"));
  }
  return readFileSync(file, "utf8").trim();
}

// Written beside its place and moved there, so that a kill leaves no half of it.
function writeWhole(file: string, text: string): void {
  const half = `${file}.new`;
  rmSync(half, { force: true });
  writeFileSync(half, text, { mode: 0o600, flag: "wx", flush: true });
  renameSync(half, file);
}

function makeCluster(
  home: string,
  data: string,
  password: string,
  native: string,
  user: ServerUser | undefined,
  sync: boolean,
): void {
  const half = `${data}.new`;
  rmSync(half, { recursive: true, force: true });
  const passwordFile = join(home, "initial-password");
  rmSync(passwordFile, { force: true });
  writeFileSync(passwordFile, password, { mode: 0o600, flag: "wx" });
  if (user) chownSync(passwordFile, user.uid, user.gid);
  const args = ["-D", half, "-U", "ruta", "--auth=scram-sha-256", `--pwfile=${passwordFile}`];
  args.push("--encoding=UTF8", "--locale=C", ...(sync ? [] : ["--no-sync"]));
  const made = spawnSync(join(native, "bin", "initdb"), args, {
    ...user,
    cwd: home,
    encoding: "utf8",
    env: { PATH: process.env.PATH, LC_ALL: "C" },
  });
  rmSync(passwordFile, { force: true });
  if (made.status !== 0) {
    rmSync(half, { recursive: true, force: true });
    throw fault(data, made.stderr || made.error?.message || "");
  }
  renameSync(half, data);
}

/**
 * Makes the data folder. Others may pass it, so that the server's user reaches its own, but not look around. Step by
 * step, because Node's recursive way never ends where the file system answers ENOENT, as /proc does.
 */
export function makeFolder(folder: string): void {
  if (existsSync(folder)) return;
  makeFolder(dirname(folder));
  mkdirSync(folder);
  chmodSync(folder, 0o711);
}
