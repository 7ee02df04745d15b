// `ruta start`: runs all services, or some of them, in this process until it is told to stop.
import { lastWords, runService } from "@ruta/kit";
import { Command, Option } from "commander";
import { readHubFile } from "../keys.ts";
import { say } from "../language.ts";
import { CommandError, EXIT, style } from "../output.ts";
import { contextOf } from "../context.ts";
import { SERVICES } from "../service-names.ts";
import type { ServiceName } from "../service-names.ts";
import { startHub } from "../start.ts";

const NOTICE = [
  say`No data of real persons yet: withdrawal of consent, erasure and the audit of reads are not built.`,
  say`Use invented persons until a release says otherwise.`,
];

function parseNames(value: string): ServiceName[] {
  const names = value.split(",").map((name) => name.trim());
  const unknown = names.filter((name) => !SERVICES.includes(name as ServiceName));
  if (unknown.length > 0)
    throw new CommandError(say`no service ${unknown.join(", ")}`, EXIT.usage, say`there are ${SERVICES.join(", ")}`);
  return names as ServiceName[];
}

/** The command. */
export function startCommand(): Command {
  return new Command("start")
    .description("run the hub: all services in this process, or those of --only")
    .option("--only <services>", `some of ${SERVICES.join(",")}`)
    .addOption(new Option("--demonstration", "run on the data of a demonstration").hideHelp())
    .action(async (options: { only?: string; demonstration?: boolean }, command: Command) => {
      const { config } = contextOf(command);
      const only = options.only === undefined ? SERVICES : parseNames(options.only);
      const hubFile = await readHubFile(config.RUTA_DATA);
      if (hubFile?.demonstration === true && options.demonstration !== true)
        throw new CommandError(
          say`${config.RUTA_DATA} holds the data of a demonstration`,
          EXIT.usage,
          say`give the hub a data folder of its own in RUTA_DATA and run \`ruta init\``,
        );
      for (const line of NOTICE) process.stderr.write(`${style.yellow(line)}\n`);
      const tell = (line: string): void => void process.stderr.write(`${style.dim(line)}\n`);
      await runService({
        start: () => startHub({ config, only, env: process.env, tell }),
        onFailure: lastWords({ service: "hub", level: config.RUTA_LOG_LEVEL }),
      });
    });
}
