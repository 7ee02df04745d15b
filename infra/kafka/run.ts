// npm run kafka: a broker for development that keeps its data in the project's .kafka folder. Ctrl-C stops it.
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { startBroker } from "./broker.ts";
import { missingForJars } from "./jars.ts";

const FOLDER = fileURLToPath(new URL("../../.kafka", import.meta.url));
const DEFAULT_PORT = "19092";

const { values } = parseArgs({ options: { port: { type: "string", default: DEFAULT_PORT } } });
const port = Number(values.port);
if (!Number.isInteger(port) || port < 1 || port > 65_535) {
  console.error("ruta: --port takes a number from 1 to 65535");
  process.exit(2);
}
const missing = await missingForJars();
if (missing) {
  console.error(`ruta: Kafka cannot be run here: there is ${missing}. Install a JDK of version 17 or later and Maven.`);
  process.exit(1);
}
try {
  const broker = await startBroker({ folder: FOLDER, port, say: (line) => console.error(`ruta: ${line}`) });
  console.log(`KAFKA_BROKERS=${broker.brokers}`);
  console.error(`ruta: Kafka keeps its data in .kafka; delete the folder to begin anew. Ctrl-C stops it.`);
  let asked = false;
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(name, () => {
      asked = true;
      void broker.stop();
    });
  }
  await broker.ended;
  if (!asked) console.error("ruta: the broker has ended by itself; its log is .kafka/broker.log");
  process.exit(asked ? 0 : 1);
} catch (error) {
  console.error(`ruta: ${(error as Error).message}`);
  process.exit(1);
}
