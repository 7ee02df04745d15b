// `ruta hub-keys`: the hub's own master and signing key: change one over while everything runs.
import { Argument, Command } from "commander";
import { addYes, confirmed } from "../ask.ts";
import { contextOf } from "../context.ts";
import { newHubKey, putNewKey } from "../new-hub-key.ts";
import { say } from "../language.ts";
import { print, style, table } from "../output.ts";

interface HubKey {
  readonly fingerprint: string;
  readonly kind: "master" | "signing";
  readonly since: string;
  readonly until?: string;
  readonly holders: readonly string[];
}

function newCommand(): Command {
  return new Command("new")
    .description("make a key to change over to: in the data folder, or for the environment where DATABASE_URL is set")
    .addArgument(new Argument("<kind>", "which key").choices(["master", "signing"]))
    .action(async (kind: HubKey["kind"], _options: unknown, command: Command) => {
      const { config, json } = contextOf(command);
      const variable = kind === "master" ? "RUTA_MASTER_KEY" : "RUTA_SIGNING_KEY";
      const key = newHubKey(kind);
      const next = say`Then start every process with both, one after the other; \`ruta hub-keys list\` shows who was.`;
      if (config.DATABASE_URL !== undefined || config[variable] !== undefined)
        return print(json, { kind, key }, () =>
          [
            style.bold(say`shown this once:`),
            `  ${variable}=${key}`,
            `  ${variable}_PREVIOUS=${say`what ${variable} is now`}`,
            next,
          ].join("\n"),
        );
      const put = await putNewKey(config.RUTA_DATA, kind, key);
      return print(json, { kind, ...put }, () =>
        [say`the new key is in ${put.file}, the former in ${put.previous}`, next].join("\n"),
      );
    });
}

function listCommand(): Command {
  return new Command("list")
    .description("the hub's master and signing keys by their fingerprints, and which processes were started with each")
    .action(async (_options: unknown, command: Command) => {
      const context = contextOf(command);
      const admin = await context.admin();
      const { keys } = await admin.request<{ keys: HubKey[] }>("GET", "/admin/hub/own-keys");
      print(context.json, keys, () =>
        table(
          [say`key`, say`kind`, say`valid from`, say`valid until`, say`started with it`],
          keys.map((key) => [key.fingerprint, key.kind, key.since, key.until ?? "", key.holders.join(" ")]),
        ),
      );
    });
}

function retireCommand(): Command {
  const retire = new Command("retire")
    .description("end a key whose successor is in use: a process that has no other does not start any more")
    .argument("<fingerprint>", "the key, as `ruta hub-keys list` shows it")
    .requiredOption("--reason <text>", "why, for the record");
  return addYes(retire).action(
    async (fingerprint: string, options: { reason: string; yes?: boolean }, command: Command) => {
      const context = contextOf(command);
      await confirmed(say`Retire ${fingerprint}?`, options.yes === true, [
        say`no process starts with it any more, and a master key opens nothing from now on but backups of before`,
      ]);
      const admin = await context.admin();
      const path = `/admin/hub/own-keys/${encodeURIComponent(fingerprint)}/retire`;
      const retired = await admin.request("POST", path, { reason: options.reason });
      print(context.json, retired, () => say`${fingerprint} is retired`);
    },
  );
}

/** The command and its sub-commands. */
export function hubKeysCommand(): Command {
  const keys = new Command("hub-keys").description(
    "the hub's own master and signing key: change one over while everything runs",
  );
  for (const sub of [newCommand(), listCommand(), retireCommand()]) keys.addCommand(sub);
  return keys;
}
