// `npm run bench`: measures Ruta on servers of its own, on loopback, everything in one run; exit code 1 when anything was lost.
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { missingForJars } from "../../infra/kafka/jars.ts";
import { openBed } from "./bed.ts";
import type { Bed } from "./bed.ts";
import { Lost } from "./books.ts";
import { headOf } from "./head.ts";
import { MEASURES, isMeasure } from "./shape.ts";
import type { MeasureName, Row } from "./shape.ts";
import { clocks } from "./clocks.ts";
import { growth } from "./growth.ts";
import { idle } from "./idle.ts";
import { intake } from "./intake.ts";
import { loop, loopMax } from "./loop.ts";
import { rebuild } from "./rebuild.ts";
import { receivers } from "./receivers.ts";

const HELP = `npm run bench -- [options]   what the hub takes, how fast, and at what cost; everything on loopback

  --on kafka|embedded   the log (default embedded; kafka needs Java with Maven)
  --only MEASURE,…      of ${MEASURES.join(", ")} (default all)
  --seconds N           how long each steady load lasts, 1 to 120 (default 20); less shows less
  --seed S              the seed of what is sent (default 1)
  --json FILE           the figures, for machines
  --profile FOLDER      a CPU profile of each process of the hub, for node's inspector; figures are worse meanwhile

After each measure the books are balanced: what was answered 202 against the log and the receivers. A measure that lost
is no result, and the exit code is 1.`;

const { values } = parseArgs({
  options: {
    on: { type: "string", default: "embedded" },
    only: { type: "string", default: MEASURES.join(",") },
    seconds: { type: "string", default: "20" },
    seed: { type: "string", default: "1" },
    json: { type: "string" },
    profile: { type: "string" },
    help: { type: "boolean", default: false },
  },
});
const whole = (text: string, least: number, most: number): number => {
  const number = Number(text);
  return Number.isInteger(number) && number >= least && number <= most ? number : Number.NaN;
};
const [seconds, seed] = [whole(values.seconds, 1, 120), whole(values.seed, 0, 2 ** 32 - 1)];
const only = values.only.split(",");
const wrong =
  Number.isNaN(seconds) ||
  Number.isNaN(seed) ||
  (values.on !== "embedded" && values.on !== "kafka") ||
  !only.every(isMeasure);
if (values.help || wrong) {
  console.log(HELP);
  process.exit(values.help ? 0 : 2);
}
const backend = values.on === "kafka" ? "kafka" : "embedded";
const missing = backend === "kafka" ? await missingForJars() : undefined;
if (missing) {
  console.log(`bench on kafka: there is ${missing}: nothing was measured`);
  process.exit(2);
}

const BENCHES: Readonly<Record<MeasureName, (bed: Bed) => Promise<Row[]>>> = {
  intake,
  loop,
  loop_max: loopMax,
  rebuild,
  idle,
  clocks,
  growth,
  receivers,
};
const stop = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => stop.abort());
const say = (line: string): void => console.log(line);
const inWords = (row: Row): string =>
  `${row.measure}: ${Object.entries(row)
    .slice(2)
    .map(([name, figure]) => `${name} ${figure}`)
    .join(", ")}`;

const measures: Row[] = [];
let head = headOf(seed, {});
let lost = false;
try {
  const execArgv = values.profile === undefined ? [] : ["--cpu-prof", `--cpu-prof-dir=${values.profile}`];
  const bed = await openBed({ backend, seed, seconds, say, signal: stop.signal, execArgv });
  head = headOf(seed, bed.servers.versions);
  try {
    for (const name of MEASURES.filter((one) => only.includes(one))) {
      say(`${backend}: ${name} …`);
      try {
        const rows = await BENCHES[name](bed);
        for (const row of rows) say(inWords(row));
        measures.push(...rows);
      } catch (error) {
        if (!(error instanceof Lost)) throw error;
        lost = true;
        say(`${name}: no result: ${error.message}`);
      }
    }
  } finally {
    await bed.close();
  }
} catch (error) {
  if (!stop.signal.aborted) throw error;
  say("bench: stopped before its end");
  process.exit(130);
}
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify({ head, measures }, null, 2)}\n`);
if (lost) process.exitCode = 1;
