// The keyring: one key a person and a case, wrapped by the root key, created in batches, cached for a minute at most.
import { randomBytes } from "node:crypto";
import { sql } from "@ruta/db";
import type { Db } from "@ruta/db";
import { KEY_BYTES, openBytes, sealBytes } from "./cipher.ts";

/** Names a key and whose it is: a person id or a case id. */
export interface NewKey {
  readonly keyId: string;
  readonly subject: string;
}

const CACHE_MS = 60_000;
const CACHE_SIZE = 10_000;

/** Access to the keys of one schema. */
export interface Keyring {
  /** Makes keys; those that exist stay as they are. Durable when resolved. */
  create(keys: readonly NewKey[]): Promise<void>;
  /** The keys that still exist, by id; one destroyed by another process may be found for a minute more. */
  load(keyIds: readonly string[]): Promise<ReadonlyMap<string, Uint8Array>>;
  /** Which of these keys exist now, whatever is cached; forgets those that do not. */
  confirm(keyIds: readonly string[]): Promise<ReadonlySet<string>>;
  /** Destroys keys and the blobs under them; answers how many keys there were. */
  destroy(keyIds: readonly string[]): Promise<number>;
}

/** Opens the keyring. `now` is monotonic milliseconds, for the cache. */
export function openKeyring(db: Db, schema: string, rootKey: Uint8Array, now: () => number): Keyring {
  const keyTable = sql.id(schema, "key");
  const cache = new Map<string, { readonly key: Uint8Array; readonly until: number }>();
  const contextOf = (keyId: string): Uint8Array => Buffer.from(`key:${keyId}`);

  function remember(keyId: string, key: Uint8Array): void {
    if (cache.size >= CACHE_SIZE) cache.delete(cache.keys().next().value ?? "");
    cache.set(keyId, { key, until: now() + CACHE_MS });
  }

  return {
    async create(keys) {
      if (keys.length === 0) return;
      // Each once, or the cache would hold a key that the table does not; in one order, or two batches would deadlock.
      const once = [...new Map(keys.map((key) => [key.keyId, key])).values()];
      const ordered = once.toSorted((a, b) => (a.keyId < b.keyId ? -1 : 1));
      const fresh = ordered.map(({ keyId, subject }) => {
        const key = new Uint8Array(randomBytes(KEY_BYTES));
        return { keyId, subject, key, wrapped: sealBytes(rootKey, key, contextOf(keyId)) };
      });
      const made = await db.query<{ key_id: string }>(sql`
        INSERT INTO ${keyTable} (key_id, subject, wrapped)
        SELECT * FROM unnest(${fresh.map((k) => k.keyId)}::text[], ${fresh.map((k) => k.subject)}::text[],
                             ${fresh.map((k) => k.wrapped)}::bytea[])
        ON CONFLICT (key_id) DO NOTHING RETURNING key_id`);
      const mine = new Set(made.map((row) => row.key_id));
      for (const { keyId, key } of fresh) if (mine.has(keyId)) remember(keyId, key);
    },
    async load(keyIds) {
      const found = new Map<string, Uint8Array>();
      const missing = new Set<string>();
      for (const keyId of keyIds) {
        const hit = cache.get(keyId);
        if (hit && hit.until > now()) found.set(keyId, hit.key);
        else missing.add(keyId);
      }
      if (missing.size === 0) return found;
      const rows = await db.query<{ key_id: string; wrapped: Buffer }>(
        sql`SELECT key_id, wrapped FROM ${keyTable} WHERE key_id = ANY(${[...missing]}::text[])`,
      );
      for (const { key_id: keyId, wrapped } of rows) {
        const key = openBytes(rootKey, wrapped, contextOf(keyId));
        remember(keyId, key);
        found.set(keyId, key);
      }
      return found;
    },
    async confirm(keyIds) {
      const rows = await db.query<{ key_id: string }>(
        sql`SELECT key_id FROM ${keyTable} WHERE key_id = ANY(${[...keyIds]}::text[])`,
      );
      const living = new Set(rows.map((row) => row.key_id));
      for (const keyId of keyIds) if (!living.has(keyId)) cache.delete(keyId);
      return living;
    },
    async destroy(keyIds) {
      const gone = await db.tx(async (tx) => {
        await tx.query(sql`DELETE FROM ${sql.id(schema, "blob")} WHERE key_id = ANY(${[...keyIds]}::text[])`);
        return tx.query(sql`DELETE FROM ${keyTable} WHERE key_id = ANY(${[...keyIds]}::text[]) RETURNING 1`);
      });
      for (const keyId of keyIds) cache.delete(keyId);
      return gone.length;
    },
  };
}
