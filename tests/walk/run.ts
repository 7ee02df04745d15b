// `npm run walk`: one referral through the real services, each a process of its own, and where it was at which millisecond.
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { startEmbedded } from "@ruta/db/embedded";
import { openCity } from "../city.ts";
import { startTestKafka } from "../kafka-server.ts";
import { HOUSE, SILENT } from "./houses.ts";
import { inWords, walk } from "./walk.ts";

const HELP = `npm run walk -- [options]   the way of one referral through the running system

  --on embedded|kafka   the log (default embedded; kafka needs a broker or Java with Maven)
  --json                the steps as JSON`;

const { values } = parseArgs({
  options: {
    on: { type: "string", default: "embedded" },
    json: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});
if (values.help || !["embedded", "kafka"].includes(values.on)) {
  console.log(HELP);
  process.exit(values.help ? 0 : 2);
}

const LIMIT_MS = 30_000;
const folder = mkdtempSync(join(tmpdir(), "ruta-walk-"));
chmodSync(folder, 0o711); // passable for the database's user
const server = await startEmbedded({ folder });
process.env.RUTA_TEST_DATABASE_URL = server.url;
const kafka = values.on === "kafka" ? await startTestKafka() : undefined;
try {
  if (kafka && !kafka.brokers) throw new Error(`no Kafka: ${kafka.skipped ?? "no broker"}`);
  if (kafka?.brokers) process.env.RUTA_TEST_KAFKA_BROKERS = kafka.brokers;
  console.error("starting the services …");
  const driver = values.on === "kafka" ? "kafka" : "postgres";
  const city = await openCity({ driver, processes: "many" }, { sender: undefined, casa: HOUSE }, SILENT);
  try {
    // The first referral warms up code and connections; the second is shown.
    await walk(city, "sender", "casa", "walk-1", AbortSignal.timeout(LIMIT_MS));
    const shown = await walk(city, "sender", "casa", "walk-2", AbortSignal.timeout(LIMIT_MS));
    console.log(values.json ? JSON.stringify(shown, null, 2) : inWords(shown));
  } finally {
    await city.stop();
  }
} finally {
  await kafka?.stop();
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
}
