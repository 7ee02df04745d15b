// The embedded server of a data folder that another process runs: where it answers.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { runningServer } from "./orphan.ts";
import { urlOf } from "./server.ts";

/** The postgres:// URL of the server that runs on a data folder now, with its password: never to be logged; undefined when none does. */
export function runningEmbedded(folder: string): string | undefined {
  const place = join(folder, "postgres.place");
  const home = existsSync(place) ? readFileSync(place, "utf8").trim() : join(folder, "postgres");
  const data = join(home, "data");
  const server = runningServer(data);
  if (!server) return undefined;
  const password = readFileSync(join(folder, "postgres.password"), "utf8").trim();
  return urlOf({ data, serverLog: join(home, "server.log"), password }, server.port);
}
