// What is to be said of an error that parks a record, and whether the record is to blame at all.
import { isTransient } from "@ruta/db";
import { TryAgain } from "../errors.ts";

/** Errors of the database, of the log, and `TryAgain` pass by themselves: no record is parked for them. */
export function passes(error: unknown): boolean {
  if (error instanceof TryAgain || isTransient(error)) return true;
  return error instanceof Error && "retriable" in error && error.retriable === true; // KafkaJSError
}

/**
 * Name, code and first own place of an error: what an operator needs to find the fault. The message is left out, since a
 * parser's message quotes what it could not read.
 */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return "not an Error";
  const code =
    "code" in error && (typeof error.code === "string" || typeof error.code === "number") ? ` ${error.code}` : "";
  const frame = /\n\s+at .*?([\w.-]+\.[a-z]+:\d+):\d+\)?/.exec(error.stack ?? "");
  return `${error.name}${code}${frame?.[1] ? ` at ${frame[1]}` : ""}`;
}
