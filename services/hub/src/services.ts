// The services of the hub by name, and what each reads from the environment.
import { config as deliveryConfig, createDelivery } from "@ruta/delivery";
import { config as directoryConfig, createDirectory } from "@ruta/directory";
import { config as gatewayConfig, createGateway } from "@ruta/gateway";
import { config as routerConfig, createRouter } from "@ruta/router";
import type { z } from "zod";
import { config } from "./config.ts";
import type { ServiceName } from "./service-names.ts";

/** How each is built and what it reads. */
export const BUILDERS = {
  directory: { config: directoryConfig, create: createDirectory },
  router: { config: routerConfig, create: createRouter },
  delivery: { config: deliveryConfig, create: createDelivery },
  gateway: { config: gatewayConfig, create: createGateway },
} as const;

/** One schema of all variables that these services read. */
export function configOf(names: readonly ServiceName[]): z.ZodObject {
  return names.reduce<z.ZodObject>((schema, name) => schema.extend(BUILDERS[name].config.shape), config);
}
