// The hub's own keys in the keyring: which are in force, what they open or verify, and how one is retired.
import { createHash, randomBytes } from "node:crypto";
import { sql } from "@ruta/db";
import type { Db, Querying, Sql, Tx } from "@ruta/db";
import { admit } from "./admission.ts";
import type { Admission, Held } from "./admission.ts";
import { KEY_BYTES, openBytes, sealBytes } from "./cipher.ts";
import { holdersOf } from "./holders.ts";
import type { Holder } from "./holders.ts";
import { WrongKey } from "./wrong-key.ts";
import type { HubKeyKind } from "./wrong-key.ts";

/** A key of the hub; nothing of it that is secret. Times are milliseconds since the epoch. */
export interface HubKey {
  readonly fingerprint: string;
  readonly kind: HubKeyKind;
  /** Of a signing key. */
  readonly publicKey: Uint8Array | undefined;
  readonly madeAt: number;
  readonly retiredAt: number | undefined;
  /** Living processes that were started with it, as host/pid. */
  readonly holders: readonly string[];
}

/** A key that a process was given, and the one that it takes the place of while they change over. */
export interface Given<T> {
  readonly current: T;
  readonly previous?: T | undefined;
}

/** The public half of a signing key, and what names it. */
export interface PublicKey {
  readonly fingerprint: string;
  readonly publicKey: Uint8Array;
}

/** Why a key is not retired; undefined when it is, now or before. */
export type NotRetired = "unknown" | "last" | "held" | undefined;

/** What tells one master key from another and says nothing of it, hex. */
export function masterFingerprint(masterKey: Uint8Array): string {
  return createHash("sha256").update("ruta/master/v1").update(masterKey).digest("hex").slice(0, 16);
}

const tableOf = (schema: string): Sql => sql.id(schema, "hub_key");
const rootContext = (fingerprint: string): Uint8Array => Buffer.from(`root:${fingerprint}`);

interface Row {
  readonly fingerprint: string;
  readonly retired_at: Date | null;
  readonly wrapped_root: Buffer | null;
}

/** The keys of a kind. Nobody else changes any until the transaction ends. */
async function lock(tx: Tx, schema: string, kind: HubKeyKind): Promise<Row[]> {
  await tx.query(sql`LOCK TABLE ${tableOf(schema)} IN SHARE ROW EXCLUSIVE MODE`);
  return tx.query<Row>(sql`SELECT fingerprint, retired_at, wrapped_root FROM ${tableOf(schema)} WHERE kind = ${kind}`);
}

/** What a keyring of before these tables says of its one key, or what it is told now; the same for everyone who asks. */
async function pinned(tx: Tx, schema: string, name: string, fingerprint: string): Promise<string> {
  const table = sql.id(schema, "fingerprint");
  await tx.query(sql`INSERT INTO ${table} (name, fingerprint) VALUES (${name}, ${fingerprint}) ON CONFLICT DO NOTHING`);
  const [row] = await tx.query<{ fingerprint: string }>(sql`SELECT fingerprint FROM ${table} WHERE name = ${name}`);
  return row?.fingerprint ?? "";
}

async function noted(tx: Tx, holder: Holder, kind: HubKeyKind, held: Held, known: readonly Row[]): Promise<Admission> {
  const keys = known.map(({ fingerprint, retired_at: at }) => ({ fingerprint, retired: at !== null }));
  const admission = admit(kind, held, keys);
  await holder.note(tx, admission.inForce);
  return admission;
}

/**
 * Answers the root key to whoever has a master key in force, and lets a new one open it too. The first start makes the root key.
 * Throws WrongKey.
 */
export async function admitMaster(db: Db, schema: string, given: Given<Uint8Array>, holder: Holder) {
  const keyOf = new Map([given.current, given.previous].flatMap((key) => (key ? [[masterFingerprint(key), key]] : [])));
  const held: Held = {
    current: masterFingerprint(given.current),
    previous: given.previous && masterFingerprint(given.previous),
  };
  return db.tx(async (tx) => {
    const known = await lock(tx, schema, "master");
    const enter = async (fingerprint: string, root: Uint8Array): Promise<Row> => {
      const wrapped = Buffer.from(sealBytes(keyOf.get(fingerprint)!, root, rootContext(fingerprint)));
      await tx.query(sql`
        INSERT INTO ${tableOf(schema)} (fingerprint, kind, wrapped_root) VALUES (${fingerprint}, 'master', ${wrapped})`);
      return { fingerprint, retired_at: null, wrapped_root: wrapped };
    };
    if (known.length === 0) {
      const fresh = new Uint8Array(randomBytes(KEY_BYTES));
      // What is pinned is the root key. A version before this one wrapped by its master key itself, which stays the root; it
      // finds another key than its own pinned where this version was first, and does not start.
      const pin = await pinned(tx, schema, "master key", masterFingerprint(fresh));
      const first = pin === masterFingerprint(fresh) ? held.current : pin;
      const root = pin === masterFingerprint(fresh) ? fresh : keyOf.get(pin);
      if (!root) throw new WrongKey("master", "unknown");
      known.push(await enter(first, root));
    }
    const { inForce, isNew } = await noted(tx, holder, "master", held, known);
    const opener = known.find(({ fingerprint }) => inForce.includes(fingerprint))!;
    const root = openBytes(keyOf.get(opener.fingerprint)!, opener.wrapped_root!, rootContext(opener.fingerprint));
    if (isNew) await enter(held.current, root);
    return root;
  });
}

