// An institution that asks too often is told so and when to come back; others are not touched, and nothing of it is lost.
import { TOPICS } from "@ruta/events";
import { testLogs } from "@ruta/log/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { smallRequest } from "./examples.ts";
import { Bed, answered } from "./test-service.ts";
import type { Door } from "./test-service.ts";

let bed: Bed;
let door: Door;
beforeAll(async () => {
  bed = await Bed.open(testLogs()[0]!);
  door = await bed.start({ config: { RUTA_PORT: 0, RUTA_HOST: "127.0.0.1", RUTA_RATE: 1 } });
});
afterAll(async () => bed?.close());

test("what is over the limit is refused with 429 and Retry-After, records nothing, and is taken later under the same id", async () => {
  const all = await Promise.all(
    Array.from({ length: 12 }, (_, n) => bed.send(door, "sender", smallRequest(), `many-${n}`)),
  );
  const refused = all.flatMap((answer, n) => (answer.status === 429 ? [{ answer, n }] : []));
  expect(all.filter(({ status }) => status === 202).length).toBeGreaterThanOrEqual(5);
  expect(refused.length).toBeGreaterThan(0);
  const [{ answer, n } = { answer: all[0]!, n: 0 }] = refused;
  expect(answer.body).toMatchObject({ code: "too-many-requests" });
  expect(Number(answer.headers.get("retry-after"))).toBeGreaterThanOrEqual(1);
  expect(await bed.records(TOPICS.commands)).toHaveLength(12 - refused.length);
  await expect
    .poll(async () => (await bed.send(door, "sender", smallRequest(), `many-${n}`)).status, {
      timeout: 20_000,
      interval: 500,
    })
    .toBe(202);
});

test("nobody spends another's limit: unsigned requests of the same path count for nothing", async () => {
  const init = {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(smallRequest()),
  };
  for (let n = 0; n < 10; n += 1)
    expect((await answered(await fetch(`${door.url}/v1/in/performer`, init))).status).toBe(401);
  expect((await bed.send(door, "performer", smallRequest())).status).toBe(202);
});

test("reads have a limit of their own", async () => {
  const reads = await Promise.all(Array.from({ length: 12 }, () => bed.read(door, "other", "/v1/referrals")));
  const statuses = new Set(reads.map(({ status }) => status));
  expect(statuses).toEqual(new Set([200, 429]));
  expect((await bed.send(door, "other", smallRequest())).status).toBe(202);
});

test.each([
  ["asked by HEAD", "HEAD", "/v1/referrals"],
  ["spelled otherwise", "GET", "/%761/referrals"],
])("a read %s counts against the same limit", async (_name, method, path) => {
  const ask = () =>
    fetch(`${door.url}${path}`, { method, headers: { authorization: `Bearer ${bed.tokens.get("other")}` } });
  const statuses = new Set((await Promise.all(Array.from({ length: 12 }, ask))).map(({ status }) => status));
  expect(statuses).toContain(429);
});

test("a Redis that is gone degrades the gateway and stops nothing", async () => {
  const config = { RUTA_PORT: 0, RUTA_HOST: "127.0.0.1", RUTA_RATE: 50, REDIS_URL: "redis://127.0.0.1:1" };
  const alone = await bed.start({ config });
  expect((await bed.send(alone, "sender", smallRequest())).status).toBe(202);
  const ready = await answered(await fetch(`${alone.url}/readyz`));
  expect(ready.status).toBe(200);
  expect(ready.body.degraded).toEqual(["gateway: Redis does not answer: each process limits by itself"]);
});
