// By which keys what is signed while they change over, and what is published while the keyring is away.
import { fingerprint, generateKeyPair, publicKeyOf } from "@ruta/proof";
import type { HubKey } from "@ruta/seal";
import { expect, test } from "vitest";
import { admitSigners, publishedKeys } from "./signers.ts";

const [former, next] = [generateKeyPair().seed, generateKeyPair().seed];
const nameOf = (seed: Uint8Array): string => fingerprint(publicKeyOf(seed));
const masterKey = new Uint8Array(32);

test("both sign deliveries while the keys change over, and the former signs receipts; after that the new one signs all", async () => {
  const sealWith = (...inForce: Uint8Array[]) => ({ admitSigning: async () => inForce.map(nameOf) });
  const both = { masterKey, signingSeed: next, previousSigningSeed: former };
  expect(await admitSigners(sealWith(next, former), both)).toEqual({ receipts: former, deliveries: [next, former] });
  const alone = { receipts: next, deliveries: [next] };
  expect(await admitSigners(sealWith(next), { masterKey, signingSeed: next })).toEqual(alone);
  // The former is named still, and was retired.
  expect(await admitSigners(sealWith(next), both)).toEqual(alone);
});

test("signing keys alone are published, a retired one with its end, and the last that was known while the keyring is away", async () => {
  let [time, away] = [0, false];
  const publicKey = publicKeyOf(next);
  const key = { fingerprint: "f", madeAt: 1, retiredAt: undefined, holders: [] };
  const keys: HubKey[] = [
    { ...key, kind: "master", publicKey: undefined },
    { ...key, kind: "signing", publicKey },
  ];
  const seal = {
    async hubKeys() {
      if (away) throw new Error("the keyring is away");
      return keys;
    },
  };
  const published = publishedKeys(seal, () => time);
  expect(await published()).toEqual([{ publicKey, since: 1, until: undefined }]);
  keys.push({ ...key, kind: "signing", publicKey: publicKeyOf(former), retiredAt: 5 });
  time = 1_000;
  const two = await published();
  expect(two.map(({ until }) => until)).toEqual([undefined, 5]);
  [time, away] = [9_000, true];
  expect(await published()).toEqual(two);
  await expect(publishedKeys(seal, () => time)()).rejects.toThrow("away");
});
