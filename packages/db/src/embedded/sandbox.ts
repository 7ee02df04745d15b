// A data folder for one test of the embedded server, and what such tests ask of it.
import { spawn } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import pg from "pg";
import { choosePort } from "./port.ts";
import { startEmbedded } from "./start.ts";
import type { EmbeddedOptions, EmbeddedServer } from "./start.ts";

/** One test's folder; what was started in it is stopped by `clear`. */
export interface Sandbox {
  readonly root: string;
  /** The data folder; may be moved before the first start. */
  folder: string;
  /** What the servers said. */
  readonly lines: string[];
  start(more?: Partial<EmbeddedOptions>): Promise<EmbeddedServer>;
  /** Another process that starts the server and never stops it. */
  otherHub(): Promise<{ hub: number; server: number }>;
  /** The cluster's folder. */
  data(): string;
  clear(): Promise<void>;
}

/** Makes a sandbox. */
export function sandbox(): Sandbox {
  const root = mkdtempSync(join(tmpdir(), "ruta-embedded-"));
  chmodSync(root, 0o755);
  const started: EmbeddedServer[] = [];
  const place = (): string | undefined => {
    const file = join(box.folder, "postgres.place");
    return existsSync(file) ? readFileSync(file, "utf8") : undefined;
  };
  const box: Sandbox = {
    root,
    folder: join(root, "data"),
    lines: [],
    async start(more) {
      const server = await startEmbedded({ folder: box.folder, say: (line) => box.lines.push(line), ...more });
      started.push(server);
      return server;
    },
    async otherHub() {
      const module = fileURLToPath(new URL("start.ts", import.meta.url));
      const script = `import { startEmbedded } from ${JSON.stringify(module)};
        const server = await startEmbedded({ folder: ${JSON.stringify(box.folder)} });
        console.log(server.pid); setInterval(() => {}, 1000);`;
      const stdio = ["ignore", "pipe", "inherit"] as const;
      const child = spawn(process.execPath, ["--input-type=module", "-e", script], { stdio: [...stdio] });
      const [pid] = (await child.stdout?.take(1).toArray()) ?? [];
      return { hub: child.pid ?? 0, server: Number(String(pid)) };
    },
    data: () => join(place() ?? join(box.folder, "postgres"), "data"),
    async clear() {
      for (const server of started) await server.stop();
      const elsewhere = place();
      if (elsewhere) rmSync(elsewhere, { recursive: true, force: true });
      rmSync(root, { recursive: true, force: true });
    },
  };
  return box;
}

/** Asks a server on a connection of its own. */
export async function ask(url: string, text: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  client.on("error", () => {});
  await client.connect();
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
}

/** A port that is free now. */
export const freePort = (): Promise<number> => choosePort("/nowhere");
