// How the hub reaches PostgreSQL and Kafka: the variables, what they take, and what must not stand together.
import { readFileSync } from "node:fs";
import { ConfigError, pemFile, together } from "@ruta/kit";
import type { KafkaSecurity } from "@ruta/log/kafka";
import { z } from "zod";
import { databaseUrl } from "./database-url.ts";

const PROTOCOLS = ["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] as const;
const MECHANISMS = ["SCRAM-SHA-512", "SCRAM-SHA-256", "PLAIN"] as const;
const oneOf = <const T extends readonly string[]>(values: T) => z.enum(values, `one of ${values.join(", ")}`);

/** The variables. */
export const connections = {
  DATABASE_URL: databaseUrl.optional().meta({
    help: "PostgreSQL; without it the embedded one is used; `?sslmode=verify-full&sslrootcert=FILE` for TLS",
    secret: true,
  }),
  KEYRING_URL: databaseUrl
    .optional()
    .meta({ help: "PostgreSQL of the keyring; DATABASE_URL when not set", secret: true }),
  KAFKA_BROKERS: z
    .string()
    .regex(/^[^\s,]+:\d+(,[^\s,]+:\d+)*$/, "host:port, comma separated")
    .optional()
    .meta({ help: "Apache Kafka for the log; without it the log is kept in PostgreSQL" }),
  KAFKA_SECURITY_PROTOCOL: oneOf(PROTOCOLS)
    .default("PLAINTEXT")
    .meta({ help: "PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL, as the brokers' listener has it" }),
  KAFKA_SASL_MECHANISM: oneOf(MECHANISMS)
    .default("SCRAM-SHA-512")
    .meta({ help: "SCRAM-SHA-512, SCRAM-SHA-256 or PLAIN, of which the last needs SASL_SSL" }),
  KAFKA_SASL_USERNAME: z.string().optional().meta({ help: "who this process is for Kafka, with SASL" }),
  KAFKA_SASL_PASSWORD: z.string().optional().meta({ help: "the password of that user", secret: true }),
  KAFKA_TLS_CA: pemFile
    .optional()
    .meta({ help: "file of the authority that signed the brokers' certificates, PEM; else the public ones count" }),
  KAFKA_TLS_CERT: pemFile
    .optional()
    .meta({ help: "file of the certificate by which Kafka knows this process, PEM; with KAFKA_TLS_KEY" }),
  KAFKA_TLS_KEY: pemFile.optional().meta({ help: "file of its private key, PEM; with KAFKA_TLS_CERT" }),
  KAFKA_REPLICAS: z.coerce
    .number("a number from 1 to 9")
    .int("a whole number")
    .min(1, "a number from 1 to 9")
    .max(9, "a number from 1 to 9")
    .optional()
    .meta({
      help: "copies of each topic that is made; with three or more, two must have a record; else as many as brokers, at most 3",
    }),
};

const shape = z.object(connections);
type Connections = z.infer<typeof shape>;

/** What opening the log in Kafka takes; {} without brokers. Throws ConfigError for variables that contradict each other. */
export function kafkaOf(config: Connections): {
  readonly kafkaBrokers?: string;
  readonly kafkaSecurity?: KafkaSecurity;
  readonly kafkaReplicas?: number | undefined;
} {
  const security = securityOf(config);
  const { KAFKA_BROKERS, KAFKA_REPLICAS } = config;
  if (KAFKA_BROKERS === undefined) return {};
  return { kafkaBrokers: KAFKA_BROKERS, kafkaSecurity: security, kafkaReplicas: KAFKA_REPLICAS };
}

function securityOf(config: Connections): KafkaSecurity {
  const protocol = config.KAFKA_SECURITY_PROTOCOL;
  const isTls = protocol.endsWith("SSL");
  const files = ["KAFKA_TLS_CA", "KAFKA_TLS_CERT", "KAFKA_TLS_KEY"] as const;
  const unused = isTls ? undefined : files.find((name) => config[name] !== undefined);
  if (unused)
    throw new ConfigError(
      unused,
      `is set, and ${protocol} is in clear: set KAFKA_SECURITY_PROTOCOL to SSL or SASL_SSL`,
    );
  together(config, "KAFKA_TLS_CERT", "KAFKA_TLS_KEY");
  const sasl = saslOf(config);
  if (!isTls) return sasl ? { sasl } : {};
  const [ca, cert, key] = files.map((name) =>
    config[name] === undefined ? undefined : readFileSync(config[name], "utf8"),
  );
  return { tls: { ca, cert, key }, ...(sasl ? { sasl } : {}) };
}

function saslOf(config: Connections): KafkaSecurity["sasl"] {
  const protocol = config.KAFKA_SECURITY_PROTOCOL;
  const names = ["KAFKA_SASL_USERNAME", "KAFKA_SASL_PASSWORD"] as const;
  if (!protocol.startsWith("SASL")) {
    const unused = names.find((name) => config[name] !== undefined);
    if (unused)
      throw new ConfigError(unused, `is set, and ${protocol} asks for none: set KAFKA_SECURITY_PROTOCOL to SASL_SSL`);
    return undefined;
  }
  const missing = names.find((name) => config[name] === undefined);
  if (missing) throw new ConfigError(missing, `is missing: ${protocol} asks for a user and a password`);
  const mechanism = config.KAFKA_SASL_MECHANISM;
  if (mechanism === "PLAIN" && protocol === "SASL_PLAINTEXT")
    throw new ConfigError(
      "KAFKA_SASL_MECHANISM",
      "is PLAIN, and SASL_PLAINTEXT would send the password in clear: take SASL_SSL, or SCRAM-SHA-512",
    );
  return { mechanism, username: config.KAFKA_SASL_USERNAME!, password: config.KAFKA_SASL_PASSWORD! };
}
