// Logs: one JSON line each, and only fields that are known to be safe. What is not on the list does not get out.
import { pino } from "pino";
import type { DestinationStream, Logger } from "pino";

/** Fields a line may carry: ids, codes, counts, times. Nothing that a person or an institution wrote. */
const ALLOWED_FIELDS = [
  "service",
  "instance",
  "topic",
  "partition",
  "offset",
  "next",
  "start",
  "end",
  "group",
  "member",
  "driver",
  "count",
  "records",
  "attempt",
  "attempts",
  "ms",
  "seconds",
  "status",
  "method",
  "route",
  "code",
  "reason",
  "error",
  "errno",
  "sqlstate",
  "frames",
  "port",
  "host",
  "signal",
  "version",
  "revision",
  "requestId",
  "endpoint",
  "institution",
  "kind",
  "name",
] as const;

const ALLOWED = new Set<string>(ALLOWED_FIELDS);
const SIMPLE = /^[\p{L}\p{N} .,:;/_@()[\]{}<>*+=#'"-]{0,200}$/u;

/** An error as a line may show it: kind, code and where, never its message, which can hold what somebody sent. */
export function describeError(error: unknown): Record<string, unknown> {
  const { code } = (error ?? {}) as { code?: unknown };
  if (!(error instanceof Error)) return { error: typeof error, ...(typeof code === "string" ? { code } : {}) };
  const frames = (error.stack ?? "")
    .split("\n")
    .filter((line) => line.startsWith("    at "))
    .slice(0, 6);
  return {
    error: error.name === "Error" ? error.constructor.name : error.name,
    ...(typeof code === "string" || typeof code === "number" ? { code } : {}),
    frames: frames.map((line) =>
      line
        .trim()
        .replace(/^at /, "")
        .replace(/\(?(file:\/\/)?\/\S*\/(?=[^/]+:\d+:\d+)/, "("),
    ),
  };
}

function onlyAllowed(fields: Record<string, unknown>): Record<string, unknown> {
  const kept: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(fields)) {
    if (name === "err") Object.assign(kept, describeError(value));
    else if (!ALLOWED.has(name)) continue;
    else if (typeof value === "bigint") kept[name] = value.toString();
    else if (typeof value === "string") kept[name] = SIMPLE.test(value) ? value : "(unprintable)";
    else if (typeof value === "number" || typeof value === "boolean") kept[name] = value;
    else if (name === "frames" && Array.isArray(value)) kept[name] = value;
    else if (value instanceof Error) kept[name] = value.name;
  }
  return kept;
}

/** Child loggers inherit this method, so what is bound to any of them passes the same list. */
function filterChildren(logger: Logger): Logger {
  type Child = (this: Logger, bindings: object, options?: object) => Logger;
  const child = logger.child as unknown as Child;
  const filtered: Child = function filtered(bindings, options) {
    return child.call(this, onlyAllowed({ ...bindings }), options);
  };
  return Object.assign(logger, { child: filtered });
}

/** Makes the logger of a service. The text of a line must be a constant; whatever varies goes into allowed fields. */
export function createLogger(options: {
  readonly service: string;
  readonly level: string;
  readonly destination?: DestinationStream;
}): Logger {
  const settings = {
    level: options.level,
    base: { service: options.service },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }), log: onlyAllowed },
    serializers: { err: (value: unknown) => value },
  };
  return filterChildren(options.destination ? pino(settings, options.destination) : pino(settings));
}

/** Says in the log what ends a process that nobody expected to end: its stack is the only trace. */
export function lastWords(options: Parameters<typeof createLogger>[0]): (error: unknown) => void {
  const logger = createLogger(options);
  return (error) => logger.fatal({ err: error }, "an unexpected error ends this process");
}
