// The shell of a service: configuration, HTTP, problems, logs, metrics, health, life cycle. No word of the domain in it.
export { batcher } from "./batcher.ts";
export type { BatcherOptions } from "./batcher.ts";
export { ConfigError, describeConfig, loadConfig, port } from "./config.ts";
export type { ConfigRow, VariableMeta } from "./config.ts";
export { checkHealth, serveHealth } from "./health.ts";
export type { Health, HealthCheck } from "./health.ts";
export { createHttp, eventStream, problemFor, sendProblem } from "./http.ts";
export type { HttpApp, HttpOptions } from "./http.ts";
export { runService, stopAll } from "./lifecycle.ts";
export type { Running } from "./lifecycle.ts";
export { createLogger, describeError } from "./logger.ts";
export type { Logger } from "pino";
export { Counter, Gauge, createMetrics, serveMetrics } from "./metrics.ts";
export type { Metrics } from "./metrics.ts";
export { describeApi, serveApi } from "./openapi.ts";
export type { ApiInfo } from "./openapi.ts";
export { HTTP_PROBLEMS, PROBLEM_TYPE, Problem, httpProblem, problemBody, problemsOf } from "./problems.ts";
export type { ProblemDetails, ProblemKind } from "./problems.ts";
