// What the hub refused, as an error of the command: its code, and its own words in the language of the terminal.
import { say, translated } from "./language.ts";
import { CommandError, EXIT } from "./output.ts";

/** A problem as the hub answers it (RFC 9457). */
export interface Refusal {
  readonly code?: string;
  readonly title?: string;
  readonly detail?: string;
  readonly field?: string;
  readonly remedy?: string;
}

/** The error to throw for an answer of this status. */
export function refusal({ code, title, detail, field, remedy }: Refusal, status: number): CommandError {
  const words = translated(detail ?? title ?? say`the hub answered ${status}`);
  const where = field === undefined ? words : `${words} (${field})`;
  return new CommandError(
    code === undefined ? where : `${code}: ${where}`,
    EXIT.refused,
    remedy === undefined ? undefined : translated(remedy),
  );
}
