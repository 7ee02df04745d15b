// Asks before a dangerous act: on a terminal by a question, elsewhere only --yes lets it go on.
import { createInterface } from "node:readline/promises";
import type { Command } from "commander";
import { say } from "./language.ts";
import { CommandError, EXIT } from "./output.ts";

/** Adds --yes to a command that asks. */
export function addYes(command: Command): Command {
  return command.option("--yes", "do it without a question");
}

/**
 * Goes on when the answer is yes or `yes` was given before; else it first shows the lines of what will follow, also where nobody is
 * there to answer. Throws CommandError when the answer is not yes.
 */
export async function confirmed(question: string, yes: boolean, shown: readonly string[] = []): Promise<void> {
  if (yes) return;
  for (const line of shown) process.stderr.write(`${line}\n`);
  if (!process.stdin.isTTY)
    throw new CommandError(say`nobody is there to confirm`, EXIT.usage, say`add --yes to go on without a question`);
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await lines.question(`${question} [y/N] `).finally(() => lines.close());
  if (!/^(y|yes|s|si|sí)$/i.test(answer.trim())) throw new CommandError(say`nothing was done`, EXIT.failed);
}
