// The hub's own keys: made once by `ruta init`, read from the environment or from the data folder at each start.
import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readFile, readdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { decodeSecretKey, encodePublicKey, encodeSecretKey, generateKeyPair } from "@ruta/proof";
import { say } from "./language.ts";

/** What `hub.json` in the data folder says. */
export interface HubFile {
  /** When the folder was made, RFC 3339. */
  readonly created: string;
  /** True for the data of a demonstration: `ruta start` refuses it. */
  readonly demonstration: boolean;
  /** `staffId:whpk_…` of the first administrator and of the recovery key, comma separated. */
  readonly firstAdmin: string;
}

/** A staff member's key file. */
export interface StaffKey {
  readonly staff: string;
  readonly seed: Uint8Array;
}

/** The two keys every service process needs, each with the one that it takes the place of while they change over. */
export interface HubKeys {
  /** 32 bytes that open the root key, which wraps all others. */
  readonly masterKey: Uint8Array;
  readonly previousMasterKey?: Uint8Array | undefined;
  /** Ed25519 seed that signs receipts and v1a deliveries. */
  readonly signingSeed: Uint8Array;
  readonly previousSigningSeed?: Uint8Array | undefined;
}

/** A key that is missing or not of the right form; the message says what to do. */
export class KeyProblem extends Error {}

/** Where the keys lie in a data folder. */
export const FILES = { hub: "hub.json", master: "keys/master.key", signing: "keys/signing.key", staff: "keys/staff" };

/** The file of a key that is changed over, beside the one that takes its place. */
export const previousOf = (file: string): string => file.replace(/\.key$/, "-previous.key");

/** True when `ruta init` has been run for this folder. */
export function isInitialised(data: string): boolean {
  return existsSync(join(data, FILES.hub));
}

/** The variables that a start without them takes from the data folder, with the file of each that is there. */
export function keyFiles(data: string, external: boolean): ReadonlyMap<string, string> {
  const files = new Map([["RUTA_FIRST_ADMIN", join(data, FILES.hub)]]);
  if (!external)
    files.set("RUTA_MASTER_KEY", join(data, FILES.master)).set("RUTA_SIGNING_KEY", join(data, FILES.signing));
  return new Map([...files].filter(([, file]) => existsSync(file)));
}

/** Reads hub.json; undefined when the folder has none. */
export async function readHubFile(data: string): Promise<HubFile | undefined> {
  if (!isInitialised(data)) return undefined;
  return JSON.parse(await readFile(join(data, FILES.hub), "utf8")) as HubFile;
}

/** What an init that was killed left half-made is written over: until hub.json stands, no key has been used. */
async function writeSecret(path: string, text: string): Promise<void> {
  await writeFile(path, `${text}\n`, { mode: 0o600, flush: true });
}

/** What init made: the paths to keep and the recovery key, which is written nowhere. */
export interface Initialised {
  readonly staffKeyFile: string;
  readonly recoveryKey: string;
  readonly firstAdmin: string;
}

/** Makes master key, signing key, the first administrator's key and an offline recovery key. Refuses a folder that has them. */
export async function initialise(
  data: string,
  options: { readonly staff: string; readonly demonstration: boolean; readonly now: number },
): Promise<Initialised> {
  if (isInitialised(data)) throw new KeyProblem(say`${data} is initialised already; keys are never made twice`);
  // The database's user has to pass the data folder; what is secret lies deeper.
  await mkdir(data, { recursive: true, mode: 0o711 });
  await mkdir(join(data, FILES.staff), { recursive: true, mode: 0o700 });
  const administrator = generateKeyPair();
  const recovery = generateKeyPair();
  const staffKeyFile = join(data, FILES.staff, `${options.staff}.key`);
  await writeSecret(join(data, FILES.master), randomBytes(32).toString("base64"));
  await writeSecret(join(data, FILES.signing), encodeSecretKey(generateKeyPair().seed));
  await writeSecret(
    staffKeyFile,
    JSON.stringify({ staff: options.staff, secretKey: encodeSecretKey(administrator.seed) }),
  );
  const firstAdmin = `${options.staff}:${encodePublicKey(administrator.publicKey)},recovery:${encodePublicKey(recovery.publicKey)}`;
  const hub: HubFile = {
    created: new Date(options.now).toISOString(),
    demonstration: options.demonstration,
    firstAdmin,
  };
  // Last and at once, so that a half-made folder is not taken for a whole one.
  const half = join(data, `${FILES.hub}.half`);
  await writeFile(half, `${JSON.stringify(hub, null, 2)}\n`, { flush: true });
  await rename(half, join(data, FILES.hub));
  return { staffKeyFile, recoveryKey: encodeSecretKey(recovery.seed), firstAdmin };
}

