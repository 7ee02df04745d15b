// What every command starts from: the configuration, how to print, and signed access to the hub.
import { loadConfig } from "@ruta/kit";
import type { Command } from "commander";
import { adminClient } from "./admin-client.ts";
import type { AdminClient } from "./admin-client.ts";
import { config } from "./config.ts";
import type { HubConfig } from "./config.ts";
import { staffKey } from "./keys.ts";

/** The surroundings of one command. */
export interface Context {
  readonly config: HubConfig;
  readonly json: boolean;
  /** Signed access; reads the staff key when first asked for. */
  admin(): Promise<AdminClient>;
}

/** Reads the environment once and takes --json from the program. */
export function contextOf(command: Command): Context {
  const values = loadConfig(config, process.env);
  return {
    config: values,
    json: command.optsWithGlobals<{ json?: boolean }>().json === true,
    async admin() {
      const key = await staffKey(values.RUTA_DATA, values.RUTA_STAFF_KEY);
      return adminClient(values.RUTA_ADMIN_URLS.split(","), key, Date.now);
    },
  };
}
