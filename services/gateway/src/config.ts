// What the gateway reads from the environment: where it listens, with which certificate, and behind which proxy.
import { readFileSync } from "node:fs";
import { ConfigError, pemFile, port, together } from "@ruta/kit";
import type { RedisTarget } from "@ruta/kit";
import { z } from "zod";

/** Variables of the gateway. */
export const config = z.object({
  RUTA_PORT: port.default(7400).meta({ help: "port of the gateway, the outside door" }),
  RUTA_HOST: z.string().min(1).default("127.0.0.1").meta({ help: "address on which the gateway listens" }),
  RUTA_TLS_CERT: pemFile.optional().meta({ help: "file of the gateway's certificate, PEM; with RUTA_TLS_KEY" }),
  RUTA_TLS_KEY: pemFile.optional().meta({ help: "file of its private key, PEM; with RUTA_TLS_CERT" }),
  RUTA_TRUSTED_PROXY: z
    .union([z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()], "an address or a CIDR block")
    .optional()
    .meta({ help: "the one proxy, by address or CIDR, whose forwarding headers count" }),
  REDIS_URL: z
    .url({ protocol: /^rediss?$/, error: "a redis:// or rediss:// URL" })
    .optional()
    .meta({ help: "Redis for rate limits that gateways share; without it each limits by itself", secret: true }),
  REDIS_TLS_CA: pemFile
    .optional()
    .meta({ help: "file of the authority that signed Redis' certificate, PEM; with a rediss:// URL" }),
  REDIS_TLS_CERT: pemFile
    .optional()
    .meta({ help: "file of the certificate by which Redis knows this process, PEM; with REDIS_TLS_KEY" }),
  REDIS_TLS_KEY: pemFile.optional().meta({ help: "file of its private key, PEM; with REDIS_TLS_CERT" }),
  RUTA_RATE: z.coerce
    .number("a number from 0 on")
    .int("a whole number")
    .min(0, "a number from 0 on")
    .max(100_000, "at most 100000")
    .default(200)
    .meta({
      help: "requests a second that each institution may make in the long run, five times as many at once; 0 sets no limit",
    }),
});

/** The parsed variables. */
export type GatewayConfig = z.infer<typeof config>;

/** The Redis of the configuration; undefined without one. Throws ConfigError for variables that contradict each other. */
export function redisOf(config: GatewayConfig): RedisTarget | undefined {
  const files = ["REDIS_TLS_CA", "REDIS_TLS_CERT", "REDIS_TLS_KEY"] as const;
  const { REDIS_URL: url } = config;
  const unused = url?.startsWith("rediss:") ? undefined : files.find((name) => config[name] !== undefined);
  if (unused) throw new ConfigError(unused, "is set, and REDIS_URL is no rediss:// URL, which would be in clear");
  together(config, "REDIS_TLS_CERT", "REDIS_TLS_KEY");
  if (url === undefined) return undefined;
  const [ca, cert, key] = files.map((name) =>
    config[name] === undefined ? undefined : readFileSync(config[name], "utf8"),
  );
  return { url, tls: { ca, cert, key } };
}
