// The broker that tests and demonstrations run from jars: found in order, kept over restarts, gone with its parent.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { findBroker } from "../../infra/kafka/find.ts";
import { kafkaHome, missingForJars } from "../../infra/kafka/jars.ts";

const BROKER = fileURLToPath(new URL("../../infra/kafka/broker.ts", import.meta.url));
const SOON = { timeout: 30_000, interval: 50 };

test("a broker that is given is taken as it is, and never stopped", async () => {
  const found = await findBroker({ folder: "/nowhere", given: "kafka.example:9092" });
  expect(found).toMatchObject({ brokers: "kafka.example:9092", source: "given" });
});

test.each([
  [{ RUTA_KAFKA_HOME: "/opt/kafka", XDG_CACHE_HOME: "/cache" }, "/opt/kafka"],
  [{ XDG_CACHE_HOME: "/cache" }, "/cache/ruta/kafka-4.1.2"],
])("the jars are kept where the environment says: %o", (env, home) => {
  expect(kafkaHome(env)).toBe(home);
});

describe.skipIf(await missingForJars())("a broker from jars", () => {
  test("does not outlive a parent that was killed", async () => {
    const folder = mkdtempSync(join(tmpdir(), "ruta-broker-"));
    const script = `import { startBroker } from ${JSON.stringify(BROKER)};
      const { pid } = await startBroker({ folder: ${JSON.stringify(folder)} });
      console.log(pid);`;
    const parent = spawn(process.execPath, ["--input-type=module", "-e", script], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const pid = await new Promise<number>((resolve, reject) => {
      parent.stdout.once("data", (line: Buffer) => resolve(Number(line.toString())));
      parent.once("exit", () => reject(new Error("the broker was not started")));
    });
    expect(isAlive(pid)).toBe(true);
    parent.kill("SIGKILL");
    await expect.poll(() => isAlive(pid), SOON).toBe(false);
    rmSync(folder, { recursive: true, force: true });
  });
});

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
