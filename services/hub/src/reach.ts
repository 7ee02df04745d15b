// Why a server and this process did not come together, in words of whoever sets the hub up: certificates, passwords, TLS or none.
import { say } from "./language.ts";
import { CommandError, EXIT } from "./output.ts";

const UNTRUSTED = /^(UNABLE_TO_|SELF_SIGNED_CERT|DEPTH_ZERO_SELF_SIGNED|CERT_UNTRUSTED|INVALID_CA)/;
const WRONG_USER = /^(28\w{3}$|KafkaJSSASLAuthenticationError|WRONGPASS|NOAUTH|NOPERM)/;
const NO_TLS = /^(EPROTO|ERR_SSL_(WRONG_VERSION|PACKET_LENGTH))|does not support SSL/;
const NOT_ALLOWED = /_AUTHORIZATION_FAILED$/;
const ASKED = /^ERR_SSL_\w*ALERT/;

/** Codes, names and first words of an error and of what caused it. */
function marksOf(error: unknown): string[] {
  if (!(error instanceof Error)) return [];
  // `type` and `errors` are of kafkajs.
  const { code, type, errors } = error as { code?: unknown; type?: unknown; errors?: unknown };
  const inner = Array.isArray(errors) ? errors : [error.cause];
  const names = [code, type].filter((name) => typeof name === "string");
  return [...names, error.name, error.message, ...inner.flatMap(marksOf)];
}

/** The reason and what to do; undefined when it is none of these, as when nothing answers. */
export function whyRefused(error: unknown): string | undefined {
  const marks = marksOf(error);
  const any = (form: RegExp): boolean => marks.some((mark) => form.test(mark));
  if (any(/^CERT_HAS_EXPIRED/)) return say`its certificate has expired: renew it`;
  if (any(/^CERT_NOT_YET_VALID/)) return say`its certificate is not valid yet: compare the clocks of both machines`;
  if (any(/^ERR_TLS_CERT_ALTNAME_INVALID/))
    return say`its certificate is for another name: connect by a name that stands in it, or give it this one`;
  if (any(UNTRUSTED))
    return say`nobody who is trusted here signed its certificate: name the authority by sslrootcert, KAFKA_TLS_CA or REDIS_TLS_CA`;
  if (any(WRONG_USER)) return say`it refuses the user or the password`;
  if (any(NO_TLS)) return say`it does not speak TLS there: give it a certificate, or another port here`;
  if (any(NOT_ALLOWED)) return say`it does not let this user see, make or set the topics`;
  if (any(/^INVALID_REPLICATION_FACTOR$/)) return say`it has fewer brokers than KAFKA_REPLICAS asks for copies`;
  if (any(ASKED)) return say`it refuses this process's certificate, or the want of one`;
  return undefined;
}

/** Whether it is that nothing answers. */
export function isUnreachable(error: unknown): boolean {
  return marksOf(error).some((mark) =>
    /^(ECONN|ENOTFOUND|ETIMEDOUT|KafkaJS(Connection|NoBroker|RequestTimeout))/.test(mark),
  );
}

/** Does what reaches a server for the first time; an error that has a known reason is told with the variable to look at. */
export async function reach<T>(variable: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const why = whyRefused(error);
    if (why === undefined) throw error;
    throw new CommandError(say`${variable}: the server answers, but ${why}`, EXIT.usage, undefined);
  }
}
