// The limiter that replicas share through Redis. Redis holds nothing else: flushed, slow or gone, each process limits by itself.
import type { Redis } from "ioredis";
import { createLocalLimiter } from "./rate.ts";
import type { Limiter, Rate, Verdict } from "./rate.ts";
import { redisClient } from "./redis.ts";
import type { RedisTarget } from "./redis.ts";

/** What the limiter is built on. */
export interface RedisLimiterOptions extends RedisTarget {
  /** Put before every key. */
  readonly prefix: string;
  readonly rate: Rate;
  /** Told when Redis is lost, and when it is back; no content. */
  readonly onChange?: (lost: boolean, error?: unknown) => void;
}

/**
 * The same arithmetic as `cell`, on Redis' own clock so that replicas agree. KEYS[1]: when the bucket is full again, in microseconds.
 * ARGV: interval in microseconds, burst. Answers allowed, remaining, and microseconds to wait.
 */
const SCRIPT = `
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local interval = tonumber(ARGV[1])
local full = tonumber(redis.call('GET', KEYS[1]) or '0')
if full < now then full = now end
local wait = full + interval - interval * tonumber(ARGV[2]) - now
if wait > 0 then return {0, 0, math.ceil(wait)} end
redis.call('SET', KEYS[1], string.format('%.0f', full + interval), 'PX', math.ceil((full + interval - now) / 1000) + 1)
return {1, math.floor(-wait / interval), 0}`;

interface Scripted extends Redis {
  takeOne(key: string, intervalUs: number, burst: number): Promise<[number, number, number]>;
}

/** A process that limits nobody for a while finds out as soon as another that Redis is gone, and that it is back. */
const LOOK_MS = 1_000;

/** Opens it. A Redis that cannot be reached is tried again for as long as the process runs. */
export function createRedisLimiter({ prefix, rate, onChange = () => {}, ...target }: RedisLimiterOptions): Limiter {
  const local = createLocalLimiter(rate);
  const redis = redisClient(target);
  redis.defineCommand("takeOne", { numberOfKeys: 1, lua: SCRIPT });
  let lost: boolean | undefined;
  function note(now: boolean, error?: unknown): void {
    if (lost === now) return;
    lost = now;
    onChange(now, error);
  }
  // Without a listener a lost connection would end the process; every command that fails says the same.
  redis.on("error", (error: unknown) => note(true, error));

  const looking = setInterval(() => {
    redis.ping().then(
      () => note(false),
      (error: unknown) => note(true, error),
    );
  }, LOOK_MS);
  looking.unref();

  async function shared(name: string): Promise<Verdict> {
    const key = `${prefix}rate:${name}`;
    const [allowed, remaining, waitUs] = await (redis as Scripted).takeOne(key, 1_000_000 / rate.perSecond, rate.burst);
    return { allowed: allowed === 1, remaining, retryAfterMs: waitUs / 1000 };
  }

  return {
    async take(name) {
      try {
        const verdict = await shared(name);
        note(false);
        return verdict;
      } catch (error) {
        note(true, error);
        return local.take(name);
      }
    },
    degraded: () => (lost === true ? ["Redis does not answer: each process limits by itself"] : []),
    async close() {
      clearInterval(looking);
      redis.disconnect();
    },
  };
}
