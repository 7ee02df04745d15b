// How often an institution may ask: one limit for its acts, by whichever door, and one for its reads.
import type { Limiter, Verdict } from "@ruta/kit";
import type { Refusal } from "./errors.ts";

/** What an institution is limited in: acts and checks, or reads. */
type Limited = "acts" | "reads";

/** The refusal of an institution that has asked too often; undefined when it may go on. */
export type Limit = (institution: string, what: Limited) => Promise<Refusal | undefined>;

/** Limits by a limiter; none sets no limit. */
export function createLimit(limiter: Limiter | undefined): Limit {
  return async (institution, what) =>
    limiter === undefined ? undefined : refusalOf(await limiter.take(`${what}:${institution}`));
}

function refusalOf({ allowed, retryAfterMs }: Verdict): Refusal | undefined {
  return allowed ? undefined : { code: "too-many-requests", retryAfterS: Math.max(1, Math.ceil(retryAfterMs / 1000)) };
}