/** Answers the fingerprints of the given signing keys that are in force, the current one first; a new one comes into force. Throws WrongKey. */
export async function admitSigning(db: Db, schema: string, given: Given<PublicKey>, holder: Holder) {
  const held: Held = { current: given.current.fingerprint, previous: given.previous?.fingerprint };
  return db.tx(async (tx) => {
    const known = await lock(tx, schema, "signing");
    const enter = async ({ fingerprint, publicKey }: PublicKey): Promise<Row> => {
      await tx.query(sql`
        INSERT INTO ${tableOf(schema)} (fingerprint, kind, public_key)
        VALUES (${fingerprint}, 'signing', ${Buffer.from(publicKey)})`);
      return { fingerprint, retired_at: null, wrapped_root: null };
    };
    if (known.length === 0) {
      const pin = await pinned(tx, schema, "signing key", held.previous ?? held.current);
      const first = [given.current, given.previous].find((key) => key?.fingerprint === pin);
      if (!first) throw new WrongKey("signing", "unknown");
      known.push(await enter(first));
    }
    const { inForce, isNew } = await noted(tx, holder, "signing", held, known);
    if (isNew) await enter(given.current);
    return inForce;
  });
}

/** Every key that the hub has or had, those in force first, the newest first. */
export async function listHubKeys(db: Querying, schema: string): Promise<HubKey[]> {
  const rows = await db.query<{
    fingerprint: string;
    kind: HubKeyKind;
    public_key: Buffer | null;
    made_at: Date;
    retired_at: Date | null;
    holders: string[];
  }>(sql`
    SELECT fingerprint, kind, public_key, made_at, retired_at, ${holdersOf(schema, sql`k.fingerprint`)} AS holders
    FROM ${tableOf(schema)} AS k ORDER BY kind, retired_at DESC NULLS FIRST, made_at DESC, fingerprint`);
  return rows.map((row) => ({
    fingerprint: row.fingerprint,
    kind: row.kind,
    publicKey: row.public_key ?? undefined,
    madeAt: row.made_at.getTime(),
    retiredAt: row.retired_at?.getTime(),
    holders: row.holders,
  }));
}

/**
 * Retires a key: a process that has no other does not start any more, and a master key opens nothing. Not while a living process
 * was started with it, nor the last of its kind. With `dryRun` it only says whether it would.
 */
export async function retireHubKey(db: Db, schema: string, fingerprint: string, dryRun: boolean): Promise<NotRetired> {
  return db.tx(async (tx) => {
    await tx.query(sql`LOCK TABLE ${tableOf(schema)} IN SHARE ROW EXCLUSIVE MODE`);
    const all = await listHubKeys(tx, schema);
    const key = all.find((one) => one.fingerprint === fingerprint);
    if (!key) return "unknown";
    if (key.retiredAt !== undefined) return undefined;
    const others = all.filter((one) => one.kind === key.kind && one.retiredAt === undefined && one !== key);
    if (others.length === 0) return "last";
    if (key.holders.length > 0) return "held";
    if (!dryRun)
      await tx.query(sql`
        UPDATE ${tableOf(schema)} SET retired_at = now(), wrapped_root = NULL WHERE fingerprint = ${fingerprint}`);
    return undefined;
  });
}

/** Fingerprints of the master keys that open this keyring; none for one that was never started. */
export async function mastersOf(db: Querying, schema: string): Promise<string[]> {
  const rows = await db.query<{ fingerprint: string }>(
    sql`SELECT fingerprint FROM ${tableOf(schema)} WHERE kind = 'master' AND retired_at IS NULL ORDER BY made_at DESC`,
  );
  return rows.map(({ fingerprint }) => fingerprint);
}
