// A Kafka broker in a Docker container, for whoever has a Docker engine.
import { existsSync } from "node:fs";
import { request } from "node:http";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";

const IMAGE = "apache/kafka:4.1.2";
const PING_TIMEOUT_MS = 1_000;

/** Whether a Docker engine answers at DOCKER_HOST or the usual socket. */
export function dockerAnswers(env: NodeJS.ProcessEnv = process.env): Promise<boolean> {
  const host = new URL(env.DOCKER_HOST ?? "unix:///var/run/docker.sock");
  const unix = host.protocol === "unix:";
  if (unix && !existsSync(host.pathname)) return Promise.resolve(false);
  const where = unix ? { socketPath: host.pathname } : { host: host.hostname, port: Number(host.port || 2375) };
  return new Promise((done) => {
    const ping = request({ ...where, path: "/_ping", timeout: PING_TIMEOUT_MS }, (response) => {
      response.resume();
      done(response.statusCode === 200);
    });
    ping.on("timeout", () => ping.destroy());
    ping.on("error", () => done(false));
    ping.end();
  });
}

/** Starts a broker in a container; testcontainers removes it when this process ends without doing so. */
export async function startInDocker(): Promise<{ brokers: string; stop(): Promise<void> }> {
  const { GenericContainer, Wait } = await import("testcontainers");
  // Clients are told this address, so the port must be the same inside and outside.
  const port = await freePort();
  const container = await new GenericContainer(IMAGE)
    .withExposedPorts({ container: port, host: port })
    .withEnvironment({
      KAFKA_NODE_ID: "1",
      KAFKA_PROCESS_ROLES: "broker,controller",
      KAFKA_LISTENERS: `PLAINTEXT://0.0.0.0:${port},CONTROLLER://localhost:29093`,
      KAFKA_ADVERTISED_LISTENERS: `PLAINTEXT://127.0.0.1:${port}`,
      KAFKA_CONTROLLER_LISTENER_NAMES: "CONTROLLER",
      KAFKA_LISTENER_SECURITY_PROTOCOL_MAP: "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
      KAFKA_CONTROLLER_QUORUM_VOTERS: "1@localhost:29093",
      KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR: "1",
      KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR: "1",
      KAFKA_TRANSACTION_STATE_LOG_MIN_ISR: "1",
      KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS: "0",
      KAFKA_GROUP_MIN_SESSION_TIMEOUT_MS: "1000",
      KAFKA_AUTO_CREATE_TOPICS_ENABLE: "false",
    })
    .withWaitStrategy(Wait.forLogMessage(/Kafka Server started/))
    .start();
  return {
    brokers: `127.0.0.1:${port}`,
    stop: async () => {
      await container.stop();
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as AddressInfo;
  await new Promise((done) => server.close(done));
  return port;
}
