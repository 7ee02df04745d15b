// `ruta keys`: the keys by which an institution signs what it sends.
import { Command } from "commander";
import { contextOf } from "../context.ts";
import { say } from "../language.ts";
import { print, style } from "../output.ts";
import { addListAndRevoke } from "./credentials.ts";
import { rotateCommand } from "./rotate.ts";

interface NewKey {
  readonly id: string;
  readonly revision: string;
  readonly secret?: string;
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
  addListAndRevoke(keys, "keys");
  return keys;
}
