// The services of the hub by name, and what each reads from the environment.
import { MIGRATIONS as deliveryMigrations, config as deliveryConfig, createDelivery } from "@ruta/delivery";
import { MIGRATIONS as directoryMigrations, config as directoryConfig, createDirectory } from "@ruta/directory";
import { MIGRATIONS as gatewayMigrations, config as gatewayConfig, createGateway, redisOf } from "@ruta/gateway";
import { MIGRATIONS as routerMigrations, config as routerConfig, createRouter } from "@ruta/router";
import type { z } from "zod";
import { config } from "./config.ts";
import type { ServiceName } from "./service-names.ts";

export { redisOf };

/** How each is built, what it reads, and what makes its tables. */
export const BUILDERS = {
  directory: { config: directoryConfig, create: createDirectory, migrations: directoryMigrations },
  router: { config: routerConfig, create: createRouter, migrations: routerMigrations },
  delivery: { config: deliveryConfig, create: createDelivery, migrations: deliveryMigrations },
  gateway: { config: gatewayConfig, create: createGateway, migrations: gatewayMigrations },
} as const;

/** One schema of all variables that these services read. */
export function configOf(names: readonly ServiceName[]): z.ZodObject {
  return names.reduce<z.ZodObject>((schema, name) => schema.extend(BUILDERS[name].config.shape), config);
}
