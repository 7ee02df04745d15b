// The settings of a broker: small, quick to come back, strict about topics. Its own controller, or one more beside such a one.

/** A further door of a broker, beside the one in clear. */
export interface Listener {
  /** In capitals; clients that come by it are told to come back by it, as `localhost`. */
  readonly name: string;
  readonly port: number;
  readonly protocol: "SSL" | "SASL_PLAINTEXT" | "SASL_SSL";
  /** What holds for it alone, such as `ssl.keystore.location`. */
  readonly settings: Readonly<Record<string, string>>;
}

/** Where a broker listens and keeps its data. */
export interface BrokerPlace {
  readonly port: number;
  /** Where clients are told to connect, when something stands between them and the broker. */
  readonly advertised?: number | undefined;
  /** Its own controller's port; of one that joins another, that one's. */
  readonly controllerPort: number;
  /** Its number where it joins another as a broker alone; left out: 1, a broker that is its own controller. */
  readonly node?: number | undefined;
  /** Folder of the log segments. */
  readonly data: string;
  readonly listeners?: readonly Listener[] | undefined;
  /** Further settings, such as how often it looks for what is old. */
  readonly settings?: Readonly<Record<string, string | number>> | undefined;
}

/** The text of server.properties. Only the loopback interface is served. */
export function serverProperties(place: BrokerPlace): string {
  const { port, advertised = port, controllerPort, node, data, listeners = [] } = place;
  const controller = node === undefined ? `,CONTROLLER://127.0.0.1:${controllerPort}` : "";
  const each = (line: (listener: Listener) => string): string => listeners.map((one) => `,${line(one)}`).join("");
  const settings: Record<string, string | number | boolean> = {
    "process.roles": node === undefined ? "broker,controller" : "broker",
    "node.id": node ?? 1,
    "controller.quorum.bootstrap.servers": `127.0.0.1:${controllerPort}`,
    listeners: `PLAINTEXT://127.0.0.1:${port}${controller}${each((one) => `${one.name}://127.0.0.1:${one.port}`)}`,
    "advertised.listeners": `PLAINTEXT://127.0.0.1:${advertised}${each((one) => `${one.name}://localhost:${one.port}`)}`,
    "controller.listener.names": "CONTROLLER",
    "inter.broker.listener.name": "PLAINTEXT",
    "listener.security.protocol.map": `PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT${each((one) => `${one.name}:${one.protocol}`)}`,
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
    ...place.settings,
  };
  for (const { name, settings: own } of listeners)
    for (const [key, value] of Object.entries(own)) settings[`listener.name.${name.toLowerCase()}.${key}`] = value;
  return Object.entries(settings)
    .map(([name, value]) => `${name}=${value}\n`)
    .join("");
}
