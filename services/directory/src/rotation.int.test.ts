// Keys that change over on real servers: old and new count side by side, at most three, and the old ones end as was said.
import { timestampMs } from "@bufbuild/protobuf/wkt";
import type { TestLog } from "@ruta/log/testing";
import { testLogs } from "@ruta/log/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { SAMPLE, entriesOf } from "./sample.ts";
import { openTestService, publicKey } from "./test-service.ts";
import type { TestService } from "./test-service.ts";

const HOUR = 3_600_000;
const act = { institution: "casa", reason: "test" };

let bed: TestService;
let ask: Awaited<ReturnType<TestService["started"]>>["ask"];

beforeAll(async () => {
  bed = await openTestService(testLogs().find(({ name }) => name === "postgres") as TestLog);
  ({ ask } = await bed.started("directory"));
  await ask("POST", "/apply", { entries: entriesOf(SAMPLE), reason: "sample" });
});
afterAll(() => bed?.close());

const keysAt = async (at: number): Promise<string[]> =>
  (await bed.folded()).directory.keysOf("casa", at).map(({ id }) => id);
const endpoint = async () => (await bed.folded()).directory.endpointOf("casa", Date.now())!;
const bytes = (secret: unknown): Buffer => Buffer.from(String(secret).slice("whsec_".length), "base64");
const unwrapped = (wrapped: Uint8Array): Buffer => Buffer.from(bed.seal.unwrap(wrapped, "endpoint:endpoint-casa"));

test("an institution's new key counts at once, the old ones until the overlap ends, and no fourth beside three", async () => {
  expect(await ask("POST", "/keys/rotate", act)).toMatchObject({ status: 404, body: { code: "unknown-entry" } });
  const first = (await ask("POST", "/keys", act)).body.id;
  const began = Date.now();
  const second = await ask("POST", "/keys/rotate", act);
  expect(second.body).toMatchObject({ id: expect.any(String), secret: expect.stringMatching(/^whsec_/) });
  expect(await keysAt(Date.now())).toEqual([first, second.body.id]);
  expect(await keysAt(began + 24 * HOUR - 1)).toEqual([first, second.body.id]);
  expect(await keysAt(Date.now() + 24 * HOUR)).toEqual([second.body.id]);

  // An older end is not put off by a longer overlap.
  const third = (await ask("POST", "/keys/rotate", { ...act, overlapHours: 168 })).body.id;
  expect(await keysAt(Date.now() + 100 * HOUR)).toEqual([second.body.id, third]);
  expect(await ask("POST", "/keys/rotate", act)).toMatchObject({ status: 409, body: { code: "too-many-keys" } });
  const last = (await ask("POST", "/keys/rotate", { ...act, overlapHours: 0, publicKey: publicKey() })).body;
  expect(last.secret).toBeUndefined();
  expect(await keysAt(Date.now() + 1)).toEqual([last.id]);

  // Whoever signs by keys of its own is not given a shared secret by an oversight.
  expect(await ask("POST", "/keys/rotate", act)).toMatchObject({ status: 422, body: { field: "publicKey" } });
  for (const overlapHours of [-1, 169, "24"])
    expect(await ask("POST", "/keys/rotate", { ...act, overlapHours })).toMatchObject({
      status: 400,
      body: { field: "overlapHours" },
    });
  expect(await ask("POST", "/keys/rotate", { ...act, publicKey: "whpk_no" })).toMatchObject({
    status: 422,
    body: { field: "publicKey" },
  });
});

test("an endpoint's new secret is shown once, and the one before it is kept, wrapped, until the overlap ends", async () => {
  expect(await ask("POST", "/endpoints/rotate", act)).toMatchObject({ status: 404 });
  const register = { ...act, url: "https://casa.example/hook", scheme: "v1" };
  const old = (await ask("POST", "/endpoints", register)).body.secret;
  const rotated = await ask("POST", "/endpoints/rotate", { ...act, overlapHours: 2 });
  const now = Date.now();
  const fresh = rotated.body.secret;
  const after = await endpoint();
  expect(unwrapped(after.wrappedSecret)).toEqual(bytes(fresh));
  expect(unwrapped(after.previousWrappedSecret)).toEqual(bytes(old));
  expect(Math.abs(timestampMs(after.previousUntil!) - now - 2 * HOUR)).toBeLessThan(60_000);
  expect(after).toMatchObject({ url: "https://casa.example/hook" });

  // A new address from a file keeps both; lists show neither.
  const moved = entriesOf('endpoints:\n  - { institution: casa, url: "https://casa.example/new", scheme: v1 }');
  await ask("POST", "/apply", { entries: moved, reason: "moved" });
  expect(await endpoint()).toMatchObject({
    url: "https://casa.example/new",
    previousWrappedSecret: after.previousWrappedSecret,
    previousUntil: after.previousUntil,
  });
  const listed = JSON.stringify((await ask("GET", "/endpoint")).body);
  expect(listed).toContain("previous_until");
  expect(listed).not.toContain("secret");

  expect(await ask("POST", "/endpoints/rotate", act)).toMatchObject({
    status: 409,
    body: { code: "still-changing-over" },
  });
  const cut = (await ask("POST", "/endpoints/rotate", { ...act, overlapHours: 0 })).body.secret;
  const alone = await endpoint();
  expect(unwrapped(alone.wrappedSecret)).toEqual(bytes(cut));
  expect([alone.previousWrappedSecret.length, alone.previousUntil]).toEqual([0, undefined]);

  await ask("POST", "/endpoints", { ...register, scheme: "v1a" });
  expect(await ask("POST", "/endpoints/rotate", act)).toMatchObject({ status: 422, body: { field: "scheme" } });
});
