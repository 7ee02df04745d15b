// Health: /healthz says that the process lives, /readyz that it can do its work, and if not, why.
import type { HttpApp } from "./http.ts";

/** What a check found; `reasons` are fixed words, codes and counts. */
export interface Health {
  readonly ready: boolean;
  readonly reasons: readonly string[];
  /** What works less well than it should, while the work itself is done; fixed words. */
  readonly degraded?: readonly string[];
}

/** One named check. */
export interface HealthCheck {
  readonly name: string;
  readonly check: () => Health | Promise<Health>;
}

const CHECK_LIMIT_MS = 2_000;

async function within(check: HealthCheck): Promise<Health> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Health>((resolve) => {
    timer = setTimeout(() => resolve({ ready: false, reasons: ["the check did not answer in time"] }), CHECK_LIMIT_MS);
  });
  try {
    return await Promise.race([Promise.resolve().then(check.check), late]);
  } catch {
    return { ready: false, reasons: ["the check failed"] };
  } finally {
    clearTimeout(timer);
  }
}

/** Runs all checks at once, each for at most 2 s. */
export function runChecks(checks: readonly HealthCheck[]): Promise<(Health & { readonly name: string })[]> {
  return Promise.all(checks.map(async (check) => ({ name: check.name, ...(await within(check)) })));
}

/** What they found together. */
export async function checkHealth(checks: readonly HealthCheck[]): Promise<Health> {
  const found = await runChecks(checks);
  return {
    ready: found.every(({ ready }) => ready),
    reasons: found.flatMap(({ name, ready, reasons }) => (ready ? [] : reasons.map((reason) => `${name}: ${reason}`))),
    degraded: found.flatMap(({ name, degraded = [] }) => degraded.map((reason) => `${name}: ${reason}`)),
  };
}

/** GET /healthz and GET /readyz (200 or 503, with the reasons, and what is degraded). */
export function serveHealth(app: HttpApp, checks: () => readonly HealthCheck[]): void {
  app.get("/healthz", { schema: { hide: true } as never }, async () => ({ status: "alive" }));
  app.get("/readyz", { schema: { hide: true } as never }, async (_request, reply) => {
    const health = await checkHealth(checks());
    return reply.status(health.ready ? 200 : 503).send(health as never);
  });
}
