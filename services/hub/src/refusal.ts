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
  const kind = title === undefined ? say`the hub answered ${status}` : translated(title);
  const where = field === undefined ? kind : `${kind} (${field})`;
  const words = detail === undefined ? where : `${where}: ${translated(detail)}`;
  return new CommandError(
    code === undefined ? words : `${code}: ${words}`,
    EXIT.refused,
    remedy === undefined ? undefined : translated(remedy),
  );
}
