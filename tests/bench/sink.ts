// The receivers, a process of their own: those that take at once and note when, and those that behave badly.
import { createServer } from "node:http";
import type { ServerResponse } from "node:http";
import { gzipSync } from "node:zlib";
import type { AddressInfo } from "node:net";
import { serve } from "./child.ts";
import { clock } from "./times.ts";

/** How a receiver behaves once it has proved itself. */
export const MANNERS = ["prompt", "hanging", "dripping", "endless", "bomb"] as const;

/** How a receiver behaves. */
export type Manner = (typeof MANNERS)[number];

/** A request event that a prompt receiver was sent; `at` is of `clock`. */
export interface Arrival {
  readonly caseId: string;
  readonly webhookId: string;
  readonly at: number;
}

/** What the sink is told. */
export type SinkJob = { readonly listen: readonly Manner[] } | { readonly take: true } | { readonly count: true };

const CASE = /"case":"([^"]+)"/;
const CHALLENGE = /"challenge":"([^"]+)"/;
const ENDLESS_CHUNK = Buffer.alloc(16_384, "x");
/** A gigabyte of nothing in one megabyte. */
const bomb = (): Buffer => gzipSync(Buffer.alloc(2 ** 30));

let bytesOfBomb: Buffer | undefined;
let arrivals: Arrival[] = [];

function misbehave(manner: Manner, response: ServerResponse): void {
  if (manner === "hanging") return;
  if (manner === "bomb") {
    response.writeHead(200, { "content-encoding": "gzip", "content-type": "application/json" });
    response.end(bytesOfBomb);
    return;
  }
  response.writeHead(200, { "content-type": "application/json" });
  if (manner === "dripping") {
    const timer = setInterval(() => response.write("x"), 1_000);
    response.once("close", () => clearInterval(timer));
    return;
  }
  const pour = (): void => {
    while (!response.destroyed && response.write(ENDLESS_CHUNK));
  };
  response.on("drain", pour);
  pour();
}

function receiver(manner: Manner) {
  return createServer((request, response) => {
    const at = clock();
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("error", () => {});
    response.on("error", () => {});
    request.on("end", () => {
      const body = Buffer.concat(chunks).toString("utf8");
      const challenge = CHALLENGE.exec(body)?.[1];
      if (challenge !== undefined) return response.end(JSON.stringify({ challenge }));
      if (manner !== "prompt") return misbehave(manner, response);
      arrivals.push({ caseId: CASE.exec(body)?.[1] ?? "", webhookId: String(request.headers["webhook-id"]), at });
      response.writeHead(204).end();
    });
  });
}

async function listen(manners: readonly Manner[]): Promise<number[]> {
  if (manners.includes("bomb")) bytesOfBomb ??= bomb(); // takes seconds, and nothing is answered meanwhile
  return Promise.all(
    manners.map(async (manner) => {
      const server = receiver(manner);
      server.keepAliveTimeout = 60_000;
      await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
      return (server.address() as AddressInfo).port;
    }),
  );
}

serve(async (job: SinkJob) => {
  if ("listen" in job) return listen(job.listen);
  if ("count" in job) return arrivals.length;
  const taken = arrivals;
  arrivals = [];
  return taken;
});
