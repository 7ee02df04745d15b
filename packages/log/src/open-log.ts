// Opens the log that the configuration names: Kafka when there are brokers, else PostgreSQL.
import type { Db } from "@ruta/db";
import type { KafkaSecurity } from "./kafka/security.ts";
import { silentLogger } from "./port.ts";
import type { Log, LogLogger } from "./port.ts";
import { openPostgresLog } from "./postgres/driver.ts";

/** What `openLog` takes. */
export interface LogConfig {
  /** host:port, separated by commas. */
  readonly kafkaBrokers?: string | undefined;
  readonly kafkaSecurity?: KafkaSecurity | undefined;
  /** Copies of a new topic in Kafka; as many as there are brokers, at most 3, when left out. */
  readonly kafkaReplicas?: number | undefined;
  readonly databaseUrl: string;
  /** An open pool of that database, to share; the log leaves it open. */
  readonly db?: Db;
  /** Put before every topic, group and schema. */
  readonly prefix?: string;
  readonly clientId: string;
  readonly logger?: LogLogger;
}

/** Opens the log. */
export async function openLog(config: LogConfig): Promise<Log> {
  const {
    kafkaBrokers,
    kafkaSecurity: security,
    kafkaReplicas: replicas,
    prefix = "",
    clientId,
    logger = silentLogger,
  } = config;
  if (kafkaBrokers) {
    // Loaded only where it is used: the embedded hub starts without a Kafka client.
    const { openKafkaLog } = await import("./kafka/driver.ts");
    return openKafkaLog({ kafkaBrokers, security, replicas, prefix, clientId, logger });
  }
  const { databaseUrl, db } = config;
  return openPostgresLog({ databaseUrl, prefix, clientId, logger, ...(db ? { db } : {}) });
}
