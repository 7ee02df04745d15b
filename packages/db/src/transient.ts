// Which errors pass by themselves: the work is to be tried again, nothing is wrong with it.

// SQLSTATE codes (PostgreSQL manual, appendix A) and classes, by their first two characters.
const STATES = new Set([
  "25006", // read-only transaction: a fail-over left us on a standby
  "25P03", // idle-in-transaction timeout: this process was stopped or starved
  "40001", // serialization failure
  "40003", // statement completion unknown
  "40P01", // deadlock
  "55P03", // lock not available
  "57014", // statement timeout or cancel
  "57P01", // server told to stop
  "57P02", // server crashed
  "57P03", // server starting
  "57P05", // idle session timeout
  "58030", // I/O error
]);
const CLASSES = new Set([
  "08", // connection
  "28", // who this process is: a password or a role that was changed on one side first
  "53", // out of disk, memory or connections
]);
const SYSTEM = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "ECONNABORTED",
  "EPIPE",
  "ETIMEDOUT",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ENETDOWN",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EADDRNOTAVAIL",
  "ENOENT", // the server's socket file is not there yet
]);
// OpenSSL's and Node's codes for a certificate that is not good, or not yet, or no longer: it is mended outside this process.
const TLS = /^(CERT_|ERR_TLS_|ERR_SSL_|EPROTO$|UNABLE_TO_|SELF_SIGNED_CERT|DEPTH_ZERO_SELF_SIGNED)/;
// What pg says without a code.
const MESSAGES = [
  "Connection terminated",
  "Client has encountered a connection error and is not queryable",
  "Client was closed and is not queryable",
  "timeout exceeded when trying to connect",
  "Query read timeout",
  "The server does not support SSL connections",
  "Cannot use a pool after calling end", // this process is stopping: the work is for the next one
];

/** True for a statement that was prepared before a migration gave its table another column: it is good on a new connection. */
export function isStale(error: unknown): boolean {
  return error instanceof Error && error.message === "cached plan must not change result type";
}

/**
 * True when trying again may help: connection lost or not to be trusted, server stopping or starting, serialization failure,
 * deadlock, timeout, no disk or memory. After such an error of a COMMIT nobody knows whether it happened: what follows must be
 * safe to repeat. Looks into `cause` as well.
 */
export function isTransient(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = "code" in error && typeof error.code === "string" ? error.code : undefined;
  if (code !== undefined) {
    if (STATES.has(code) || SYSTEM.has(code) || TLS.test(code)) return true;
    if (code.length === 5 && CLASSES.has(code.slice(0, 2))) return true;
  }
  if (isStale(error) || MESSAGES.some((message) => error.message.startsWith(message))) return true;
  if (error instanceof AggregateError && error.errors.some(isTransient)) return true;
  return error.cause !== undefined && error.cause !== error && isTransient(error.cause);
}
