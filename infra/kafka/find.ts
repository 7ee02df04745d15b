// Finds a Kafka broker for tests and demonstrations: a given one, one in Docker, or one run from jars; or says why not.
import { startBroker } from "./broker.ts";
import { dockerAnswers, startInDocker } from "./docker.ts";
import { missingForJars } from "./jars.ts";

/** A broker that was found or started; `stop` ends only what was started here. */
export interface FoundBroker {
  readonly brokers: string;
  /** Where it comes from, for a line on the terminal. */
  readonly source: "given" | "docker" | "jars";
  stop(): Promise<void>;
}

/** There is no broker, and why. */
export interface NoBroker {
  readonly absent: string;
}

/** What `findBroker` takes. */
export interface FindOptions {
  /** Where a broker run from jars keeps its data. */
  readonly folder: string;
  /** A broker that runs already; nothing is started then. */
  readonly given?: string | undefined;
  readonly port?: number;
  readonly say?: (line: string) => void;
}

/** In this order: the given broker, a Docker engine that answers, a JVM (with Maven when the jars are not there yet). */
export async function findBroker({ folder, given, port, say }: FindOptions): Promise<FoundBroker | NoBroker> {
  if (given) return { brokers: given, source: "given", stop: () => Promise.resolve() };
  let docker = "no Docker engine answers";
  if (await dockerAnswers()) {
    try {
      return { ...(await startInDocker()), source: "docker" };
    } catch {
      docker = "the Docker engine could not start Kafka's image";
    }
  }
  const missing = await missingForJars();
  if (missing) return { absent: `${docker}, and there is ${missing}` };
  try {
    const broker = await startBroker({ folder, ...(port === undefined ? {} : { port }), ...(say ? { say } : {}) });
    return { brokers: broker.brokers, source: "jars", stop: () => broker.stop() };
  } catch (error) {
    return { absent: `${docker}, and Kafka could not be run from jars: ${(error as Error).message}` };
  }
}
