// Asks before a dangerous act: on a terminal by a question, elsewhere only --yes lets it go on.
import { createInterface } from "node:readline/promises";
import { say } from "./language.ts";
import { CommandError, EXIT } from "./output.ts";

/** Goes on when the answer is yes or `yes` was given before. Throws CommandError otherwise. */
export async function confirmed(question: string, yes: boolean): Promise<void> {
  if (yes) return;
  if (!process.stdin.isTTY)
    throw new CommandError(say`nobody is there to confirm`, EXIT.usage, say`add --yes to go on without a question`);
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await lines.question(`${question} [y/N] `).finally(() => lines.close());
  if (!/^(y|yes|s|si|sí)$/i.test(answer.trim())) throw new CommandError(say`nothing was done`, EXIT.failed);
}
