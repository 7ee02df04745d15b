// `ruta partner`: what brings an institution on board: let it in, play its counterpart, try its endpoint.
import { Command } from "commander";
import { partnerCheckCommand } from "./partner-check.ts";
import { partnerNewCommand } from "./partner-new.ts";
import { partnerSimulateCommand } from "./partner-simulate.ts";

/** The command and its sub-commands. */
export function partnerCommand(): Command {
  return new Command("partner")
    .description("bring an institution on board: let it in, simulate a counterpart, check its endpoint")
    .addCommand(partnerNewCommand())
    .addCommand(partnerSimulateCommand())
    .addCommand(partnerCheckCommand());
}
