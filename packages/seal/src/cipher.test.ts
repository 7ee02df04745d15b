// Sealed bytes: round trip, every flipped bit, another key, another place; and what becomes a blob.
import { createCipheriv, hkdfSync, randomBytes } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { OVERHEAD_BYTES, SealBroken, openBytes, sealBytes } from "./cipher.ts";
import { chooseBlobs } from "./sections.ts";

const key = new Uint8Array(randomBytes(32));
const context = Buffer.from("section 1");
const bytes = fc.uint8Array({ maxLength: 200 });

describe("sealed bytes", () => {
  it("open to what was sealed", () => {
    fc.assert(
      fc.property(bytes, bytes, (plaintext, about) => {
        const sealed = sealBytes(key, plaintext, about);
        expect(sealed.length).toBe(plaintext.length + OVERHEAD_BYTES);
        expect(Buffer.from(openBytes(key, sealed, about))).toEqual(Buffer.from(plaintext));
      }),
    );
  });

  it("do not open when any bit was flipped", () => {
    fc.assert(
      fc.property(bytes, fc.nat(), (plaintext, place) => {
        const sealed = sealBytes(key, plaintext, context);
        const bit = place % (sealed.length * 8);
        sealed[bit >> 3]! ^= 1 << (bit & 7);
        expect(() => openBytes(key, sealed, context)).toThrow(SealBroken);
      }),
    );
  });

  it("do not open in another place, under another key, or when cut", () => {
    const sealed = sealBytes(key, Buffer.from("texto"), context);
    expect(() => openBytes(key, sealed, Buffer.from("section 2"))).toThrow(SealBroken);
    expect(() => openBytes(new Uint8Array(randomBytes(32)), sealed, context)).toThrow(SealBroken);
    for (const length of [0, 1, OVERHEAD_BYTES - 1, sealed.length - 1])
      expect(() => openBytes(key, sealed.subarray(0, length), context)).toThrow(SealBroken);
  });

  it("have the form written down, and the commitment decides even where the tag is right", () => {
    const build = (committed: Uint8Array, salt: Buffer, plaintext: string): Buffer => {
      const derived = (from: Uint8Array): Buffer => Buffer.from(hkdfSync("sha256", from, salt, "ruta/seal/v1", 64));
      const cipher = createCipheriv("aes-256-gcm", derived(key).subarray(0, 32), Buffer.alloc(12)).setAAD(context);
      const body = Buffer.concat([cipher.update(plaintext), cipher.final()]);
      return Buffer.concat([Buffer.of(1), salt, derived(committed).subarray(32), cipher.getAuthTag(), body]);
    };
    const salt = randomBytes(16);
    expect(Buffer.from(openBytes(key, build(key, salt, "texto"), context)).toString()).toBe("texto");
    // Made to open under `key` by GCM's measure, but committed to another: neither of the two may open it.
    const other = new Uint8Array(randomBytes(32));
    const ambiguous = build(other, salt, "texto");
    expect(() => openBytes(key, ambiguous, context)).toThrow(SealBroken);
    expect(() => openBytes(other, ambiguous, context)).toThrow(SealBroken);
  });

  it("differ each time, so that equal content does not show", () => {
    const twice = [1, 2].map(() => Buffer.from(sealBytes(key, Buffer.from("texto"), context)).toString("hex"));
    expect(twice[0]).not.toBe(twice[1]);
  });
});

describe("the choice of blobs", () => {
  it("leaves in the record what is small and fits together", () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 300_000 }), { maxLength: 30 }), (sizes) => {
        const blobs = chooseBlobs(sizes);
        const inline = sizes.filter((_, index) => !blobs.has(index));
        expect(inline.every((size) => size <= 16_384)).toBe(true);
        expect(inline.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(40_000);
      }),
    );
    expect(chooseBlobs([100, 200]).size).toBe(0);
  });
});
