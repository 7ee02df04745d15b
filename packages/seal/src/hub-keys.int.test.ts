// The hub's own keys on a real keyring: they change over while processes with the old, the new and both of them run.
import { randomBytes } from "node:crypto";
import { migrate, openDb, sql } from "@ruta/db";
import type { Db } from "@ruta/db";
import { testDatabase } from "@ruta/db/testing";
import type { TestDatabase } from "@ruta/db/testing";
import { SectionKind } from "@ruta/events";
import { afterEach, beforeEach, expect, test } from "vitest";
import { sealBytes } from "./cipher.ts";
import { SEAL_MIGRATIONS, masterFingerprint, mastersOf, openSeal } from "./index.ts";
import type { Seal } from "./index.ts";

const schema = "keyring";
const [old, fresh, strange] = [0, 1, 2].map(() => new Uint8Array(randomBytes(32))) as [
  Uint8Array,
  Uint8Array,
  Uint8Array,
];
const signing = (name: string) => ({ fingerprint: name, publicKey: Buffer.from(name) });

let database: TestDatabase;
let db: Db;
let opened: Seal[] = [];
beforeEach(async () => {
  database = await testDatabase();
  db = openDb({ url: database.url, name: "test", max: 1 });
});
afterEach(async () => {
  for (const seal of opened.splice(0)) await seal.close();
  await db.close();
  await database.drop();
});

async function start(masterKey: Uint8Array, previousMasterKey?: Uint8Array): Promise<Seal> {
  const seal = await openSeal({ url: database.url, masterKey, previousMasterKey, schema });
  opened.push(seal);
  return seal;
}
async function end(...seals: Seal[]): Promise<void> {
  opened = opened.filter((one) => !seals.includes(one));
  for (const seal of seals) await seal.close();
}
async function sealed(seal: Seal, keyId: string) {
  await seal.createKeys([{ keyId, subject: keyId }]);
  const content = { subject: keyId, kind: SectionKind.NARRATIVE, keyId, plaintext: Buffer.from(keyId) };
  const [section] = await seal.sealSections([content]);
  return { section: section!, wrapped: seal.wrap(Buffer.from(keyId), "endpoint:a") };
}
async function opens(seal: Seal, { section, wrapped }: Awaited<ReturnType<typeof sealed>>): Promise<string[]> {
  const [bytes] = await seal.openSections([section]);
  return [bytes, seal.unwrap(wrapped, "endpoint:a")].map((one) => Buffer.from(one ?? []).toString());
}

test("a master key changes over while others run with the old one: everybody opens what anybody seals", async () => {
  const first = await start(old);
  const before = await sealed(first, "before");
  const both = await start(fresh, old);
  const during = await sealed(both, "during");
  expect([await opens(both, before), await opens(first, during)]).toEqual([
    ["before", "before"],
    ["during", "during"],
  ]);
  // One that was killed starts again with what it had; and whoever comes later needs the new one alone.
  const again = await start(old);
  const alone = await start(fresh);
  expect([await opens(again, during), await opens(alone, before)]).toEqual([
    ["during", "during"],
    ["before", "before"],
  ]);
  const key = masterFingerprint(old);
  expect(await mastersOf(db, schema)).toEqual([masterFingerprint(fresh), key]);
  expect(await alone.retire(key, false)).toBe("held");
  await end(first, both, again);
  expect(await alone.retire(key, true)).toBeUndefined();
  await end(await start(old));
  expect(await alone.retire(key, false)).toBeUndefined();
  await expect(start(old)).rejects.toMatchObject({ kind: "master", reason: "retired" });
  expect(await alone.retire(key, false)).toBeUndefined();
  expect(await opens(await start(fresh, old), during)).toEqual(["during", "during"]);
  const rows = await db.query(sql`SELECT 1 FROM keyring.hub_key WHERE wrapped_root IS NOT NULL`);
  expect(rows).toHaveLength(1);
});

test("a key that nobody vouches for is refused, and leaves nothing behind", async () => {
  await start(old);
  await expect(start(strange)).rejects.toMatchObject({ kind: "master", reason: "unknown" });
  await expect(start(old, strange)).rejects.toMatchObject({ kind: "master", reason: "previous-unknown" });
  expect(await mastersOf(db, schema)).toEqual([masterFingerprint(old)]);
  expect(await db.query(sql`SELECT 1 FROM keyring.holder`)).toHaveLength(1);
});

test("processes that start at once with a new key, on a keyring that was never started too, agree", async () => {
  const first = await Promise.all([start(old), start(old), start(old)]);
  const before = await sealed(first[0], "before");
  const later = await Promise.all([start(fresh, old), start(fresh, old), start(fresh, old)]);
  for (const seal of [...first, ...later]) expect(await opens(seal, before)).toEqual(["before", "before"]);
});

test("a keyring of a version before goes on: its master key stays what the others open", async () => {
  await migrate(db, { schema, folder: SEAL_MIGRATIONS });
  await db.query(
    sql`INSERT INTO keyring.fingerprint VALUES ('master key', ${masterFingerprint(old)}), ('signing key', 's0')`,
  );
  const wrapped = sealBytes(old, Buffer.from("antes"), Buffer.from("wrap:endpoint:a"));
  await expect(start(fresh)).rejects.toMatchObject({ kind: "master", reason: "unknown" });
  const both = await start(fresh, old);
  expect(Buffer.from(both.unwrap(wrapped, "endpoint:a")).toString()).toBe("antes");
  await expect(both.admitSigning({ current: signing("s1") })).rejects.toMatchObject({ kind: "signing" });
  expect(await both.admitSigning({ current: signing("s1"), previous: signing("s0") })).toEqual(["s1", "s0"]);
});

test("signing keys change over, and the public half of a retired one stays", async () => {
  const first = await start(old);
  const second = await start(old);
  expect(await first.admitSigning({ current: signing("s0") })).toEqual(["s0"]);
  expect(await second.admitSigning({ current: signing("s1"), previous: signing("s0") })).toEqual(["s1", "s0"]);
  expect(await first.retire("s1", false)).toBe("held");
  await end(first, second);
  const last = await start(old);
  expect(await last.admitSigning({ current: signing("s1") })).toEqual(["s1"]);
  expect(await last.retire("none", false)).toBe("unknown");
  expect(await last.retire("s0", false)).toBeUndefined();
  expect(await last.retire("s1", false)).toBe("last");
  await expect(last.admitSigning({ current: signing("s0") })).rejects.toMatchObject({ reason: "retired" });
  const keys = (await last.hubKeys()).filter(({ kind }) => kind === "signing");
  expect(
    keys.map(({ fingerprint, publicKey, retiredAt }) => [fingerprint, String(publicKey), retiredAt !== undefined]),
  ).toEqual([
    ["s1", "s1", false],
    ["s0", "s0", true],
  ]);
});

test("a process that was killed holds nothing, and one that is cut off for half a minute more", async () => {
  const first = await start(old);
  const both = await start(fresh, old);
  const held = () => both.retire(masterFingerprint(old), true);
  await db.query(sql`UPDATE keyring.holder SET seen_at = now() - interval '28 seconds'`);
  expect(await held()).toBe("held");
  await db.query(sql`UPDATE keyring.holder SET seen_at = now() - interval '31 seconds'`);
  expect(await held()).toBeUndefined();
  await db.query(sql`UPDATE keyring.holder SET seen_at = now()`);
  expect(await held()).toBe("held");
  await db.query(sql`UPDATE keyring.holder SET process = process || ' that has no connection'`);
  expect(await held()).toBeUndefined();
  await end(first);
});
