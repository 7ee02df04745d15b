// `npm run drill`: a drill of any length on one log, with servers of its own; exit code 1 when anything was lost or doubled.
import { writeFileSync } from "node:fs";
import { arch, cpus, platform, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { missingForJars } from "../../infra/kafka/jars.ts";
import { BREAKS, brokenArgs, isBreak } from "./breaks.ts";
import { drill } from "./drill.ts";
import { KINDS } from "./plan.ts";
import { inWords, isClean, recoveryTimes } from "./summary.ts";

const HELP = `npm run drill -- [options]   faults at random under load, then everything is counted

  --kills N               how many faults: kill -9 of a service, the database, the broker, Redis; processes that stand
                          still; ways that are cut; a full disk; Redis flushed (default 20)
  --on kafka|embedded     the log (default embedded; kafka needs Java with Maven)
  --seed S                the faults of an earlier drill again
  --kinds LIST            faults of these kinds only: ${KINDS.slice(0, 7).join(", ")},
                          ${KINDS.slice(7).join(", ")}
  --alone                 every fault waits until the hub has recovered from the one before (some do anyway)
  --restore               after the faults the database is lost and restored from a backup of a while ago (on kafka only)
  --instances N           processes of each service (default 2 on kafka, 1 on embedded)
  --lines N               requests under way at the same time (default 4)
  --json FILE             what was found, for machines
  --break NAME            the log with a fault in it, which the drill must find:
${Object.entries(BREAKS)
  .map(([name, { what }]) => `                            ${name.padEnd(18)} ${what}`)
  .join("\n")}

The last line sums up; the exit code is 1 when anything is not as it has to be.`;

const { values } = parseArgs({
  options: {
    kills: { type: "string" },
    on: { type: "string", default: "embedded" },
    seed: { type: "string", default: String(Math.floor(Math.random() * 1_000_000)) },
    kinds: { type: "string", default: KINDS.join(",") },
    alone: { type: "boolean", default: false },
    restore: { type: "boolean", default: false },
    instances: { type: "string" },
    lines: { type: "string" },
    json: { type: "string" },
    break: { type: "string" },
    help: { type: "boolean", default: false },
  },
});
const broken = values.break;
const whole = (text: string | undefined, least: number, most: number): number | undefined => {
  if (text === undefined) return undefined;
  const number = Number(text);
  return Number.isInteger(number) && number >= least && number <= most ? number : Number.NaN;
};
const [kills, seed, instances, lines] = [
  whole(values.kills, 0, 10_000),
  whole(values.seed, 0, 2 ** 32 - 1),
  whole(values.instances, 1, 5),
  whole(values.lines, 1, 100),
];
const kinds = KINDS.filter((kind) => values.kinds.split(",").includes(kind));
const wrong =
  kinds.length !== values.kinds.split(",").length ||
  [kills, seed, instances, lines].some((number) => Number.isNaN(number)) ||
  (values.on !== "embedded" && values.on !== "kafka") ||
  (values.restore && values.on !== "kafka") ||
  (broken !== undefined && !isBreak(broken));
if (values.help || wrong) {
  console.log(HELP);
  process.exit(values.help ? 0 : 2);
}
const missing = values.on === "kafka" ? await missingForJars() : undefined;
if (missing) {
  console.log(
    `drill on kafka: skipped: there is ${missing}, and a broker in Docker cannot be killed and cut as a drill does`,
  );
  process.exit(0);
}

const stop = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => stop.abort());
const say = (line: string): void => console.log(line);
say(`drill on ${values.on}: seed ${seed}`);
const run = drill({
  driver: values.on === "kafka" ? "kafka" : "postgres",
  kills: kills ?? 20,
  seed: seed ?? 0,
  instances,
  lines,
  kinds,
  ...(values.alone ? { pace: "alone" } : {}),
  restore: values.restore,
  say,
  signal: stop.signal,
  keepLog: join(tmpdir(), `ruta-drill-${values.on}-${seed}.log`),
  ...(broken !== undefined && isBreak(broken) ? brokenArgs(broken, { kills, instances }) : {}),
});
const drilled = await run.catch((error: unknown) => {
  if (!stop.signal.aborted) throw error;
  say("drill: stopped before its end");
  process.exit(130);
});
const words = inWords(drilled);
if (values.json !== undefined) {
  const machine = `${platform()} ${arch()}, ${cpus().length} × ${cpus()[0]?.model ?? "unknown"}`;
  writeFileSync(
    values.json,
    `${JSON.stringify({ head: { machine, node: process.version, seed }, ...drilled, recovered: recoveryTimes(drilled.recoveries) }, null, 2)}\n`,
  );
}
if (!isClean(drilled)) {
  const asked = process.argv.slice(2).filter((word, n, all) => !word.startsWith("--seed") && all[n - 1] !== "--seed");
  say(`the same faults again: npm run drill -- ${[...asked, "--seed", String(seed)].join(" ")}`);
  process.exitCode = 1;
}
for (const line of words) say(line);
