// The contract under kill -9 of the server, each driver on a server of its own that syncs to disk.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startEmbedded } from "@ruta/db/embedded";
import { TOPICS } from "@ruta/events";
import { afterEach, describe, expect, test } from "vitest";
import { startBroker } from "../../../../infra/kafka/broker.ts";
import { openLog } from "../open-log.ts";
import type { LogConfig } from "../open-log.ts";
import type { Log } from "../port.ts";
import { testLogs } from "../testing.ts";
import { readAll, record, SOON, specs, textOf } from "./bed.ts";

/** A server that can be killed and started again on the same data. */
interface Server {
  readonly config: LogConfig;
  kill9(): void;
  restart(): Promise<void>;
  stop(): Promise<void>;
}

async function postgres(folder: string): Promise<Server> {
  let server = await startEmbedded({ folder, fsync: true });
  const port = Number(new URL(server.url).port);
  return {
    config: { databaseUrl: server.url, clientId: "test" },
    kill9: () => void process.kill(server.pid, "SIGKILL"),
    async restart() {
      server = await startEmbedded({ folder, fsync: true, port });
    },
    stop: () => server.stop(),
  };
}

async function kafka(folder: string): Promise<Server> {
  const broker = await startBroker({ folder });
  return {
    config: { kafkaBrokers: broker.brokers, databaseUrl: "", clientId: "test" },
    kill9: () => broker.kill9(),
    restart: () => broker.restart(),
    stop: () => broker.stop(),
  };
}

const starts = { postgres, kafka };

for (const driver of testLogs()) {
  describe.skipIf(!driver.available)(`a killed server of ${driver.name}`, () => {
    const cleanups: (() => Promise<void>)[] = [];
    afterEach(async () => {
      for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
    });

    test("keeps what it acknowledged, and its clients go on by themselves", { timeout: 120_000 }, async () => {
      const folder = mkdtempSync(join(tmpdir(), "ruta-durable-"));
      cleanups.push(async () => rmSync(folder, { recursive: true, force: true }));
      const server = await starts[driver.name](folder);
      cleanups.push(() => server.stop());
      const log: Log = await openLog(server.config);
      cleanups.push(() => log.close());
      await log.createTopics(specs(3));

      const acknowledged = new Set<string>();
      let writing = true;
      const writers = Array.from({ length: 5 }, async (_, w) => {
        for (let n = 0; writing; n += 1) {
          const texts = [`${w}/${n}/a`, `${w}/${n}/b`];
          // A rejected append is unknown, not refused: the writer goes on with the next number.
          await log.append(texts.map((text) => record(`key-${w}`, text))).then(
            () => texts.forEach((text) => acknowledged.add(text)),
            () => undefined,
          );
        }
      });
      for (const target of [200, 400]) {
        await expect.poll(() => acknowledged.size, SOON).toBeGreaterThan(target);
        const sizeBefore = acknowledged.size;
        server.kill9();
        await server.restart();
        await expect.poll(() => acknowledged.size, SOON).toBeGreaterThan(sizeBefore + 50);
      }
      writing = false;
      await Promise.all(writers);

      const found = (await readAll(log, TOPICS.commands)).map(textOf);
      const missing = [...acknowledged].filter((text) => !found.includes(text));
      expect(missing).toEqual([]);
      expect(await log.healthy()).toBe(true);
    });
  });
}
