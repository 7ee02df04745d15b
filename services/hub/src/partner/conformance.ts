// A conformance run: every check against one endpoint, one after another, and what came of each.
import type { SigningKey } from "@ruta/proof";
import { say } from "../language.ts";
import type { Check, Surroundings, Verdict } from "./check.ts";
import { DELIVERY_CHECKS } from "./delivery-checks.ts";
import { createProbe } from "./probe.ts";
import { SIGNATURE_CHECKS } from "./signature-checks.ts";

/** What a run is made of. */
export interface RunOptions {
  readonly url: URL;
  readonly institution: string;
  readonly key: SigningKey;
  readonly nextKey?: SigningKey | undefined;
  /** Deadline of one exchange, in milliseconds; the hub's when not given. */
  readonly limitMs?: number;
  /** Told of each finding as it is made. */
  readonly onFinding?: (finding: Finding) => void;
}

/** What a check found; `mend` is empty where nothing is to be mended. */
export type Finding = Pick<Check, "id" | "level" | "title" | "mend"> & Verdict;

/** A finished run. */
export interface Report {
  readonly url: string;
  readonly institution: string;
  /** When it began, RFC 3339. */
  readonly at: string;
  /** True when no must failed. */
  readonly ok: boolean;
  readonly counts: Readonly<Record<Verdict["outcome"], number>>;
  readonly findings: readonly Finding[];
}

/** What the hub gives an exchange, in milliseconds. */
const HUB_LIMIT_MS = 15_000;

/** Every check, in the order in which they run. */
export const CHECKS: readonly Check[] = [...SIGNATURE_CHECKS, ...DELIVERY_CHECKS];

async function findingOf(check: Check, around: Surroundings, first: Finding | undefined): Promise<Finding> {
  const { id, level, title, mend } = check;
  // What nothing is taken from at all would be praised for all it refuses.
  if (first?.outcome === "fail")
    return { id, level, title, outcome: "skipped", seen: say`nothing is taken there: mend that first`, mend: "" };
  const { outcome: found, seen } = await check.run(around);
  const outcome = found === "fail" && level === "should" ? "warn" : found;
  return { id, level, title, outcome, seen, mend: outcome === "pass" ? "" : mend };
}

/** Runs all checks; never throws for what the endpoint does. */
export async function checkEndpoint(options: RunOptions): Promise<Report> {
  const { url, institution, key, nextKey, limitMs = HUB_LIMIT_MS } = options;
  const at = new Date().toISOString();
  const around = { probe: createProbe(url, key, limitMs), institution, key, nextKey, limitMs };
  const findings: Finding[] = [];
  for (const check of CHECKS) {
    const finding = await findingOf(check, around, findings[0]);
    findings.push(finding);
    options.onFinding?.(finding);
  }
  const count = (outcome: Verdict["outcome"]): number => findings.filter((one) => one.outcome === outcome).length;
  const counts = { pass: count("pass"), warn: count("warn"), fail: count("fail"), skipped: count("skipped") };
  return { url: url.href, institution, at, ok: counts.fail === 0, counts, findings };
}
