// The seal against a real keyring: content small and large, erasure, nothing in clear.
import { randomBytes } from "node:crypto";
import { openDb, sql } from "@ruta/db";
import { testDatabase } from "@ruta/db/testing";
import type { TestDatabase } from "@ruta/db/testing";
import { SectionKind } from "@ruta/events";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { SealBroken, openSeal } from "./index.ts";
import type { Seal } from "./index.ts";

const CANARY = "María-Canaria-Quispe";
const masterKey = new Uint8Array(randomBytes(32));
const schema = "keyring";
let database: TestDatabase;
let seal: Seal;

beforeAll(async () => {
  database = await testDatabase();
  seal = await openSeal({ url: database.url, masterKey, schema });
});
afterAll(async () => {
  await seal.close();
  await database.drop();
});

const content = (keyId: string, text: string) => ({
  subject: `p-${keyId}`,
  kind: SectionKind.IDENTITY,
  keyId,
  plaintext: Buffer.from(text),
});

describe("the seal", () => {
  it("opens small and large content in one call, and keeps large content out of the record", async () => {
    await seal.createKeys([{ keyId: "k1", subject: "p-k1" }]);
    const large = CANARY.repeat(5_000);
    const sections = await seal.sealSections([content("k1", CANARY), content("k1", large)]);
    expect(sections.map(({ blobSha256 }) => blobSha256.length)).toEqual([0, 32]);
    expect(sections[1]?.ciphertext.length).toBe(0);
    const opened = await seal.openSections(sections);
    expect(opened.map((bytes) => Buffer.from(bytes ?? []).toString())).toEqual([CANARY, large]);
  });

  it("keeps a key that exists when it is created again", async () => {
    await seal.createKeys([{ keyId: "k2", subject: "p-k2" }]);
    const [section] = await seal.sealSections([content("k2", CANARY)]);
    await seal.createKeys([{ keyId: "k2", subject: "p-k2" }]);
    const other = await openSeal({ url: database.url, masterKey, schema });
    expect(Buffer.from((await other.openSections([section!]))[0] ?? []).toString()).toBe(CANARY);
    await other.close();
  });

  it("opens nothing of a destroyed key, small or large, and leaves others alone", async () => {
    await seal.createKeys(["k3", "k4"].map((keyId) => ({ keyId, subject: `p-${keyId}` })));
    const sections = await seal.sealSections([content("k3", CANARY.repeat(2_000)), content("k4", "queda")]);
    expect(await seal.destroyKeys(["k3"])).toBe(1);
    const [gone, kept] = await seal.openSections(sections);
    expect([gone, Buffer.from(kept ?? []).toString()]).toEqual([undefined, "queda"]);
  });

  it("refuses a section whose ciphertext came from another one", async () => {
    await seal.createKeys([{ keyId: "k5", subject: "p-k5" }]);
    const [first, second] = await seal.sealSections([content("k5", "uno"), content("k5", "dos")]);
    await expect(seal.openSections([{ ...first!, ciphertext: second!.ciphertext }])).rejects.toThrow(SealBroken);
    const moved = [{ sectionId: "other" }, { subject: "p-other" }, { kind: SectionKind.NARRATIVE }];
    for (const change of moved) await expect(seal.openSections([{ ...first!, ...change }])).rejects.toThrow(SealBroken);
  });

  it("unwraps a secret only for what it was wrapped for", () => {
    const wrapped = seal.wrap(Buffer.from("secreto"), "endpoint:a");
    expect(Buffer.from(seal.unwrap(wrapped, "endpoint:a")).toString()).toBe("secreto");
    expect(() => seal.unwrap(wrapped, "endpoint:b")).toThrow(SealBroken);
  });

  it("holds nothing in clear in its tables", async () => {
    const db = openDb({ url: database.url, name: "test" });
    const rows = await db.query<{ row: string }>(sql`
      SELECT k::text || encode(wrapped, 'escape') AS row FROM ${sql.id(schema, "key")} k
      UNION ALL SELECT b::text || encode(ciphertext, 'escape') FROM ${sql.id(schema, "blob")} b`);
    await db.close();
    expect(rows.length).toBeGreaterThan(3);
    expect(rows.filter(({ row }) => row.includes("Canaria"))).toEqual([]);
  });
});
