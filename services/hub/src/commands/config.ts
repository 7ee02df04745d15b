// `ruta config`: what is in force and where each value comes from, secrets hidden.
import { describeConfig } from "@ruta/kit";
import { Command } from "commander";
import { contextOf } from "../context.ts";
import { print, table } from "../output.ts";
import { SERVICES } from "../service-names.ts";

/** The command. */
export function configCommand(): Command {
  return new Command("config")
    .description("show the configuration in force and where each value comes from; secrets are hidden")
    .action(async (_options: unknown, command: Command) => {
      const { configOf } = await import("../services.ts");
      const context = contextOf(command);
      const rows = describeConfig(configOf(SERVICES), process.env);
      print(context.json, rows, () =>
        table(
          ["variable", "value", "from", "meaning"],
          rows.map((row) => [row.name, row.value, row.source, row.help]),
        ),
      );
    });
}
