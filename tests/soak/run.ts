// `npm run soak`: a hub under steady traffic for some minutes; exit code 1 when anything grows beyond its data.
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { missingForJars } from "../../infra/kafka/jars.ts";
import { soak } from "./soak.ts";
import { inWords, isClean } from "./summary.ts";
import { SWEPT, isSwept } from "./windows.ts";

const HELP = `npm run soak -- [options]   steady traffic for some minutes; tables, files and memory may not grow beyond their data

  --minutes N             how long, 1 to 600 (default 10); what goes after days goes after as many seconds or so meanwhile
  --on kafka|embedded     the log (default embedded; kafka needs Java with Maven)
  --rate N                cases begun a second, about, 1 to 50 (default 4)
  --json FILE             every quantity, for machines
  --without TABLE         a table of which nothing goes, which the soak must find:
                            ${SWEPT.join(", ")}

The last line sums up; the exit code is 1 when anything is not as it has to be.`;

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "10" },
    on: { type: "string", default: "embedded" },
    rate: { type: "string", default: "4" },
    json: { type: "string" },
    without: { type: "string" },
    help: { type: "boolean", default: false },
  },
});
const [minutes, rate] = [Number(values.minutes), Number(values.rate)];
const within = (n: number, least: number, most: number): boolean => n >= least && n <= most;
const { without } = values;
const wrong =
  !within(minutes, 1, 600) ||
  !within(rate, 1, 50) ||
  (values.on !== "embedded" && values.on !== "kafka") ||
  (without !== undefined && !isSwept(without));
if (values.help || wrong) {
  console.log(HELP);
  process.exit(values.help ? 0 : 2);
}
const missing = values.on === "kafka" ? await missingForJars() : undefined;
if (missing) {
  console.log(`soak on kafka: skipped: there is ${missing}`);
  process.exit(0);
}

const stop = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => stop.abort());
const say = (line: string): void => console.log(`soak on ${values.on}: ${line}`);
const soaked = await soak({
  shape: { driver: values.on === "kafka" ? "kafka" : "postgres", processes: "many" },
  seconds: minutes * 60,
  rate,
  ...(without !== undefined && isSwept(without) ? { without } : {}),
  say,
  signal: stop.signal,
}).catch((error: unknown) => {
  if (!stop.signal.aborted) throw error;
  say("stopped before its end");
  process.exit(130);
});
if (values.json !== undefined)
  writeFileSync(values.json, `${JSON.stringify({ node: process.version, on: values.on, rate, ...soaked }, null, 2)}\n`);
if (!isClean(soaked)) process.exitCode = 1;
for (const line of inWords(soaked)) console.log(line);
