// The settings of a single broker that is its own controller: small, quick to come back, strict about topics.

/** Where a broker listens and keeps its data. */
export interface BrokerPlace {
  readonly port: number;
  /** Where clients are told to connect, when something stands between them and the broker. */
  readonly advertised?: number | undefined;
  readonly controllerPort: number;
  /** Folder of the log segments. */
  readonly data: string;
}

/** The text of server.properties. Only the loopback interface is served. */
export function serverProperties({ port, advertised = port, controllerPort, data }: BrokerPlace): string {
  const settings: Record<string, string | number | boolean> = {
    "process.roles": "broker,controller",
    "node.id": 1,
    "controller.quorum.bootstrap.servers": `127.0.0.1:${controllerPort}`,
    listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
    "advertised.listeners": `PLAINTEXT://127.0.0.1:${advertised}`,
    "controller.listener.names": "CONTROLLER",
    "inter.broker.listener.name": "PLAINTEXT",
    "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
    "log.dirs": data,
    // Internal topics as small as one broker needs them.
    "offsets.topic.replication.factor": 1,
    "offsets.topic.num.partitions": 1,
    "transaction.state.log.replication.factor": 1,
    "transaction.state.log.min.isr": 1,
    "transaction.state.log.num.partitions": 1,
    "share.coordinator.state.topic.replication.factor": 1,
    "share.coordinator.state.topic.min.isr": 1,
    "group.initial.rebalance.delay.ms": 0,
    "group.min.session.timeout.ms": 1000,
    "auto.create.topics.enable": false,
    "num.network.threads": 2,
    "num.io.threads": 2,
    "log.cleaner.dedupe.buffer.size": 8_388_608,
    // After kill -9 the new broker waits until the old one's registration expires: 5 to 7 s with these, 17 without.
    "broker.session.timeout.ms": 2000,
    "broker.heartbeat.interval.ms": 500,
  };
  return Object.entries(settings)
    .map(([name, value]) => `${name}=${value}\n`)
    .join("");
}
