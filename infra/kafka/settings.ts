// The settings of a broker that is a controller too, alone or one of a cluster: small, quick to come back, strict about topics.

/** A further door of a broker, beside the one in clear. */
export interface Listener {
  /** In capitals; clients that come by it are told to come back by it, as `localhost`. */
  readonly name: string;
  readonly port: number;
  readonly protocol: "SSL" | "SASL_PLAINTEXT" | "SASL_SSL";
  /** What holds for it alone, such as `ssl.keystore.location`. */
  readonly settings: Readonly<Record<string, string>>;
}

/** One of the brokers that make a cluster. */
export interface ClusterNode {
  /** The same for all of them: 16 bytes in URL-safe base64. */
  readonly cluster: string;
  /** From 1. */
  readonly node: number;
  /** Ports of all controllers, by node. */
  readonly controllers: readonly number[];
}

/** Where a broker listens and keeps its data. */
export interface BrokerPlace {
  readonly port: number;
  /** Where clients are told to connect, when something stands between them and the broker. */
  readonly advertised?: number | undefined;
  readonly controllerPort: number;
  /** Folder of the log segments. */
  readonly data: string;
  readonly listeners?: readonly Listener[] | undefined;
  readonly cluster?: ClusterNode | undefined;
}

/** Of its own, or who votes with whom. */
function quorum({ controllerPort, cluster }: BrokerPlace): Record<string, string | number> {
  if (!cluster) return { "node.id": 1, "controller.quorum.bootstrap.servers": `127.0.0.1:${controllerPort}` };
  const voters = cluster.controllers.map((port, index) => `${index + 1}@127.0.0.1:${port}`);
  return { "node.id": cluster.node, "controller.quorum.voters": voters.join(",") };
}

/** The text of server.properties. Only the loopback interface is served. */
export function serverProperties(place: BrokerPlace): string {
  const { port, advertised = port, controllerPort, data, listeners = [], cluster } = place;
  const copies = Math.min(3, cluster?.controllers.length ?? 1);
  const each = (line: (listener: Listener) => string): string => listeners.map((one) => `,${line(one)}`).join("");
  const settings: Record<string, string | number | boolean> = {
    "process.roles": "broker,controller",
    ...quorum(place),
    listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}${each((one) => `${one.name}://127.0.0.1:${one.port}`)}`,
    "advertised.listeners": `PLAINTEXT://127.0.0.1:${advertised}${each((one) => `${one.name}://localhost:${one.port}`)}`,
    "controller.listener.names": "CONTROLLER",
    "inter.broker.listener.name": "PLAINTEXT",
    "listener.security.protocol.map": `PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT${each((one) => `${one.name}:${one.protocol}`)}`,
    "log.dirs": data,
    // Internal topics as small as they may be.
    "offsets.topic.replication.factor": copies,
    "offsets.topic.num.partitions": 1,
    "transaction.state.log.replication.factor": copies,
    "transaction.state.log.min.isr": copies >= 3 ? 2 : 1,
    "transaction.state.log.num.partitions": 1,
    "share.coordinator.state.topic.replication.factor": copies,
    "share.coordinator.state.topic.min.isr": copies >= 3 ? 2 : 1,
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
  for (const { name, settings: own } of listeners)
    for (const [key, value] of Object.entries(own)) settings[`listener.name.${name.toLowerCase()}.${key}`] = value;
  return Object.entries(settings)
    .map(([name, value]) => `${name}=${value}\n`)
    .join("");
}
