// `ruta tokens`: the bearer tokens by which an institution reads.
import { Command } from "commander";
import { contextOf } from "../context.ts";
import { say } from "../language.ts";
import { print, style } from "../output.ts";
import { addListAndRevoke } from "./credentials.ts";

/** The command and its sub-commands. */
export function tokensCommand(): Command {
  const tokens = new Command("tokens").description("bearer tokens by which an institution reads");
  tokens
    .command("new")
    .description("make a token; it is shown this once")
    .argument("<institution>")
    .option("--label <word>", "a word by which to know it; not a person's name", "")
    .requiredOption("--reason <text>", "why, for the record")
    .action(async (institution: string, options: { label: string; reason: string }, command: Command) => {
      const context = contextOf(command);
      const admin = await context.admin();
      const made = await admin.request<{ id: string; token: string; revision: string }>(
        "POST",
        "/admin/directory/tokens",
        {
          institution,
          label: options.label,
          reason: options.reason,
        },
      );
      print(context.json, made, () =>
        [say`token ${made.id}, revision ${made.revision}`, style.bold(say`shown this once:`), `  ${made.token}`].join(
          "\n",
        ),
      );
    });
  addListAndRevoke(tokens, "tokens");
  return tokens;
}