async function readKeyFile(path: string, variable: string): Promise<string> {
  try {
    return (await readFile(path, "utf8")).trim();
  } catch {
    throw new KeyProblem(say`no key: set ${variable}, or run \`ruta init\` for this data folder`);
  }
}

function parseMaster(text: string, variable: string): Uint8Array {
  const bytes = Buffer.from(text, "base64");
  if (bytes.length !== 32) throw new KeyProblem(say`${variable} must be 32 bytes in base64; \`ruta init\` makes one`);
  return bytes;
}

function parseSigning(text: string, variable: string): Uint8Array {
  const seed = decodeSecretKey(text);
  if (!seed) throw new KeyProblem(say`${variable} must be an Ed25519 key as whsk_…; \`ruta init\` makes one`);
  return seed;
}

/** Where a process finds its keys. */
export interface KeySource {
  readonly data: string;
  readonly external: boolean;
  readonly masterKey?: string | undefined;
  readonly previousMasterKey?: string | undefined;
  readonly signingKey?: string | undefined;
  readonly previousSigningKey?: string | undefined;
}

/** Master and signing key from the environment, or from the data folder when no external database is named. */
export async function hubKeys(source: KeySource): Promise<HubKeys> {
  if (source.external && !(source.masterKey && source.signingKey))
    throw new KeyProblem(
      say`DATABASE_URL is set, so RUTA_MASTER_KEY and RUTA_SIGNING_KEY must be set too; \`ruta init\` makes both`,
    );
  async function both(
    variable: string,
    path: string,
    given: string | undefined,
    previous: string | undefined,
    parse: (text: string, variable: string) => Uint8Array,
  ): Promise<readonly [Uint8Array, Uint8Array | undefined]> {
    const file = join(source.data, path);
    const before = previousOf(file);
    const name = `${variable}_PREVIOUS`;
    // What stands in the environment comes from there alone: a folder may be another hub's.
    const former =
      previous ?? (given === undefined && existsSync(before) ? await readKeyFile(before, name) : undefined);
    const current = given ?? (await readKeyFile(file, variable));
    return [parse(current, variable), former === undefined ? undefined : parse(former, name)];
  }
  const { masterKey, previousMasterKey, signingKey, previousSigningKey } = source;
  const master = await both("RUTA_MASTER_KEY", FILES.master, masterKey, previousMasterKey, parseMaster);
  const signing = await both("RUTA_SIGNING_KEY", FILES.signing, signingKey, previousSigningKey, parseSigning);
  return {
    masterKey: master[0],
    previousMasterKey: master[1],
    signingSeed: signing[0],
    previousSigningSeed: signing[1],
  };
}

/** The staff key by which the command signs: the file named, or the only one in the data folder. */
export async function staffKey(data: string, file?: string): Promise<StaffKey> {
  const folder = join(data, FILES.staff);
  const names =
    file === undefined && existsSync(folder) ? (await readdir(folder)).filter((name) => name.endsWith(".key")) : [];
  const path = file ?? (names.length === 1 && names[0] ? join(folder, names[0]) : undefined);
  if (path === undefined)
    throw new KeyProblem(
      names.length === 0
        ? say`no staff key found: set RUTA_STAFF_KEY to your key file, or run \`ruta init\` first`
        : say`several staff keys in ${folder}: set RUTA_STAFF_KEY to yours`,
    );
  const { staff, secretKey } = JSON.parse(await readKeyFile(path, "RUTA_STAFF_KEY")) as Record<string, string>;
  const seed = decodeSecretKey(secretKey ?? "");
  if (!staff || !seed) throw new KeyProblem(say`${path} is not a staff key file`);
  return { staff, seed };
}
