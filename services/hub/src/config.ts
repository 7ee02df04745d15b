// What the hub reads from the environment, and nothing else: one variable a line, with its meaning.
import { port } from "@ruta/kit";
import { z } from "zod";
import { connections } from "./connections.ts";
import type { KeySource } from "./keys.ts";

const http = z.url({ protocol: /^https?$/, error: "an http(s) URL" });
const flag = z.enum(["0", "1"]).default("0");

/** The variables every process of the hub shares. */
export const config = z.object({
  RUTA_DATA: z.string().min(1).default("./ruta-data").meta({ help: "data folder: keys, and the embedded database" }),
  RUTA_ADMIN_PORT: port.default(7401).meta({ help: "port of the admin routes, on RUTA_ADMIN_HOST only" }),
  RUTA_ADMIN_HOST: z.string().default("127.0.0.1").meta({ help: "address on which the admin routes listen" }),
  RUTA_ADMIN_URLS: z
    .string()
    .refine((list) => list.split(",").every((one) => http.safeParse(one).success), "http(s) URLs, comma separated")
    .default("http://127.0.0.1:7401")
    .meta({ help: "where the `ruta` command finds admin routes, comma separated" }),
  RUTA_URL: http.default("http://127.0.0.1:7400").meta({ help: "where the `ruta` command finds the gateway" }),
  RUTA_STAFF_KEY: z.string().optional().meta({ help: "key file with which the `ruta` command signs" }),
  RUTA_PREFIX: z
    .string()
    .regex(/^([a-z][a-z0-9_]{0,30})?$/, "lower-case letters, digits and underscores, a letter first, at most 31")
    .default("")
    .meta({ help: "put before every topic, group and schema name" }),
  ...connections,
  RUTA_MASTER_KEY: z.string().optional().meta({ help: "32 bytes in base64 that wrap every other key", secret: true }),
  RUTA_MASTER_KEY_PREVIOUS: z
    .string()
    .optional()
    .meta({ help: "the master key that RUTA_MASTER_KEY takes the place of, while they change over", secret: true }),
  RUTA_SIGNING_KEY: z
    .string()
    .optional()
    .meta({ help: "Ed25519 key (whsk_…) of receipts and deliveries", secret: true }),
  RUTA_SIGNING_KEY_PREVIOUS: z
    .string()
    .optional()
    .meta({ help: "the signing key that RUTA_SIGNING_KEY takes the place of, while they change over", secret: true }),
  RUTA_FIRST_ADMIN: z
    .string()
    .optional()
    .meta({ help: "staffId:whpk_… pairs of the first revision, as `ruta init` printed them" }),
  RUTA_LOG_LEVEL: z
    .enum(["debug", "info", "warn", "error", "silent"])
    .default("info")
    .meta({ help: "least level logged" }),
  RUTA_ALLOW_LOOPBACK: flag.meta({ help: "1 lets deliveries go to loopback over http: development only" }),
});

/** The parsed variables. */
export type HubConfig = z.infer<typeof config>;

/** Where the keys of the hub are, by these variables. */
export function keySource(config: HubConfig): KeySource {
  return {
    data: config.RUTA_DATA,
    external: config.DATABASE_URL !== undefined,
    masterKey: config.RUTA_MASTER_KEY,
    previousMasterKey: config.RUTA_MASTER_KEY_PREVIOUS,
    signingKey: config.RUTA_SIGNING_KEY,
    previousSigningKey: config.RUTA_SIGNING_KEY_PREVIOUS,
  };
}
