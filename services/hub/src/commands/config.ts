// `ruta config`: what is in force and where each value comes from, secrets hidden.
import { describeConfig } from "@ruta/kit";
import { Command } from "commander";
import { contextOf } from "../context.ts";
import { keyFiles } from "../keys.ts";
import { say, translated } from "../language.ts";
import { print, table } from "../output.ts";
import { SERVICES } from "../service-names.ts";

/** What stands in a row in place of a value, and of the file or variable that it comes from. */
const WORDS: Readonly<Record<string, string>> = {
  "(hidden)": say`(hidden)`,
  environment: say`environment`,
  default: say`default`,
  "not set": say`not set`,
};
const inWords = (text: string): string => WORDS[text] ?? text;

/** The command. */
export function configCommand(): Command {
  return new Command("config")
    .description("show the configuration in force and where each value comes from; secrets are hidden")
    .action(async (_options: unknown, command: Command) => {
      const { configOf } = await import("../services.ts");
      const context = contextOf(command);
      const { RUTA_DATA, DATABASE_URL } = context.config;
      const files = keyFiles(RUTA_DATA, DATABASE_URL !== undefined);
      const rows = describeConfig(configOf(SERVICES), process.env).map((row) => {
        const file = row.source === "not set" ? files.get(row.name) : undefined;
        return file === undefined ? row : { ...row, value: "(hidden)", source: file };
      });
      print(context.json, rows, () =>
        table(
          [say`variable`, say`value`, say`source`, say`meaning`],
          rows.map((row) => [row.name, inWords(row.value), inWords(row.source), translated(row.help)]),
        ),
      );
    });
}
