// `npm run fuzz`: attacks a hub on servers of its own with any number of requests; exit code 1 when anything was found.
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { arch, cpus, platform, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { startEmbedded } from "@ruta/db/embedded";
import { startTestKafka } from "../kafka-server.ts";
import { fuzz } from "./fuzz.ts";
import { inWords } from "./words.ts";

const HELP = `npm run fuzz -- [options]   hostile requests to every route of a real hub, then everything is counted

  --requests N           how many (default 2000)
  --seed S               the requests of an earlier fuzz again
  --only N               of that seed the request of this number alone
  --on embedded|kafka    the log (default embedded; kafka needs a broker or Java with Maven)
  --processes one|many   all services in one process, or each in its own (default one)
  --json FILE            what was found, for machines

It must see no 5xx, no crash, no connection that stays open, no growth of memory, no referral that nobody asked for, and no identity in
an answer or a log line. A finding names the number of its request: the same seed makes the same one. The last line sums up; the exit
code is 1 when anything was found.`;

const { values } = parseArgs({
  options: {
    requests: { type: "string", default: "2000" },
    seed: { type: "string", default: String(Math.floor(Math.random() * 1_000_000)) },
    only: { type: "string" },
    on: { type: "string", default: "embedded" },
    processes: { type: "string", default: "one" },
    json: { type: "string" },
    help: { type: "boolean", default: false },
  },
});
const whole = (text: string): number => (/^\d{1,9}$/.test(text) ? Number(text) : Number.NaN);
const [requests, seed, only] = [whole(values.requests), whole(values.seed), whole(values.only ?? "0")];
const wrong =
  [requests, seed, only].some((number) => Number.isNaN(number)) ||
  requests < 1 ||
  !["embedded", "kafka"].includes(values.on) ||
  !["one", "many"].includes(values.processes);
if (values.help || wrong) {
  console.log(HELP);
  process.exit(values.help ? 0 : 2);
}

const stop = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => stop.abort());
const folder = mkdtempSync(join(tmpdir(), "ruta-fuzz-"));
chmodSync(folder, 0o711); // passable for the database's user
const server = await startEmbedded({ folder });
const kafka = values.on === "kafka" ? await startTestKafka() : undefined;
try {
  if (kafka && !kafka.brokers) throw new Error(`no Kafka: ${kafka.skipped ?? "no broker"}`);
  console.log(`fuzz on ${values.on}: seed ${seed}`);
  const found = await fuzz({
    requests: values.only === undefined ? requests : 1,
    from: only,
    seed,
    shape: { driver: kafka ? "kafka" : "postgres", processes: values.processes === "many" ? "many" : "one" },
    databaseUrl: server.url,
    kafkaBrokers: kafka?.brokers,
    say: (line) => console.log(line),
    signal: stop.signal,
  });
  if (values.json !== undefined) {
    const machine = `${platform()} ${arch()}, ${cpus().length} × ${cpus()[0]?.model ?? "unknown"}`;
    const head = { machine, node: process.version, on: values.on, processes: values.processes };
    writeFileSync(values.json, `${JSON.stringify({ head, ...found }, null, 2)}\n`);
  }
  for (const line of inWords(found)) console.log(line);
  if (found.findings.length > 0) process.exitCode = 1;
  if (stop.signal.aborted) process.exitCode = 130;
} finally {
  await kafka?.stop();
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
}
