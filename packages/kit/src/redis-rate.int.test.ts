// Limits that replicas share, on a real Redis: shared, flushed, killed, slow, and back again.
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { Redis } from "ioredis";
import { createRedisLimiter } from "./redis-rate.ts";
import type { Limiter } from "./rate.ts";
import { startRedis } from "./test-redis.ts";
import type { TestRedis } from "./test-redis.ts";

const SOON = { timeout: 20_000, interval: 50 };
const rate = { perSecond: 1, burst: 4 };
const url = process.env.RUTA_TEST_REDIS_URL;
let server: TestRedis | undefined;
const open: Limiter[] = [];
let n = 0;
const limiter = (at: string): Limiter => {
  const made = createRedisLimiter({ url: at, prefix: "t:", rate });
  open.push(made);
  return made;
};
const allowedOf = async (one: Limiter, name: string, times: number): Promise<number> => {
  let allowed = 0;
  for (let i = 0; i < times; i += 1) if ((await one.take(name)).allowed) allowed += 1;
  return allowed;
};
/** Until the connection is there, a process limits by itself. */
const connected = async (one: Limiter): Promise<void> => {
  await expect
    .poll(async () => {
      await one.take(`warm-${(n += 1)}`);
      return one.degraded();
    }, SOON)
    .toEqual([]);
};

beforeAll(async () => {
  server = url === undefined ? await startRedis() : undefined;
});
beforeEach((context) => {
  if (url !== undefined || server !== undefined) return;
  if (process.env.CI !== undefined) throw new Error("no redis-server here, and in CI there has to be one");
  context.skip("no redis-server here");
});
afterAll(async () => {
  for (const one of open) await one.close();
  await server?.stop();
});
const address = (): string => url ?? server!.url;

test("two replicas spend one limit together", async () => {
  const [one, other] = [limiter(address()), limiter(address())];
  await Promise.all([connected(one), connected(other)]);
  expect((await allowedOf(one, "shared", 3)) + (await allowedOf(other, "shared", 3))).toBe(4);
  const refused = await other.take("shared");
  expect(refused.allowed).toBe(false);
  expect(refused.retryAfterMs).toBeGreaterThan(0);
});

test("flushed, it forgets what was spent and goes on", async (context) => {
  if (server === undefined) return context.skip("the Redis that was given is not ours to flush");
  const one = limiter(server.url);
  await connected(one);
  expect(await allowedOf(one, "flushed", 6)).toBe(4);
  await server.flush();
  expect(await allowedOf(one, "flushed", 6)).toBe(4);
  expect(one.degraded()).toEqual([]);
});

test("what it keeps ends by itself", async () => {
  const one = limiter(address());
  await connected(one);
  await one.take("kept");
  const client = new Redis(address());
  const ttl = await client.pttl("t:rate:kept");
  client.disconnect();
  expect(ttl).toBeGreaterThan(0);
  expect(ttl).toBeLessThanOrEqual(1_002);
});

test("killed, each process limits by itself and says so; back again, they share", async (context) => {
  if (server === undefined) return context.skip("the Redis that was given is not ours to kill");
  const one = limiter(server.url);
  await connected(one);
  await server.kill();
  expect(await allowedOf(one, "alone", 10)).toBe(4);
  expect(one.degraded()).toEqual(["Redis does not answer: each process limits by itself"]);
  await server.start();
  await connected(one);
});

test("a Redis that never answers holds nobody up for long: the process decides", async () => {
  const silent = createServer(() => {});
  await new Promise<void>((resolve) => void silent.listen(0, "127.0.0.1", resolve));
  const one = limiter(`redis://127.0.0.1:${(silent.address() as AddressInfo).port}`);
  expect(await allowedOf(one, "slow", 10)).toBe(4);
  expect(one.degraded()).toHaveLength(1);
  silent.close();
});

test("an address where nothing listens does not end the process", async () => {
  const one = limiter("redis://127.0.0.1:1");
  expect(await allowedOf(one, "nobody", 10)).toBe(4);
  await expect.poll(() => one.degraded(), SOON).toHaveLength(1);
});

test("a stopped process of Redis is a slow one", async (context) => {
  if (server === undefined) return context.skip("the Redis that was given is not ours to stop");
  const one = limiter(server.url);
  await connected(one);
  process.kill(server.pid(), "SIGSTOP");
  try {
    expect(await allowedOf(one, "stopped", 10)).toBe(4);
    expect(one.degraded()).toHaveLength(1);
  } finally {
    process.kill(server.pid(), "SIGCONT");
  }
  await connected(one);
});

test("who limits nobody meanwhile says so all the same, and that it is back", async (context) => {
  if (server === undefined) return context.skip("the Redis that was given is not ours to stop");
  const one = limiter(server.url);
  await connected(one);
  process.kill(server.pid(), "SIGSTOP");
  try {
    await expect.poll(() => one.degraded(), SOON).toHaveLength(1);
  } finally {
    process.kill(server.pid(), "SIGCONT");
  }
  await expect.poll(() => one.degraded(), SOON).toEqual([]);
});
