// Standard Webhooks 1.0: its published vectors, the npm package of the same name, and headers that hostile senders write.
import { existsSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { Webhook } from "standardwebhooks";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { generateKeyPair, publicKeyOf } from "./ed25519.ts";
import {
  TOLERANCE_S,
  decodeSecret,
  encodeSecret,
  newSecret,
  signWebhook,
  verifyWebhook,
  webhookHeaders,
} from "./webhook.ts";
import type { WebhookHeaders, WebhookKey } from "./webhook.ts";

const VECTORS = new URL("../../../../shared/vectors/standard-webhooks.json", import.meta.url);
const NOW = Date.UTC(2026, 10, 23, 15);
const AT = NOW / 1000;
const secret = decodeSecret(newSecret())!;
const pair = generateKeyPair();
const KEYS = {
  v1: { sign: { scheme: "v1", secret }, verify: { scheme: "v1", secret } },
  v1a: { sign: { scheme: "v1a", seed: pair.seed }, verify: { scheme: "v1a", publicKey: pair.publicKey } },
} as const;
const SCHEMES = ["v1", "v1a"] as const;

function headersOf(all: Record<string, string>): WebhookHeaders {
  return { id: all["webhook-id"], timestamp: all["webhook-timestamp"], signature: all["webhook-signature"] };
}

const check = (headers: WebhookHeaders, body: Uint8Array, keys: readonly WebhookKey[], now = NOW) =>
  verifyWebhook({ headers, body, keys, now });

describe.skipIf(!existsSync(VECTORS))("the published vectors (skipped where they are absent)", () => {
  interface Vector {
    readonly id: string;
    readonly timestamp: number;
    readonly body: string;
    readonly signature: string;
  }
  const vectors = existsSync(VECTORS)
    ? (JSON.parse(readFileSync(VECTORS, "utf8")) as {
        symmetric_v1: Vector & { secret: string };
        asymmetric_v1a: Vector & { seed_and_public_key_base64: string };
      })
    : undefined;

  test("v1 signs and verifies as published", () => {
    const { secret: text, id, timestamp, body, signature } = vectors!.symmetric_v1;
    const key = { scheme: "v1", secret: decodeSecret(text)! } as const;
    expect(signWebhook({ id, timestampS: timestamp, body: Buffer.from(body) }, key)).toBe(signature);
    const headers = { id, timestamp: String(timestamp), signature };
    expect(check(headers, Buffer.from(body), [key], timestamp * 1000)).toEqual({ ok: true, keyIndex: 0 });
  });

  test("v1a signs and verifies as published", () => {
    const { seed_and_public_key_base64: both, id, timestamp, body, signature } = vectors!.asymmetric_v1a;
    const seed = new Uint8Array(Buffer.from(both, "base64").subarray(0, 32));
    const publicKey = new Uint8Array(Buffer.from(both, "base64").subarray(32));
    expect(publicKeyOf(seed)).toEqual(publicKey);
    expect(signWebhook({ id, timestampS: timestamp, body: Buffer.from(body) }, { scheme: "v1a", seed })).toBe(
      signature,
    );
    const headers = { id, timestamp: String(timestamp), signature };
    const verdict = check(headers, Buffer.from(body), [{ scheme: "v1a", publicKey }], timestamp * 1000);
    expect(verdict).toEqual({ ok: true, keyIndex: 0 });
  });
});

describe("the npm package standardwebhooks", () => {
  const library = new Webhook(Buffer.from(secret).toString("base64"));
  const printable = fc
    .string({ unit: "grapheme-ascii", minLength: 1, maxLength: 40 })
    .map((id) => id.replaceAll(/\s/g, "_"));

  test("and we sign the same bytes alike, whatever they say", () => {
    fc.assert(
      fc.property(printable, fc.string({ unit: "binary" }), (id, text) => {
        const ours = signWebhook({ id, timestampS: AT, body: Buffer.from(text, "utf8") }, KEYS.v1.sign);
        expect(ours).toBe(library.sign(id, new Date(NOW), Buffer.from(text, "utf8").toString("utf8")));
      }),
    );
  }, 30_000); // the other library hashes in JavaScript: slow on a busy machine

  test("accepts what we sign, and we accept what it signs", () => {
    vi.useFakeTimers({ now: NOW });
    onTestFinished(() => void vi.useRealTimers());
    fc.assert(
      fc.property(printable, fc.json(), (id, text) => {
        const body = Buffer.from(text);
        const ours = webhookHeaders({ id, timestampS: AT, body, key: KEYS.v1.sign });
        expect(library.verify(text, ours)).toEqual(JSON.parse(text));
        const theirs = { id, timestamp: String(AT), signature: library.sign(id, new Date(NOW), text) };
        expect(check(theirs, body, [KEYS.v1.verify])).toEqual({ ok: true, keyIndex: 0 });
      }),
    );
  });

  test("and we agree, whatever becomes of the headers and the body on the way", () => {
    vi.useFakeTimers({ now: NOW });
    onTestFinished(() => void vi.useRealTimers());
    const altered = fc.record({
      at: fc.oneof(fc.integer({ min: -310, max: 310 }), fc.constantFrom(-301, -300, 0, 300, 301)).map((s) => AT + s),
      signature: fc.constantFrom<(signed: string) => string>(
        (signed) => signed,
        (signed) => `v1a,AAAA v1,AAAA ${signed}`,
        (signed) => signed.replace("v1,", "v2,"),
        (signed) => signed.replace(/=$/, ""),
        (signed) => `${signed}A`,
        (signed) => signed.replace("v1,", "v1, "),
        (signed) => signed.toLowerCase(),
        () => "v1",
        () => "",
      ),
      body: fc.constantFrom<(text: string) => string>(
        (text) => text,
        (text) => ` ${text}`,
        () => "",
      ),
    });
    const seen = new Set<boolean>();
    fc.assert(
      fc.property(printable, fc.json(), altered, (id, text, change) => {
        const signed = signWebhook({ id, timestampS: change.at, body: Buffer.from(text) }, KEYS.v1.sign);
        const headers = { id, timestamp: String(change.at), signature: change.signature(signed) };
        const body = change.body(text);
        const accepts = (): boolean => {
          try {
            const all = {
              "webhook-id": id,
              "webhook-timestamp": headers.timestamp,
              "webhook-signature": headers.signature,
            };
            library.verify(body, all, { jsonParse: false });
            return true;
          } catch {
            return false;
          }
        };
        const { ok } = check(headers, Buffer.from(body), [KEYS.v1.verify]);
        expect(ok).toBe(accepts());
        seen.add(ok);
      }),
      { numRuns: 300 },
    );
    expect(seen).toEqual(new Set([true, false]));
  });
});

describe.each(SCHEMES)("by %s", (scheme) => {
  const { sign, verify } = KEYS[scheme];
  const body = Buffer.from('{"a":"ñ"}');
  const headers = headersOf(webhookHeaders({ id: "msg_1", timestampS: AT, body, key: sign }));

  test("bytes are signed as they are: empty, huge, and what is no text", () => {
    for (const bytes of [new Uint8Array(), new Uint8Array(300_000).fill(7), Buffer.from([0xff, 0xfe, 0x00])]) {
      const signed = headersOf(webhookHeaders({ id: "msg_1", timestampS: AT, body: bytes, key: sign }));
      expect(check(signed, bytes, [verify])).toMatchObject({ ok: true });
      expect(check(signed, Buffer.concat([bytes, Buffer.from([0])]), [verify])).toEqual({
        ok: false,
        reason: "mismatch",
      });
    }
  });

  test("while keys change over either one verifies, and no third", () => {
    const others = [KEYS.v1.sign, KEYS.v1a.sign];
    const both = headersOf(webhookHeaders({ id: "msg_1", timestampS: AT, body, key: sign, others }));
    expect(both.signature?.split(" ")).toHaveLength(3);
    for (const key of SCHEMES) expect(check(both, body, [KEYS[key].verify])).toMatchObject({ ok: true });
    expect(check(both, body, [{ scheme: "v1", secret: decodeSecret(newSecret())! }])).toMatchObject({ ok: false });
  });

  test("the id, the time and the body are under the signature", () => {
    expect(check({ ...headers, id: "msg_2" }, body, [verify])).toEqual({ ok: false, reason: "mismatch" });
    expect(check({ ...headers, timestamp: String(AT + 1) }, body, [verify])).toEqual({ ok: false, reason: "mismatch" });
    expect(check(headers, Buffer.from('{"a":"n"}'), [verify])).toEqual({ ok: false, reason: "mismatch" });
  });

  test("a clock may be off by 300 seconds either way, and by none more", () => {
    const at = (s: number) => check(headers, body, [verify], NOW + s * 1000);
    expect(at(TOLERANCE_S)).toMatchObject({ ok: true });
    expect(at(TOLERANCE_S + 1)).toEqual({ ok: false, reason: "too-old" });
    expect(at(-TOLERANCE_S)).toMatchObject({ ok: true });
    expect(at(-TOLERANCE_S - 1)).toEqual({ ok: false, reason: "too-new" });
    expect(at(TOLERANCE_S + 0.999)).toMatchObject({ ok: true }); // whole seconds, as the timestamp has
    expect(at(-TOLERANCE_S - 0.001)).toEqual({ ok: false, reason: "too-new" });
  });

  test("any one valid signature among several is enough, and tells which key made it", () => {
    const several = { ...headers, signature: `v9,AAAA v1,AAAA ${headers.signature} v1a,AAAA` };
    const stranger: WebhookKey = { scheme: "v1a", publicKey: generateKeyPair().publicKey };
    expect(check(several, body, [stranger, verify])).toEqual({ ok: true, keyIndex: 1 });
    expect(check(several, body, [stranger])).toEqual({ ok: false, reason: "mismatch" });
    expect(check(several, body, [])).toEqual({ ok: false, reason: "mismatch" });
  });

  test("a signature is written in one way: no other base64, nothing around it", () => {
    const [, text = ""] = headers.signature!.split(",");
    const last = text.replaceAll("=", "").at(-1)!;
    const others = [
      text.replaceAll("=", ""),
      `${text}=`,
      `${text}AAAA`,
      `${text}\t`,
      `*${text}`,
      `${text},`,
      text.replace(/[A-Za-z0-9+/](=+)$/, `${String.fromCharCode(last.charCodeAt(0) + 1)}$1`),
      text.replace(/=+$/, "").replaceAll("+", "-").replaceAll("/", "_"),
    ];
    for (const other of others)
      expect(check({ ...headers, signature: `${scheme},${other}` }, body, [verify]), other).toMatchObject({
        ok: false,
      });
    for (const other of [text, `${scheme}${text}`, `${scheme},`, ",", " ", `${scheme.toUpperCase()},${text}`])
      expect(check({ ...headers, signature: other }, body, [verify]), other).toEqual({ ok: false, reason: "mismatch" });
  });

  test("an id or a list of signatures longer than anyone needs is malformed", () => {
    const long = (id: string) =>
      check({ ...headersOf(webhookHeaders({ id, timestampS: AT, body, key: sign })) }, body, [verify]);
    expect(long("i".repeat(256))).toMatchObject({ ok: true });
    expect(long("i".repeat(257))).toEqual({ ok: false, reason: "malformed" });
    const padded = { ...headers, signature: headers.signature!.padEnd(4_097) };
    expect(check(padded, body, [verify])).toEqual({ ok: false, reason: "malformed" });
    expect(check({ ...padded, signature: padded.signature.slice(0, 4_096) }, body, [verify])).toMatchObject({
      ok: true,
    });
  });

  test("more signatures than anyone needs are not tried", () => {
    const hidden = { ...headers, signature: `${"v1,AAAA ".repeat(8)}${headers.signature}` };
    expect(check(hidden, body, [verify])).toMatchObject({ ok: false });
  });

  test("one scheme's signature is never taken for the other's", () => {
    const other = KEYS[scheme === "v1" ? "v1a" : "v1"].verify;
    const renamed = { ...headers, signature: headers.signature!.replace(/^v1a?,/, scheme === "v1" ? "v1a," : "v1,") };
    expect(check(renamed, body, [verify, other])).toMatchObject({ ok: false });
  });
});

test("headers that are missing or written by somebody hostile are refusals, never errors", () => {
  for (const name of ["id", "timestamp", "signature"] as const) {
    const headers = { id: "a", timestamp: String(AT), signature: "v1,AAAA" };
    expect(check({ ...headers, [name]: undefined }, Buffer.from(""), [KEYS.v1.verify])).toEqual({
      ok: false,
      reason: "missing",
    });
    expect(check({ ...headers, [name]: "" }, Buffer.from(""), [KEYS.v1.verify])).toEqual({
      ok: false,
      reason: "missing",
    });
  }
  for (const timestamp of ["-1", "+1", "1e9", "1.0", " 1", "1 ", "0x10", "٣", `0${AT}`, "9".repeat(13), "NaN"])
    expect(check({ id: "a", timestamp, signature: "v1,A" }, Buffer.from(""), [])).toEqual({
      ok: false,
      reason: "malformed",
    });
  const written = fc.string({ unit: "binary", maxLength: 300 });
  const items = fc.array(fc.tuple(fc.constantFrom("v1", "v1a", "v2", ""), fc.oneof(written, fc.base64String())));
  const signature = fc.oneof(
    written,
    items.map((list) => list.map((item) => item.join(",")).join(" ")),
  );
  const timestamp = fc.oneof(written, fc.constant(String(AT)), fc.maxSafeInteger().map(String));
  const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
  const reasons = new Set<string>();
  fc.assert(
    fc.property(
      maybe(written),
      maybe(timestamp),
      maybe(signature),
      fc.uint8Array(),
      (id, timestamp, signature, body) => {
        const verdict = check({ id, timestamp, signature }, body, [KEYS.v1.verify, KEYS.v1a.verify]);
        reasons.add(verdict.ok ? "ok" : verdict.reason);
      },
    ),
    { numRuns: 500 },
  );
  expect([...reasons].toSorted()).toEqual(expect.arrayContaining(["malformed", "mismatch", "missing"]));
  expect(reasons).not.toContain("ok");
});

test("shared secrets come back from their texts; too short, too long or no base64 is none", () => {
  expect(encodeSecret(decodeSecret(encodeSecret(secret))!)).toBe(encodeSecret(secret));
  expect(decodeSecret(encodeSecret(new Uint8Array(24)))).toHaveLength(24);
  for (const wrong of [
    "",
    "whsec_",
    "whsec_!!!!",
    encodeSecret(new Uint8Array(23)),
    encodeSecret(new Uint8Array(65)),
    "MfKQ9r8G",
    encodeSecret(new Uint8Array(25)).replaceAll("=", ""), // not padded
    encodeSecret(new Uint8Array(24)).slice(0, -3), // cut short
    `${encodeSecret(new Uint8Array(24))}\n`,
    encodeSecret(new Uint8Array(24)).toUpperCase(),
    encodeSecret(new Uint8Array(25).fill(255)).replace("w==", "x=="), // the same bytes, written otherwise
    encodeSecret(new Uint8Array(24).fill(255)).replaceAll("/", "_"), // base64url
  ])
    expect(decodeSecret(wrong), wrong).toBeUndefined();
});
