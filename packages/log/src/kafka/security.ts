// How Kafka's brokers are known to this process, and this process to them: TLS and SASL, as kafkajs takes them.
import type { KafkaConfig } from "kafkajs";

/** What a connection to Kafka takes beside its address. */
export interface KafkaSecurity {
  /**
   * The connection is encrypted, and the broker has to have a certificate for the name it was asked by, signed by `ca` or,
   * without one, by an authority that Node knows. `cert` and `key` prove this process. All in PEM form.
   */
  readonly tls?: {
    readonly ca?: string | undefined;
    readonly cert?: string | undefined;
    readonly key?: string | undefined;
  };
  readonly sasl?: {
    /** As the brokers call it. */
    readonly mechanism: "SCRAM-SHA-512" | "SCRAM-SHA-256" | "PLAIN";
    readonly username: string;
    readonly password: string;
  };
}

/** As options of kafkajs. What is left out stays out: an option that is there and undefined would be another default. */
export function securityOptions({ tls, sasl }: KafkaSecurity = {}): Pick<KafkaConfig, "ssl" | "sasl"> {
  const parts = Object.entries(tls ?? {}).filter(([, pem]) => pem !== undefined);
  return {
    ...(tls ? { ssl: parts.length === 0 ? true : Object.fromEntries(parts) } : {}),
    ...(sasl ? { sasl: { ...sasl, mechanism: sasl.mechanism.toLowerCase() } as NonNullable<KafkaConfig["sasl"]> } : {}),
  };
}

const UNTRUSTED = /^(CERT_|ERR_TLS_|UNABLE_TO_|SELF_SIGNED_CERT|DEPTH_ZERO_SELF_SIGNED)/;

/** Whether one side does not trust the other, which trying again at once cannot mend. */
export function isRefused(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (error.name === "KafkaJSSASLAuthenticationError") return true;
  if ("code" in error && typeof error.code === "string" && UNTRUSTED.test(error.code)) return true;
  return error.cause !== undefined && error.cause !== error && isRefused(error.cause);
}
