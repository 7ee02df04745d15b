// The services of the hub by name, apart from their code: most commands need no more of them.

/** Service names, in the order in which they start: the directory first, since all others fold it. */
export const SERVICES = ["directory", "router", "delivery", "gateway"] as const;

/** Name of a service. */
export type ServiceName = (typeof SERVICES)[number];

/** Schema of a service, or of the keyring, under a prefix. */
export function schemaName(prefix: string, service: ServiceName | "keyring"): string {
  return prefix === "" ? service : `${prefix}_${service}`;
}

/** What the log puts before every topic and group under a prefix. */
export function logPrefix(prefix: string): string {
  return prefix === "" ? "" : `${prefix}.`;
}
