// Health: alive is not ready, reasons say why, and a check that hangs or throws is not ready.
import { expect, test } from "vitest";
import { checkHealth, serveHealth } from "./health.ts";
import type { HealthCheck } from "./health.ts";
import { createHttp } from "./http.ts";
import { createLogger } from "./logger.ts";

const fine: HealthCheck = { name: "fine", check: () => ({ ready: true, reasons: ["not looked at"] }) };
const gone: HealthCheck = { name: "log", check: async () => ({ ready: false, reasons: ["the log does not answer"] }) };
const broken: HealthCheck = {
  name: "broken",
  check: () => {
    throw new Error("Yuleima");
  },
};
const hanging: HealthCheck = { name: "hanging", check: () => new Promise(() => {}) };

test("all checks together say whether it is ready, and each that is not says why", async () => {
  expect(await checkHealth([fine])).toEqual({ ready: true, reasons: [], degraded: [] });
  expect(await checkHealth([])).toEqual({ ready: true, reasons: [], degraded: [] });
  expect(await checkHealth([fine, gone, broken, hanging])).toEqual({
    ready: false,
    reasons: ["log: the log does not answer", "broken: the check failed", "hanging: the check did not answer in time"],
    degraded: [],
  });
});

test("what is degraded is said, and does not make it unready", async () => {
  const alone: HealthCheck = {
    name: "gateway",
    check: () => ({ ready: true, reasons: [], degraded: ["Redis is gone"] }),
  };
  expect(await checkHealth([fine, alone])).toEqual({ ready: true, reasons: [], degraded: ["gateway: Redis is gone"] });
});

test("/healthz answers while /readyz says 503 with the reasons", async () => {
  const app = createHttp({ logger: createLogger({ service: "test", level: "silent" }), bodyLimit: 1_000 });
  const checks = [gone];
  serveHealth(app, () => checks);
  expect((await app.inject("/healthz")).statusCode).toBe(200);
  const unready = await app.inject("/readyz");
  expect(unready.statusCode).toBe(503);
  expect(unready.body).toContain("the log does not answer");
  checks.pop();
  expect((await app.inject("/readyz")).statusCode).toBe(200);
});
