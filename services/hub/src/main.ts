#!/usr/bin/env node
// The `ruta` command: starts the hub and does what its staff may do.
import { FolderInUse } from "@ruta/db/embedded";
import { ConfigError } from "@ruta/kit";
import { WrongKey } from "@ruta/seal";
import { Command } from "commander";
import { configCommand } from "./commands/config.ts";
import { directoryCommand } from "./commands/directory.ts";
import { doctorCommand } from "./commands/doctor.ts";
import { endpointCommand } from "./commands/endpoint.ts";
import { initCommand } from "./commands/init.ts";
import { keysCommand } from "./commands/keys.ts";
import { parkedCommand } from "./commands/parked.ts";
import { receiptCommand } from "./commands/receipt.ts";
import { referralCommand } from "./commands/referral.ts";
import { sendCommand } from "./commands/send.ts";
import { staffCommand } from "./commands/staff.ts";
import { startCommand } from "./commands/start.ts";
import { tokensCommand } from "./commands/tokens.ts";
import { watchCommand } from "./commands/watch.ts";
import { KeyProblem } from "./keys.ts";
import { CommandError, EXIT, style } from "./output.ts";

const program = new Command("ruta")
  .description("Ruta: an event-driven referral hub for a city's protection system")
  .option("--json", "print JSON for programs instead of text for people")
  .addHelpText(
    "after",
    "\nExit codes: 0 done, 1 failed, 2 wrong usage, 3 refused by the hub, 4 the hub cannot be reached.\n" +
      "Configuration comes from the environment only; `ruta config` shows it.",
  );

for (const command of [
  initCommand(),
  startCommand(),
  directoryCommand(),
  staffCommand(),
  keysCommand(),
  tokensCommand(),
  receiptCommand(),
  sendCommand(),
  referralCommand(),
  watchCommand(),
  parkedCommand(),
  endpointCommand(),
  configCommand(),
  doctorCommand(),
])
  program.addCommand(command);

/** Commands that are added keep no settings of their parent: a wrong usage ends each in the same way. */
function settle(command: Command): void {
  command.showHelpAfterError("(add --help for what it takes)").exitOverride((error) => {
    process.exit(error.exitCode === 0 ? EXIT.done : EXIT.usage);
  });
  for (const sub of command.commands) settle(sub);
}
settle(program);

function explain(error: unknown): { lines: string[]; code: number } {
  if (error instanceof CommandError) return { lines: [error.message, error.remedy ?? ""], code: error.exitCode };
  if ([ConfigError, KeyProblem, WrongKey, FolderInUse].some((kind) => error instanceof kind))
    return { lines: [(error as Error).message], code: EXIT.usage };
  const { code, port } = error as { code?: string; port?: number };
  if (code === "EADDRINUSE")
    return { lines: [`port ${port} is in use`, "set RUTA_PORT or RUTA_ADMIN_PORT to another"], code: EXIT.usage };
  return { lines: [error instanceof Error ? (error.stack ?? error.message) : String(error)], code: EXIT.failed };
}

try {
  await program.parseAsync();
} catch (error) {
  const { lines, code } = explain(error);
  const [first = "", ...rest] = lines.filter((line) => line !== "");
  process.stderr.write(`${[style.red(`ruta: ${first}`), ...rest].join("\n")}\n`);
  process.exitCode = code;
}
