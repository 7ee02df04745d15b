// A fuzz in lines: what was found, and the sum of it.
import { inWords as findingInWords } from "./book.ts";
import type { Fuzzed } from "./fuzz.ts";

const list = (of: Readonly<Record<string, number>>): string =>
  Object.entries(of)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, count]) => `${name} ${count}`)
    .join(", ");

/** One line a finding, then what was counted; the last one is the sum. */
export function inWords(found: Fuzzed): readonly string[] {
  const { seed, requests, seconds, routes, statuses, attacks, accepted, memory, warnings, findings } = found;
  const lines = findings.map((finding) => findingInWords(finding, seed));
  const grown = memory.map(({ beforeMiB, afterMiB, rssMiB }) => `${beforeMiB} to ${afterMiB} MiB (resident ${rssMiB})`);
  const failed = Object.entries(statuses).reduce(
    (sum, [status, count]) => (status >= "500" && status < "600" ? sum + count : sum),
    0,
  );
  return [
    ...lines,
    `attacks: ${list(attacks)}`,
    `warnings in the log: ${list(warnings) || "none"}`,
    `requests ${requests} (${Math.round(requests / seconds)}/s) on ${routes} routes, answers ${list(statuses)}, accepted ${accepted}, ` +
      `5xx ${failed}, memory in use ${grown.join(", ")}, findings ${findings.length}`,
  ];
}
