// Loaded by Node before a process of a test's hub: writes the route table of each app that listens, and on SIGWINCH how much memory
// is in use and how many connections are open. What it writes is read by inspect.ts; the product knows nothing of it.
import { subscribe } from "node:diagnostics_channel";
import { renameSync, writeFileSync } from "node:fs";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { z } from "zod";
import type { Inspection, ListeningApp, Route } from "./inspect.ts";

declare const gc: (() => void) | undefined;

interface RouteOptions {
  readonly method: string | readonly string[];
  readonly url: string;
  readonly bodyLimit?: number;
  readonly schema?: Readonly<Record<string, unknown>>;
}

/** What this needs of a Fastify app. */
interface App {
  readonly server: Server;
  readonly initialConfig: { readonly bodyLimit?: number };
  addHook(name: "onRoute", hook: (route: RouteOptions) => void): void;
  addHook(name: "onListen", hook: (this: App, done: () => void) => void): void;
}

const folder = new URL(import.meta.url).searchParams.get("folder") ?? ".";
const servers: Server[] = [];
let inspections = 0;

/** Whole when it can be seen. */
function write(name: string, content: object): void {
  const path = join(folder, name);
  writeFileSync(`${path}.part`, JSON.stringify(content));
  renameSync(`${path}.part`, path);
}

function jsonSchema(schema: unknown): Route["body"] {
  if (!(schema instanceof z.ZodType)) return undefined;
  return z.toJSONSchema(schema, { io: "input", unrepresentable: "any" });
}

subscribe("fastify.initialization", (message) => {
  const { fastify: app } = message as { fastify: App };
  const routes: Route[] = [];
  app.addHook("onRoute", ({ method, url, bodyLimit, schema = {} }) => {
    for (const one of [method].flat())
      if (one !== "HEAD")
        routes.push({
          method: one,
          url,
          bodyLimit: bodyLimit ?? app.initialConfig.bodyLimit ?? 0,
          params: jsonSchema(schema.params),
          query: jsonSchema(schema.querystring),
          body: jsonSchema(schema.body),
        });
  });
  app.addHook("onListen", function onListen(done) {
    servers.push(this.server);
    const { port } = this.server.address() as AddressInfo;
    write(`app-${process.pid}-${port}.json`, { pid: process.pid, port, routes } satisfies ListeningApp);
    done();
  });
});

process.on("SIGWINCH", () => {
  void (async () => {
    // What a first collection lets go, finalizers included, a second one frees.
    for (let times = 0; times < 3; times += 1) {
      gc?.();
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    const connections = await Promise.all(
      servers.map((server) => new Promise<number>((resolve) => server.getConnections((_, count) => resolve(count)))),
    );
    const { heapUsed, external, rss } = process.memoryUsage();
    write(`inspection-${process.pid}-${(inspections += 1)}.json`, {
      pid: process.pid,
      connections: connections.reduce((sum, count) => sum + count, 0),
      usedBytes: heapUsed + external,
      rssBytes: rss,
    } satisfies Inspection);
  })();
});
