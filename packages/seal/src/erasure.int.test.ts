// Keys and erasure where several processes share the keyring, and batches that name a key twice.
import { randomBytes } from "node:crypto";
import { testDatabase } from "@ruta/db/testing";
import type { TestDatabase } from "@ruta/db/testing";
import { SectionKind } from "@ruta/events";
import { openDb, sql } from "@ruta/db";
import { afterAll, beforeAll, expect, test } from "vitest";
import { SealBroken, openSeal } from "./index.ts";
import type { Seal } from "./index.ts";

let database: TestDatabase;
let seal: Seal;
let other: Seal;

beforeAll(async () => {
  database = await testDatabase();
  const options = { url: database.url, masterKey: new Uint8Array(randomBytes(32)), schema: "keyring" };
  seal = await openSeal(options);
  other = await openSeal(options);
});

afterAll(async () => {
  await seal.close();
  await other.close();
  await database.drop();
});

const content = (keyId: string, plaintext: string) => ({
  subject: `p-${keyId}`,
  kind: SectionKind.NARRATIVE,
  keyId,
  plaintext: Buffer.from(plaintext),
});
const text = (bytes: Uint8Array | undefined): string | undefined => bytes && Buffer.from(bytes).toString();

test("a key named twice in one batch is one key, and everyone opens what is sealed under it", async () => {
  const key = { keyId: "twice", subject: "p-twice" };
  await seal.createKeys([key, key]);
  const sections = await seal.sealSections([content("twice", "una vez")]);
  expect((await other.openSections(sections)).map(text)).toEqual(["una vez"]);
});

test("two processes that create the same keys at once, in any order, agree on each", async () => {
  const ids = Array.from({ length: 50 }, (_, index) => ({ keyId: `same-${index}`, subject: "p-same" }));
  await Promise.all([seal.createKeys(ids), other.createKeys(ids.toReversed())]);
  const sealed = await Promise.all(
    [seal, other].map((one) => one.sealSections(ids.map((id) => content(id.keyId, "ya")))),
  );
  expect((await other.openSections(sealed[0] ?? [])).map(text)).toEqual(ids.map(() => "ya"));
  expect((await seal.openSections(sealed[1] ?? [])).map(text)).toEqual(ids.map(() => "ya"));
});

test("a large section that another process erased is erased, not broken, while the key is still cached here", async () => {
  await seal.createKeys([{ keyId: "large", subject: "p-large" }]);
  const sections = await seal.sealSections([content("large", "x".repeat(50_000))]);
  expect(text((await seal.openSections(sections))[0])).toHaveLength(50_000);
  expect(await other.destroyKeys(["large"])).toBe(1);
  expect(await seal.openSections(sections)).toEqual([undefined]);
  expect(await seal.openSections(sections)).toEqual([undefined]);
});

test("a blob that is gone while its key lives is broken, not erased", async () => {
  await seal.createKeys([{ keyId: "lost", subject: "p-lost" }]);
  const [section] = await seal.sealSections([content("lost", "x".repeat(50_000))]);
  await expect(seal.openSections([{ ...section!, blobSha256: new Uint8Array(32) }])).rejects.toThrow(SealBroken);
});

test("nothing is sealed under a key that does not exist, and the error holds no content", async () => {
  const error = await seal.sealSections([content("never", "secreto")]).catch((error: unknown) => error);
  expect(String(error)).toContain("its key does not exist");
  expect(String(error)).not.toContain("secreto");
});

test("no large section is left under a key that another process has destroyed while it is cached here", async () => {
  await seal.createKeys([{ keyId: "late", subject: "p-late" }]);
  await seal.sealSections([content("late", "corto")]);
  expect(await other.destroyKeys(["late"])).toBe(1);
  await expect(seal.sealSections([content("late", "x".repeat(50_000))])).rejects.toThrow("its key does not exist");
  const db = openDb({ url: database.url, name: "erasure-test", max: 1 });
  expect(await db.query(sql`SELECT FROM keyring.blob WHERE key_id = 'late'`)).toEqual([]);
  await db.close();
});

test("destroying twice counts once, and a destroyed key can be neither used nor opened", async () => {
  await seal.createKeys([{ keyId: "once", subject: "p-once" }]);
  const sections = await seal.sealSections([content("once", "a")]);
  expect(await seal.destroyKeys(["once", "once", "unknown"])).toBe(1);
  expect(await seal.destroyKeys(["once"])).toBe(0);
  expect(await seal.openSections(sections)).toEqual([undefined]);
  await expect(seal.sealSections([content("once", "a")])).rejects.toThrow("its key does not exist");
});
