// How a process reaches Redis: one set of options for every client, TLS among them.
import { Redis } from "ioredis";

/** Where Redis is and how it is known. */
export interface RedisTarget {
  /** redis:// or rediss:// URL; the latter checks the server's certificate and its name. */
  readonly url: string;
  /** PEM: the authority of that certificate (without it the public ones count), and what proves this process. */
  readonly tls?: {
    readonly ca?: string | undefined;
    readonly cert?: string | undefined;
    readonly key?: string | undefined;
  };
}

/** A command waits so long, in milliseconds. */
const WAIT_MS = 50;
/** Between two tries to reach a Redis that is gone, in milliseconds. */
const RECONNECT_MS = 1_000;

/** A client that fails fast and comes back by itself for as long as the process runs. Who makes it listens to its errors. */
export function redisClient({ url, tls }: RedisTarget): Redis {
  const parts = Object.entries(tls ?? {}).filter(([, pem]) => pem !== undefined);
  return new Redis(url, {
    commandTimeout: WAIT_MS,
    connectTimeout: 2_000,
    maxRetriesPerRequest: 0,
    enableOfflineQueue: false,
    enableAutoPipelining: true,
    retryStrategy: () => RECONNECT_MS,
    ...(parts.length === 0 ? {} : { tls: Object.fromEntries(parts) }),
  });
}

/** Resolves when Redis answers; rejects with what is in the way, at the latest after 3 s. */
export async function pingRedis(target: RedisTarget): Promise<void> {
  const redis = redisClient(target);
  try {
    await new Promise<void>((resolve, reject) => {
      redis.once("error", reject);
      redis.once("ready", () => resolve());
      setTimeout(() => reject(new Error("Redis does not answer")), 3_000).unref();
    });
  } finally {
    redis.disconnect();
  }
}
