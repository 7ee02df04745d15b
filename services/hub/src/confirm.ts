// Dangerous acts ask first: a question at a terminal, --yes elsewhere.
import { createInterface } from "node:readline/promises";
import { CommandError, EXIT } from "./output.ts";

/** Shows what an act will do and waits for a yes. Throws CommandError when the answer is another, or nobody is there to give one. */
export async function confirm(what: string, yes: boolean): Promise<void> {
  if (yes) return;
  if (!process.stdin.isTTY) throw new CommandError(`${what}: not done without a yes`, EXIT.usage, "add --yes");
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await terminal.question(`${what}\nGo on? Type yes: `);
    if (answer.trim() !== "yes") throw new CommandError("nothing was done", EXIT.failed);
  } finally {
    terminal.close();
  }
}
