// Prometheus metrics of a process: one registry, request times by route pattern, and what services add.
import { Histogram, Registry, collectDefaultMetrics } from "prom-client";
import type { HttpApp } from "./http.ts";
import { createReadings } from "./readings.ts";
import type { ReadingsOptions } from "./readings.ts";

export { Counter } from "prom-client";

/** The registry of a process and the histogram every app feeds. */
export interface Metrics {
  readonly registry: Registry;
  /** Registers gauges that are read from one source when somebody scrapes. */
  readings<Name extends string>(options: ReadingsOptions<Name>): void;
  /** Given to `createHttp` as onAnswer. */
  observe(answer: { route: string; method: string; status: number; ms: number }): void;
}

const BUCKETS_S = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15];

/** Makes the registry of this process. */
export function createMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const requests = new Histogram({
    name: "ruta_http_request_seconds",
    help: "Time from request to answer, by route pattern",
    labelNames: ["route", "method", "status"],
    buckets: BUCKETS_S,
    registers: [registry],
  });
  return {
    registry,
    readings: createReadings(registry),
    observe: ({ route, method, status, ms }) => requests.observe({ route, method, status: String(status) }, ms / 1000),
  };
}

/** GET /metrics. */
export function serveMetrics(app: HttpApp, { registry }: Metrics): void {
  app.get("/metrics", { schema: { hide: true } as never }, async (_request, reply) =>
    reply.type(registry.contentType).send(await registry.metrics()),
  );
}
