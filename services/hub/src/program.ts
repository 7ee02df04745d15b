// The `ruta` command as a tree of commands, and its help in the language of the terminal.
import { Command, Help } from "commander";
import { actCommand } from "./commands/act.ts";
import { attemptsCommand } from "./commands/attempts.ts";
import { backupCommand } from "./commands/backup.ts";
import { configCommand } from "./commands/config.ts";
import { directoryCommand } from "./commands/directory.ts";
import { doctorCommand } from "./commands/doctor.ts";
import { endpointCommand } from "./commands/endpoint.ts";
import { historyCommand } from "./commands/history.ts";
import { hubKeysCommand } from "./commands/hub-keys.ts";
import { initCommand } from "./commands/init.ts";
import { keysCommand } from "./commands/keys.ts";
import { logCommand } from "./commands/log.ts";
import { parkedCommand } from "./commands/parked.ts";
import { partnerCommand } from "./commands/partner.ts";
import { receiptCommand } from "./commands/receipt.ts";
import { redriveCommand } from "./commands/redrive.ts";
import { referralCommand } from "./commands/referral.ts";
import { restoreCommand } from "./commands/restore.ts";
import { roadmapCommand } from "./commands/roadmap.ts";
import { sendCommand } from "./commands/send.ts";
import { setAsideCommand } from "./commands/set-aside.ts";
import { staffCommand } from "./commands/staff.ts";
import { startCommand } from "./commands/start.ts";
import { statusCommand } from "./commands/status.ts";
import { stuckCommand } from "./commands/stuck.ts";
import { tokensCommand } from "./commands/tokens.ts";
import { topicsCommand } from "./commands/topics.ts";
import { watchCommand } from "./commands/watch.ts";
import { worklistCommand } from "./commands/worklist.ts";
import { translated } from "./language.ts";
import { EXIT } from "./output.ts";

/** What stands under the help of `ruta`. */
export const FOOTER =
  "Exit codes: 0 done, 1 failed, 2 wrong usage, 3 refused by the hub, 4 the hub cannot be reached.\nConfiguration comes from the environment only; `ruta config` shows it.";

/** What commander says by itself. */
export const OWN_WORDS = [
  "Usage:",
  "Options:",
  "Commands:",
  "Arguments:",
  "display help for command",
  "(add --help for what it takes)",
];

const help = new Help();

/** Descriptions in the language of the terminal, wherever help shows them; what is added to them stays. */
const IN_LANGUAGE: Partial<Help> = {
  styleTitle: (title) => translated(title),
  commandDescription: (command) => translated(command.description()),
  subcommandDescription: (command) => translated(command.description()),
  optionDescription: (option) =>
    help.optionDescription(option).replace(option.description, translated(option.description)),
  argumentDescription: (argument) =>
    help.argumentDescription(argument).replace(argument.description, translated(argument.description)),
};

/** Commands that are added keep no settings of their parent: help and a wrong usage are the same for each. */
function settle(command: Command): void {
  command
    .configureHelp(IN_LANGUAGE)
    .helpOption("-h, --help", translated("display help for command"))
    .helpCommand(false)
    .showHelpAfterError(translated("(add --help for what it takes)"))
    .exitOverride((error) => {
      process.exit(error.exitCode === 0 ? EXIT.done : EXIT.usage);
    });
  for (const sub of command.commands) settle(sub);
}

/** The whole command, ready to parse. */
export function createProgram(): Command {
  const program = new Command("ruta")
    .description("Ruta: an event-driven referral hub for a city's protection system")
    .option("--json", "print JSON for programs instead of text for people")
    .addHelpText("after", `\n${translated(FOOTER)}`);
  for (const command of [
    initCommand(),
    startCommand(),
    directoryCommand(),
    roadmapCommand(),
    staffCommand(),
    keysCommand(),
    hubKeysCommand(),
    tokensCommand(),
    partnerCommand(),
    receiptCommand(),
    sendCommand(),
    statusCommand(),
    stuckCommand(),
    referralCommand(),
    historyCommand(),
    watchCommand(),
    logCommand(),
    actCommand(),
    worklistCommand(),
    parkedCommand(),
    endpointCommand(),
    setAsideCommand(),
    redriveCommand(),
    attemptsCommand(),
    backupCommand(),
    restoreCommand(),
    topicsCommand(),
    configCommand(),
    doctorCommand(),
  ])
    program.addCommand(command);
  settle(program);
  return program;
}
