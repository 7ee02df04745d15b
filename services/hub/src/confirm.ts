// Dangerous acts show what they will do and ask first; --yes answers for programs, and where there is no terminal.
import { createInterface } from "node:readline/promises";
import type { Command } from "commander";
import { CommandError, EXIT } from "./output.ts";

/** Adds --yes to a command that asks. */
export function addYes(command: Command): Command {
  return command.option("--yes", "do it without asking");
}

/** Shows what will be done and asks; throws unless the answer is yes. */
export async function confirm(lines: readonly string[], options: { readonly yes?: boolean }): Promise<void> {
  if (options.yes) return;
  process.stderr.write(`${lines.join("\n")}\n`);
  if (!process.stdin.isTTY) throw new CommandError("this asks before it acts", EXIT.usage, "add --yes to do it");
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await terminal.question("Go on? [y/N] ");
    if (!/^(y|yes|s|si|sí)$/i.test(answer.trim())) throw new CommandError("nothing was done", EXIT.usage);
  } finally {
    terminal.close();
  }
}
