// Which database errors pass by themselves: those are retried, never blamed on a record.

/** PostgreSQL classes 08 (connection), 40 (rollback), 53 (resources), 57 (intervention), 58 (system) and lock time-outs. */
const TRANSIENT_CLASS = /^(08|40|53|57|58)|^55P03$|^25P0[34]$/;
const TRANSIENT_SYSTEM = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "EPIPE",
  "ETIMEDOUT",
  "ENOENT",
  "EHOSTUNREACH",
  "ENOTFOUND",
  "EAI_AGAIN",
]);
const TRANSIENT_WORDS = [
  "Connection terminated",
  "timeout exceeded when trying to connect",
  "Client has encountered a connection error",
  "Cannot use a pool after calling end",
  "Query read timeout",
];

/** True when the same statement may succeed later: connection lost, server stopping, deadlock, serialisation, no room. */
export function isTransient(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  if (TRANSIENT_CLASS.test(code) || TRANSIENT_SYSTEM.has(code)) return true;
  if (TRANSIENT_WORDS.some((words) => error.message.includes(words))) return true;
  if (error instanceof AggregateError) return error.errors.some(isTransient);
  return error.cause !== undefined && isTransient(error.cause);
}
