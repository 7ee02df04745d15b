// The seal: the one shared store of keys, and what services may do with it.
import { migrate, openDb } from "@ruta/db";
import type { Section } from "@ruta/events";
import { KEY_BYTES, openBytes, sealBytes } from "./cipher.ts";
import { openHolder } from "./holders.ts";
import { admitMaster, admitSigning, listHubKeys, retireHubKey } from "./hub-keys.ts";
import type { Given, HubKey, NotRetired, PublicKey } from "./hub-keys.ts";
import { openKeyring } from "./keyring.ts";
import type { NewKey } from "./keyring.ts";
import { openSections, sealSections } from "./sections.ts";
import type { Content } from "./sections.ts";

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
  /** Wraps a secret under the root key, bound to what it is for. */
  wrap(plaintext: Uint8Array, context: string): Uint8Array;
  /** Unwraps it; throws SealBroken when it is for something else. */
  unwrap(wrapped: Uint8Array, context: string): Uint8Array;
  /**
   * Tells the hub's signing keys by which this process was started, whose public halves are kept for ever; answers the fingerprints
   * of those in force, the current one first. Throws WrongKey.
   */
  admitSigning(given: Given<PublicKey>): Promise<readonly string[]>;
  /** Every key that the hub has or had, those in force first, the newest first. */
  hubKeys(): Promise<readonly HubKey[]>;
  /** Retires one; answers why not. With `dryRun` it only says whether it would. */
  retire(fingerprint: string, dryRun: boolean): Promise<NotRetired>;
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
  /** The one that it takes the place of, while they change over. */
  readonly previousMasterKey?: Uint8Array | undefined;
  /** Schema of the keyring. */
  readonly schema: string;
}

/** The migrations of the keyring's tables. */
export const SEAL_MIGRATIONS = new URL("./migrations/", import.meta.url);

/** Opens the keyring and migrates it. Throws WrongKey where none of the master keys given is in force. */
export async function openSeal(options: SealOptions): Promise<Seal> {
  const { schema, masterKey, previousMasterKey } = options;
  for (const { length } of [masterKey, ...(previousMasterKey ? [previousMasterKey] : [])])
    if (length !== KEY_BYTES) throw new Error(`the master key has ${length} bytes, not ${KEY_BYTES}`);
  const db = openDb({ url: options.url, name: "ruta-seal", max: 4 });
  const holder = openHolder(db, schema);
  let root: Uint8Array;
  try {
    await migrate(db, { schema, folder: SEAL_MIGRATIONS });
    root = await admitMaster(db, schema, { current: masterKey, previous: previousMasterKey }, holder);
  } catch (error) {
    await holder.stop();
    await db.close();
    throw error;
  }
  const keyring = openKeyring(db, schema, root, () => performance.now());
  const contextOf = (context: string): Uint8Array => Buffer.from(`wrap:${context}`);
  return {
    createKeys: keyring.create,
    sealSections: (contents) => sealSections(db, schema, keyring, contents),
    openSections: (sections) => openSections(db, schema, keyring, sections),
    destroyKeys: keyring.destroy,
    wrap: (plaintext, context) => sealBytes(root, plaintext, contextOf(context)),
    unwrap: (wrapped, context) => openBytes(root, wrapped, contextOf(context)),
    admitSigning: (given) => admitSigning(db, schema, given, holder),
    hubKeys: () => listHubKeys(db, schema),
    retire: (fingerprint, dryRun) => retireHubKey(db, schema, fingerprint, dryRun),
    healthy: db.healthy,
    async close() {
      await holder.stop();
      await db.close();
    },
  };
}
