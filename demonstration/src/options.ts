// The options of `npm start`.
import { parseArgs } from "node:util";

/** What was asked for. */
export interface Options {
  readonly once: boolean;
  readonly on: "embedded" | "kafka";
  readonly data: string;
}

const HELP = `npm start -- [options]   the demonstration: a hub, simulated institutions, referrals

  --once         end when everything is quiet
  --on kafka     each service its own process, on a real Apache Kafka
  --data FOLDER  where its data lie (default RUTA_DATA, else .ruta/demonstration or .ruta/demonstration-kafka)
  --help         this text

For a hub of your own: npm run ruta -- init, then npm run ruta -- start`;

/** Reads the options; undefined when the help was printed or they are wrong (exit code set). */
export function readOptions(args: readonly string[], env: NodeJS.ProcessEnv): Options | undefined {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        once: { type: "boolean", default: false },
        on: { type: "string", default: "embedded" },
        data: { type: "string" },
        help: { type: "boolean", default: false },
      },
    });
    if (values.help) {
      console.log(HELP);
      return undefined;
    }
    if (values.on !== "embedded" && values.on !== "kafka") throw new Error("--on takes embedded or kafka");
    const own = values.on === "kafka" ? ".ruta/demonstration-kafka" : ".ruta/demonstration";
    // An empty variable counts as one that is not set, as everywhere.
    const data = values.data ?? (env.RUTA_DATA || own);
    return { once: values.once, on: values.on, data };
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n\n${HELP}`);
    process.exitCode = 2;
    return undefined;
  }
}
