// Sections: content sealed under its subject's key; what would not fit a record lies beside the keyring as a blob.
import { createHash } from "node:crypto";
import { sql } from "@ruta/db";
import type { Db } from "@ruta/db";
import { SectionSchema, create, randomId } from "@ruta/events";
import type { Section, SectionKind } from "@ruta/events";
import { SealBroken, openBytes, sealBytes } from "./cipher.ts";
import type { Keyring } from "./keyring.ts";

/** The key that content is to be sealed under does not exist, or was destroyed. */
export class NoKey extends Error {
  override readonly name = "NoKey";
  readonly code = "no-key";

  constructor() {
    super("content cannot be sealed: its key does not exist");
  }
}

/** Content to seal. */
export interface Content {
  readonly subject: string;
  readonly kind: SectionKind;
  readonly keyId: string;
  readonly plaintext: Uint8Array;
}

/** A section larger than this is a blob, and so is the largest of a call until the rest fits a record. */
const MAX_INLINE_BYTES = 16_384;
const MAX_INLINE_SUM = 40_000;

function contextOf(section: Pick<Section, "sectionId" | "subject" | "kind" | "keyId">): Uint8Array {
  // As JSON, so that no separator inside an id lets one context pass for another.
  return Buffer.from(JSON.stringify(["section", section.sectionId, section.subject, section.kind, section.keyId]));
}

function sha256(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(createHash("sha256").update(bytes).digest());
}

/** Which of these sizes become blobs: every one over the limit, then the largest until the sum fits. */
export function chooseBlobs(sizes: readonly number[]): ReadonlySet<number> {
  const order = sizes.map((size, index) => ({ size, index })).toSorted((a, b) => b.size - a.size);
  let sum = sizes.reduce((total, size) => total + size, 0);
  const chosen = new Set<number>();
  for (const { size, index } of order) {
    if (size <= MAX_INLINE_BYTES && sum <= MAX_INLINE_SUM) break;
    chosen.add(index);
    sum -= size;
  }
  return chosen;
}

/** Seals contents of one record. Throws NoKey when a key does not exist. Blobs are durable when resolved. */
export async function sealSections(
  db: Db,
  schema: string,
  keyring: Keyring,
  contents: readonly Content[],
): Promise<Section[]> {
  const keys = await keyring.load(contents.map(({ keyId }) => keyId));
  const sections = contents.map(({ subject, kind, keyId, plaintext }) => {
    const key = keys.get(keyId);
    if (!key) throw new NoKey();
    const head = { sectionId: randomId(), subject, kind, keyId };
    return create(SectionSchema, { ...head, ciphertext: sealBytes(key, plaintext, contextOf(head)) });
  });
  const blobs = [...chooseBlobs(sections.map(({ ciphertext }) => ciphertext.length))].map((index) => {
    const section = sections[index]!;
    const { ciphertext } = section;
    section.blobSha256 = sha256(ciphertext);
    section.ciphertext = new Uint8Array();
    return { sha256: section.blobSha256, keyId: section.keyId, ciphertext };
  });
  if (blobs.length === 0) return sections;
  // Only under a key that exists now, whatever is cached: what came after its erasure would lie there for ever. In one order.
  const ids = [...new Set(blobs.map(({ keyId }) => keyId))].toSorted();
  const living = await db.query(sql`
    WITH living AS MATERIALIZED (
      SELECT key_id FROM ${sql.id(schema, "key")} WHERE key_id = ANY(${ids}::text[]) ORDER BY key_id FOR KEY SHARE
    ), stored AS (
      INSERT INTO ${sql.id(schema, "blob")} (sha256, key_id, ciphertext)
      SELECT b.* FROM unnest(${blobs.map((b) => b.sha256)}::bytea[], ${blobs.map((b) => b.keyId)}::text[],
        ${blobs.map((b) => b.ciphertext)}::bytea[]) AS b (sha256, key_id, ciphertext) JOIN living USING (key_id)
      ON CONFLICT DO NOTHING)
    SELECT key_id FROM living`);
  if (living.length < ids.length) throw new NoKey();
  return sections;
}

async function ciphertexts(db: Db, schema: string, sections: readonly Section[]): Promise<(Uint8Array | undefined)[]> {
  const wanted = sections.filter(({ blobSha256 }) => blobSha256.length > 0).map(({ blobSha256 }) => blobSha256);
  const rows =
    wanted.length === 0
      ? []
      : await db.query<{ sha256: Buffer; ciphertext: Buffer }>(
          sql`SELECT sha256, ciphertext FROM ${sql.id(schema, "blob")} WHERE sha256 = ANY(${wanted}::bytea[])`,
        );
  const blobs = new Map(rows.map((row) => [row.sha256.toString("hex"), row.ciphertext]));
  return sections.map(({ ciphertext, blobSha256 }) =>
    blobSha256.length === 0 ? ciphertext : blobs.get(Buffer.from(blobSha256).toString("hex")),
  );
}

/** Opens sections; undefined where the key is destroyed. Throws SealBroken when bytes were changed or moved. */
export async function openSections(
  db: Db,
  schema: string,
  keyring: Keyring,
  sections: readonly Section[],
): Promise<(Uint8Array | undefined)[]> {
  const keys = await keyring.load(sections.map(({ keyId }) => keyId));
  const bytes = await ciphertexts(db, schema, sections);
  // A blob that is not there was erased with its key, perhaps by another process while the key is cached here.
  const orphaned = sections.filter(({ keyId }, index) => !bytes[index] && keys.has(keyId)).map(({ keyId }) => keyId);
  const living = orphaned.length === 0 ? undefined : await keyring.confirm(orphaned);
  return sections.map((section, index) => {
    const key = keys.get(section.keyId);
    if (!key) return undefined;
    const sealed = bytes[index];
    if (!sealed) {
      if (living?.has(section.keyId)) throw new SealBroken();
      return undefined;
    }
    if (section.blobSha256.length > 0 && Buffer.compare(sha256(sealed), section.blobSha256) !== 0)
      throw new SealBroken();
    return openBytes(key, sealed, contextOf(section));
  });
}
