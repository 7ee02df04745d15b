// Ed25519: the vectors of RFC 8032, and texts of keys that are none.
import fc from "fast-check";
import { expect, test } from "vitest";
import * as ed from "./ed25519.ts";

/** RFC 8032 §7.1, tests 1 to 3: seed, public key, message, signature in hex. */
const VECTORS = [
  [
    "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
    "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
    "",
    "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
  ],
  [
    "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
    "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
    "72",
    "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
  ],
  [
    "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
    "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
    "af82",
    "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
  ],
] as const;
const hex = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, "hex"));
const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });

test.each(VECTORS)("seed %s signs as RFC 8032 says", (seed, publicKey, message, signature) => {
  expect(Buffer.from(ed.publicKeyOf(hex(seed))).toString("hex")).toBe(publicKey);
  expect(Buffer.from(ed.sign(hex(seed), hex(message))).toString("hex")).toBe(signature);
  expect(ed.verify(hex(publicKey), hex(message), hex(signature))).toBe(true);
});

test("a signature holds for its key and its bytes alone", () => {
  fc.assert(
    fc.property(bytes(32), fc.uint8Array({ minLength: 1 }), fc.nat(), (seed, message, at) => {
      const publicKey = ed.publicKeyOf(seed);
      const signature = ed.sign(seed, message);
      const changed = (of: Uint8Array): Uint8Array => of.map((byte, i) => (i === at % of.length ? byte ^ 1 : byte));
      expect(ed.verify(publicKey, message, signature)).toBe(true);
      expect(ed.verify(publicKey, changed(message), signature)).toBe(false);
      expect(ed.verify(publicKey, message, changed(signature))).toBe(false);
      expect(ed.verify(changed(publicKey), message, signature)).toBe(false);
    }),
    { numRuns: 50 },
  );
});

test("keys and signatures of any other length are no error, and verify nothing", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 70 }), fc.uint8Array({ maxLength: 70 }), (publicKey, signature) => {
      expect(ed.verify(publicKey, hex("00"), signature)).toBe(false);
    }),
  );
});

test("keys come back from their texts, and from nothing else", () => {
  fc.assert(
    fc.property(bytes(32), (key) => {
      expect(ed.decodeSecretKey(ed.encodeSecretKey(key))).toEqual(key);
      expect(ed.decodePublicKey(ed.encodePublicKey(key))).toEqual(key);
      expect(ed.decodePublicKey(ed.encodeSecretKey(key))).toBeUndefined();
    }),
  );
});

test.each([
  ["public", ed.encodePublicKey, ed.decodePublicKey],
  ["secret", ed.encodeSecretKey, ed.decodeSecretKey],
] as const)("what is no %s key's text is none, and no two texts are one key", (_, encode, decode) => {
  const text = encode(new Uint8Array(32).fill(0xff));
  expect(text.slice(5)).toBe(`${"/".repeat(42)}8=`);
  const [prefix = ""] = text.split("/", 1);
  for (const wrong of [
    "",
    prefix,
    text.slice(5),
    text.toUpperCase(),
    text.slice(0, -1),
    `${text}=`,
    `${text}\n`,
    ` ${text}`,
    text.replace("/", "*"),
    text.replaceAll("/", "_"), // base64url
    text.replace("8=", "9="), // the same bytes, written otherwise
    encode(new Uint8Array(31)),
    encode(new Uint8Array(33)),
    encode(new Uint8Array(64)),
  ])
    expect(decode(wrong), wrong).toBeUndefined();
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (rest) => {
      expect([decode(rest), decode(prefix + rest)]).toEqual([undefined, undefined]);
    }),
  );
});

test("a seed of any other length makes no key", () => {
  for (const length of [0, 31, 33, 64]) {
    expect(() => ed.publicKeyOf(new Uint8Array(length))).toThrow("32 bytes");
    expect(() => ed.sign(new Uint8Array(length), hex("00"))).toThrow("32 bytes");
  }
});

test("a key of small order verifies nothing: its signatures would hold for any text", () => {
  const identity = new Uint8Array(32).with(0, 1);
  const signature = new Uint8Array(64).with(0, 1); // R = identity, S = 0
  for (const key of [identity, new Uint8Array(32)])
    for (let i = 0; i < 32; i += 1) expect(ed.verify(key, new Uint8Array([i]), signature)).toBe(false);
});

test("a JSON Web Key holds the public key and names it by its fingerprint", () => {
  const { publicKey } = ed.generateKeyPair();
  const jwk = ed.toJwk(publicKey);
  expect(Buffer.from(jwk.x, "base64url")).toEqual(Buffer.from(publicKey));
  expect(jwk).toMatchObject({ kty: "OKP", crv: "Ed25519", kid: ed.fingerprint(publicKey) });
  expect(jwk.kid).toMatch(/^[0-9a-f]{16}$/);
});
