// What the gateway reads from the environment: where it listens, with which certificate, and behind which proxy.
import { port } from "@ruta/kit";
import { z } from "zod";

/** Variables of the gateway. */
export const config = z.object({
  RUTA_PORT: port.default(7400).meta({ help: "port of the gateway, the outside door" }),
  RUTA_HOST: z.string().min(1).default("127.0.0.1").meta({ help: "address on which the gateway listens" }),
  RUTA_TLS_CERT: z
    .string()
    .min(1)
    .optional()
    .meta({ help: "file of the gateway's certificate, PEM; with RUTA_TLS_KEY" }),
  RUTA_TLS_KEY: z.string().min(1).optional().meta({ help: "file of its private key, PEM; with RUTA_TLS_CERT" }),
  RUTA_TRUSTED_PROXY: z
    .union([z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()], "an address or a CIDR block")
    .optional()
    .meta({ help: "the one proxy, by address or CIDR, whose forwarding headers count" }),
});

/** The parsed variables. */
export type GatewayConfig = z.infer<typeof config>;
