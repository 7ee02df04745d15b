// Variables of connections: what contradicts itself or would go in clear is refused with the variable and what to do.
import { loadConfig } from "@ruta/kit";
import { expect, test } from "vitest";
import { config } from "./config.ts";
import { kafkaOf } from "./connections.ts";

const SECRET = "hunter2";
const url = (parameters: string): NodeJS.ProcessEnv => ({
  DATABASE_URL: `postgres://ruta:${SECRET}@db/ruta?${parameters}`,
});
const kafka = (more: NodeJS.ProcessEnv): NodeJS.ProcessEnv => ({ KAFKA_BROKERS: "k:9092", ...more });
const user = { KAFKA_SASL_USERNAME: "ruta", KAFKA_SASL_PASSWORD: SECRET };
const read = (env: NodeJS.ProcessEnv) => kafkaOf(loadConfig(config, env));

test.each([
  [url("sslmode=require"), "DATABASE_URL: sslmode=verify-full, which checks the server's certificate and its name"],
  [url("sslmode=prefer"), "other modes trust whoever answers"],
  [url("ssl=true"), "a postgres:// URL without ssl: TLS is asked for by sslmode=verify-full alone"],
  [url("sslmode=verify-full&uselibpqcompat=true"), "without uselibpqcompat"],
  [url("sslrootcert=/nowhere.pem"), "sslmode=verify-full beside sslrootcert"],
  [url("sslmode=verify-full&sslrootcert=/nowhere.pem"), "a file in PEM form as sslrootcert: check the path"],
  [url("sslmode=verify-full&sslcert=/nowhere.pem"), "sslcert and sslkey together"],
  [kafka({ KAFKA_SECURITY_PROTOCOL: "TLS" }), "KAFKA_SECURITY_PROTOCOL: one of PLAINTEXT, SSL"],
  [kafka({ KAFKA_SECURITY_PROTOCOL: "SASL_SSL" }), "KAFKA_SASL_USERNAME: is missing"],
  [kafka({ KAFKA_SECURITY_PROTOCOL: "SASL_SSL", KAFKA_SASL_USERNAME: "ruta" }), "KAFKA_SASL_PASSWORD: is missing"],
  [kafka(user), "KAFKA_SASL_USERNAME: is set, and PLAINTEXT asks for none"],
  [
    kafka({ ...user, KAFKA_SECURITY_PROTOCOL: "SASL_PLAINTEXT", KAFKA_SASL_MECHANISM: "PLAIN" }),
    "would send the password in clear",
  ],
  [kafka({ KAFKA_TLS_CA: "/nowhere.pem", KAFKA_SECURITY_PROTOCOL: "SSL" }), "KAFKA_TLS_CA: no such file in PEM form"],
  [
    kafka({ KAFKA_TLS_CA: import.meta.filename, KAFKA_SECURITY_PROTOCOL: "SSL" }),
    "KAFKA_TLS_CA: no such file in PEM form",
  ],
  [kafka({ KAFKA_REPLICAS: "0" }), "KAFKA_REPLICAS: a number from 1 to 9"],
])("%o is refused", (env, words) => {
  expect(() => read(env)).toThrow(words);
  expect(() => read(env)).not.toThrow(SECRET);
});

test("what does not contradict itself is taken, and nothing is secured that was not asked for", () => {
  expect(read(url("sslmode=verify-full"))).toEqual({});
  expect(read(url("sslmode=disable"))).toEqual({});
  expect(read(kafka({}))).toEqual({ kafkaBrokers: "k:9092", kafkaSecurity: {} });
  const scram = { mechanism: "SCRAM-SHA-512", username: "ruta", password: SECRET };
  expect(read(kafka({ ...user, KAFKA_SECURITY_PROTOCOL: "SASL_SSL", KAFKA_REPLICAS: "3" }))).toEqual({
    kafkaBrokers: "k:9092",
    kafkaSecurity: { tls: {}, sasl: scram },
    kafkaReplicas: 3,
  });
});
