// The seal: the one shared store of keys, and what services may do with it.
import { createHash } from "node:crypto";
import { migrate, openDb, sql } from "@ruta/db";
import type { Db, Querying } from "@ruta/db";
import type { Section } from "@ruta/events";
import { KEY_BYTES, openBytes, sealBytes } from "./cipher.ts";
import { openKeyring } from "./keyring.ts";
import type { NewKey } from "./keyring.ts";
import { openSections, sealSections } from "./sections.ts";
import type { Content } from "./sections.ts";

/** The keyring was made with another key than the one given; starting with it would make what is sealed unreadable. */
export class WrongKey extends Error {
  readonly key: string;

  constructor(key: string) {
    super(`this deployment was first started with another ${key}: give the one whose fingerprint is stored`);
    this.name = "WrongKey";
    this.key = key;
  }
}

/** Seals and opens content, and keeps the keys. */
export interface Seal {
  /** Makes keys, batch-wise; durable when resolved. */
  createKeys(keys: readonly NewKey[]): Promise<void>;
  /** Seals the contents of one record, in order. Throws NoKey where a key does not exist. */
  sealSections(contents: readonly Content[]): Promise<Section[]>;
  /** Opens sections, in order; undefined where the subject was erased. Throws SealBroken. */
  openSections(sections: readonly Section[]): Promise<(Uint8Array | undefined)[]>;
  /** Destroys keys for good; answers how many there were. */
  destroyKeys(keyIds: readonly string[]): Promise<number>;
  /** Wraps a secret under the master key, bound to what it is for. */
  wrap(plaintext: Uint8Array, context: string): Uint8Array;
  /** Unwraps it; throws SealBroken when it is for something else. */
  unwrap(wrapped: Uint8Array, context: string): Uint8Array;
  /** Stores the fingerprint of a key at the first start; throws WrongKey when another is stored. */
  pin(name: string, fingerprint: string): Promise<void>;
  /** Whether the keyring answers; never throws. */
  healthy(): Promise<boolean>;
  close(): Promise<void>;
}

/** What `openSeal` takes. */
export interface SealOptions {
  /** postgres:// URL of the keyring. */
  readonly url: string;
  /** 32 bytes. */
  readonly masterKey: Uint8Array;
  /** Schema of the keyring. */
  readonly schema: string;
}

/** Name under which the fingerprint of the master key is pinned. */
const MASTER_KEY = "master key";

/** The migrations of the keyring's tables. */
export const SEAL_MIGRATIONS = new URL("./migrations/", import.meta.url);

/** What tells one master key from another and says nothing of it, hex. */
export function masterFingerprint(masterKey: Uint8Array): string {
  return createHash("sha256").update("ruta/master/v1").update(masterKey).digest("hex").slice(0, 16);
}

/** The fingerprint of the master key under which a keyring was made; undefined for one that was never started. */
export async function pinnedMaster(db: Querying, schema: string): Promise<string | undefined> {
  const [row] = await db.query<{ fingerprint: string }>(
    sql`SELECT fingerprint FROM ${sql.id(schema, "fingerprint")} WHERE name = ${MASTER_KEY}`,
  );
  return row?.fingerprint;
}

async function pin(db: Db, schema: string, name: string, fingerprint: string): Promise<void> {
  const table = sql.id(schema, "fingerprint");
  await db.query(sql`INSERT INTO ${table} (name, fingerprint) VALUES (${name}, ${fingerprint}) ON CONFLICT DO NOTHING`);
  const [row] = await db.query<{ fingerprint: string }>(sql`SELECT fingerprint FROM ${table} WHERE name = ${name}`);
  if (row?.fingerprint !== fingerprint) throw new WrongKey(name);
}

/** Opens the keyring, migrates it, and refuses another master key than the first one (WrongKey). */
export async function openSeal(options: SealOptions): Promise<Seal> {
  const { schema, masterKey } = options;
  if (masterKey.length !== KEY_BYTES) throw new Error(`the master key has ${masterKey.length} bytes, not ${KEY_BYTES}`);
  const db = openDb({ url: options.url, name: "ruta-seal", max: 4 });
  try {
    await migrate(db, { schema, folder: SEAL_MIGRATIONS });
    await pin(db, schema, MASTER_KEY, masterFingerprint(masterKey));
  } catch (error) {
    await db.close();
    throw error;
  }
  const keyring = openKeyring(db, schema, masterKey, () => performance.now());
  const contextOf = (context: string): Uint8Array => Buffer.from(`wrap:${context}`);
  return {
    createKeys: keyring.create,
    sealSections: (contents) => sealSections(db, schema, keyring, contents),
    openSections: (sections) => openSections(db, schema, keyring, sections),
    destroyKeys: keyring.destroy,
    wrap: (plaintext, context) => sealBytes(masterKey, plaintext, contextOf(context)),
    unwrap: (wrapped, context) => openBytes(masterKey, wrapped, contextOf(context)),
    pin: (name, fingerprint) => pin(db, schema, name, fingerprint),
    healthy: db.healthy,
    close: db.close,
  };
}
