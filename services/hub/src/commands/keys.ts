// `ruta keys`: the keys by which an institution signs what it sends.
import { Command } from "commander";
import { contextOf } from "../context.ts";
import { say } from "../language.ts";
import { print, style, table } from "../output.ts";
import { addListAndRevoke } from "./credentials.ts";
import { rotateCommand } from "./rotate.ts";

interface NewKey {
  readonly id: string;
  readonly revision: string;
  readonly secret?: string;
}

interface Ending {
  readonly kind: string;
  readonly holder: string;
  readonly ends: string;
}

/** The command and its sub-commands. */
export function keysCommand(): Command {
  const keys = new Command("keys").description("keys by which an institution signs what it sends");
  keys
    .command("new")
    .description("make a shared secret (Standard Webhooks v1); it is shown this once")
    .argument("<institution>")
    .requiredOption("--reason <text>", "why, for the record")
    .action(async (institution: string, options: { reason: string }, command: Command) => {
      const context = contextOf(command);
      const admin = await context.admin();
      const made = await admin.request<NewKey>("POST", "/admin/directory/keys", {
        institution,
        reason: options.reason,
      });
      print(context.json, made, () =>
        [
          say`key ${made.id}, revision ${made.revision}`,
          style.bold(say`shown this once:`),
          `  ${made.secret ?? ""}`,
        ].join("\n"),
      );
    });
  keys
    .command("add")
    .description("register a public key (Standard Webhooks v1a) that the institution made itself")
    .argument("<institution>")
    .requiredOption("--public <whpk>", "the public key")
    .requiredOption("--reason <text>", "why, for the record")
    .action(async (institution: string, options: { public: string; reason: string }, command: Command) => {
      const context = contextOf(command);
      const admin = await context.admin();
      const body = { institution, publicKey: options.public, reason: options.reason };
      const added = await admin.request<NewKey>("POST", "/admin/directory/keys", body);
      print(context.json, added, () => say`key ${added.id}, revision ${added.revision}`);
    });
  keys.addCommand(rotateCommand());
  keys
    .command("ending")
    .description("whose last key, token or staff key ends, and which endpoint secrets do: the soonest first")
    .action(async (_options: unknown, command: Command) => {
      const context = contextOf(command);
      const admin = await context.admin();
      const { ending } = await admin.request<{ ending: Ending[] }>("GET", "/admin/hub/keys/ending");
      print(context.json, ending, () =>
        ending.length === 0
          ? say`no key ends`
          : table(
              [say`kind`, say`of`, say`ends`],
              ending.map(({ kind, holder, ends }) => [kind, holder, ends]),
            ),
      );
    });
  addListAndRevoke(keys, "keys");
  return keys;
}
