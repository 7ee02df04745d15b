// The port of an embedded server: the one asked for, else the one it had, else a free one.
import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";

const FILE = "postgres.port";

function tryPort(port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(undefined));
    server.listen(port, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" ? address?.port : undefined));
    });
  });
}

/** The port remembered in the folder when it is still free, so that addresses stay; else another free one. */
export async function choosePort(folder: string): Promise<number> {
  let remembered = 0;
  try {
    remembered = Number(readFileSync(join(folder, FILE), "utf8"));
  } catch {
    // the first start
  }
  const old = remembered > 0 && remembered < 65_536 ? await tryPort(remembered) : undefined;
  const port = old ?? (await tryPort(0));
  if (port === undefined) throw new Error("no free port on 127.0.0.1");
  return port;
}

/** Remembers the port of the server for the next start. */
export function rememberPort(folder: string, port: number): void {
  writeFileSync(join(folder, FILE), String(port));
}
