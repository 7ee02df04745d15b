// `npm run drill`: a drill of any length on each log, with its own database and broker; exit code 1 when anything was lost.
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { startEmbedded } from "@ruta/db/embedded";
import { startTestKafka } from "../kafka-server.ts";
import { drill, inWords } from "./drill.ts";

const HELP = `npm run drill -- [options]   kill -9 at random under load, then count

  --log postgres|kafka|both   which log (default both; kafka needs a broker or Java with Maven)
  --kills N                   how often (default 20, at most 1000)
  --senders N                 requests under way at the same time (default 4)`;

const { values } = parseArgs({
  options: {
    log: { type: "string", default: "both" },
    kills: { type: "string", default: "20" },
    senders: { type: "string", default: "4" },
    help: { type: "boolean", default: false },
  },
});
const [kills, senders] = [Number(values.kills), Number(values.senders)];
const drivers = (["postgres", "kafka"] as const).filter((driver) => values.log === "both" || values.log === driver);
if (values.help || drivers.length === 0 || !(kills >= 1 && kills <= 1000) || !(senders >= 1 && senders <= 100)) {
  console.log(HELP);
  process.exit(values.help ? 0 : 2);
}

const say = (line: string): void => console.log(line);
const folder = mkdtempSync(join(tmpdir(), "ruta-drill-"));
chmodSync(folder, 0o711); // passable for the database's user
const server = await startEmbedded({ folder, say });
process.env.RUTA_TEST_DATABASE_URL = server.url;
const kafka = drivers.includes("kafka") ? await startTestKafka() : undefined;
if (kafka?.brokers) process.env.RUTA_TEST_KAFKA_BROKERS = kafka.brokers;
try {
  for (const driver of drivers) {
    if (driver === "kafka" && !kafka?.brokers) {
      say(`drill on kafka: skipped: ${kafka?.skipped ?? "no broker"}`);
      continue;
    }
    const found = await drill({ driver, kills, pauseMs: [300, 3_000], senders, say });
    say(inWords(driver, found));
    const { lostCommands, undecided, decidedTwice, gaps, untold } = found;
    if (lostCommands + undecided + decidedTwice + gaps + untold > 0) process.exitCode = 1;
  }
} finally {
  await kafka?.stop();
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
}
