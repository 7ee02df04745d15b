// Kafka's jars: found in a cache folder of the user, or fetched into it once with Maven; and the JVM that runs them.
import { execFile } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);
const POM = fileURLToPath(new URL("pom.xml", import.meta.url));
/** Of the broker that the jars are. */
export const KAFKA_VERSION = "4.1.2";
/** A 4.x broker runs on Java 17 and later. */
const MIN_JAVA = 17;
const FETCH_TIMEOUT_MS = 300_000;

/** Where the jars are kept: RUTA_KAFKA_HOME, else a folder of the version in the user's cache. */
export function kafkaHome(env: NodeJS.ProcessEnv = process.env): string {
  return env.RUTA_KAFKA_HOME || join(env.XDG_CACHE_HOME || join(homedir(), ".cache"), "ruta", `kafka-${KAFKA_VERSION}`);
}

/** The program that starts a JVM: that of JAVA_HOME, else the one in the path. */
export function javaProgram(env: NodeJS.ProcessEnv = process.env): string {
  return env.JAVA_HOME ? join(env.JAVA_HOME, "bin", "java") : "java";
}

/** Major version of the JVM at hand, or undefined where there is none. */
export async function javaVersion(): Promise<number | undefined> {
  try {
    const { stderr } = await run(javaProgram(), ["-version"]);
    const major = /version "(\d+)/.exec(stderr)?.[1];
    return major === undefined ? undefined : Number(major);
  } catch {
    return undefined;
  }
}

function jarsIn(home: string): boolean {
  const lib = join(home, "lib");
  return existsSync(lib) && readdirSync(lib).includes(`kafka_2.13-${KAFKA_VERSION}.jar`);
}

/** Why no broker can be run from jars here, or undefined when one can. */
export async function missingForJars(): Promise<string | undefined> {
  const java = await javaVersion();
  if (java === undefined) return "no JVM";
  if (java < MIN_JAVA) return `a JVM of version ${java}, where Kafka takes ${MIN_JAVA} or later`;
  if (jarsIn(kafkaHome())) return undefined;
  return run("mvn", ["-v"]).then(
    () => undefined,
    () => "no Maven to fetch Kafka with",
  );
}

/**
 * The folder with Kafka's jars, fetched by Maven when it is not there (46 jars, 43 MB). Two processes may do it at the
 * same time: each fetches into its own folder, and the first puts its own in place.
 */
export async function ensureJars(say: (line: string) => void = () => {}): Promise<string> {
  const home = kafkaHome();
  const lib = join(home, "lib");
  if (jarsIn(home)) return lib;
  const started = performance.now();
  say(`fetching Kafka ${KAFKA_VERSION} with Maven into ${home} (once, about 45 MB)`);
  const fresh = join(home, `fetching-${process.pid}`);
  mkdirSync(fresh, { recursive: true });
  try {
    const goal = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies";
    const args = ["-B", "-q", "-f", POM, goal, "-DincludeScope=runtime", `-DoutputDirectory=${fresh}`];
    await run("mvn", args, { timeout: FETCH_TIMEOUT_MS });
    if (!jarsIn(home)) {
      rmSync(lib, { recursive: true, force: true });
      renameSync(fresh, lib);
    }
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
  say(`Kafka fetched in ${Math.round((performance.now() - started) / 1000)} s`);
  return lib;
}
