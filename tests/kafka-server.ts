// The Kafka broker of the tests: found or started once for the whole run, skipped with one line where there is none.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findBroker } from "../infra/kafka/find.ts";

/** A broker for tests, or why there is none. */
export interface TestKafka {
  readonly brokers?: string;
  readonly skipped?: string;
  stop(): Promise<void>;
}

/** Finds or starts the broker of the tests. In CI (`CI` is set) having none is an error. */
export async function startTestKafka(): Promise<TestKafka> {
  const folder = mkdtempSync(join(tmpdir(), "ruta-kafka-"));
  const clean = (): void => rmSync(folder, { recursive: true, force: true });
  const found = await findBroker({
    folder,
    given: process.env.RUTA_TEST_KAFKA_BROKERS,
    say: (line) => console.error(`tests: ${line}`),
  });
  if ("brokers" in found) {
    return {
      brokers: found.brokers,
      async stop() {
        await found.stop();
        clean();
      },
    };
  }
  clean();
  if (process.env.CI) throw new Error(`no Kafka for the tests: ${found.absent}`);
  console.error(`tests: those on Kafka are skipped: ${found.absent}`);
  return { skipped: found.absent, stop: () => Promise.resolve() };
}
