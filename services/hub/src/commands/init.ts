// `ruta init`: makes the hub's keys, the first administrator and the offline recovery key, once.
import { Command } from "commander";
import { contextOf } from "../context.ts";
import { initialise } from "../keys.ts";
import { say } from "../language.ts";
import { print, style } from "../output.ts";

/** The command. */
export function initCommand(): Command {
  return new Command("init")
    .description(
      "make master and signing keys, the first administrator and an offline recovery key, once per data folder",
    )
    .option("--staff <id>", "id of the first administrator; not a person's name", "administrator")
    .option("--demonstration", "mark the folder as a demonstration: `ruta start` then refuses it")
    .action(async (options: { staff: string; demonstration?: boolean }, command: Command) => {
      const { config, json } = contextOf(command);
      const made = await initialise(config.RUTA_DATA, {
        staff: options.staff,
        demonstration: options.demonstration === true,
        now: Date.now(),
      });
      print(json, made, () =>
        [
          say`keys made in ${config.RUTA_DATA}/keys, readable by you alone`,
          say`first administrator: ${options.staff}, key in ${made.staffKeyFile}`,
          "",
          style.bold(say`Recovery key, shown this once and kept nowhere: write it down and lock it away.`),
          `  ${made.recoveryKey}`,
          say`It can do one thing: name a new administrator when the first key is lost.`,
          "",
          say`For a hub on its own database, set these beside DATABASE_URL:`,
          `  RUTA_MASTER_KEY   ${say`the line in ${config.RUTA_DATA}/keys/master.key`}`,
          `  RUTA_SIGNING_KEY  ${say`the line in ${config.RUTA_DATA}/keys/signing.key`}`,
          `  RUTA_FIRST_ADMIN=${made.firstAdmin}`,
          "",
          say`Next: ruta start`,
        ].join("\n"),
      );
    });
}
