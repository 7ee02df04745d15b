// The `ruta` command: starts the hub and does what its staff may do; what it says where it fails.
import { FolderInUse } from "@ruta/db/embedded";
import { ConfigError } from "@ruta/kit";
import { LogBehind } from "@ruta/log";
import { WrongKey } from "@ruta/seal";
import { KeyProblem } from "./keys.ts";
import { say } from "./language.ts";
import { CommandError, EXIT, style } from "./output.ts";
import { wrongKeyLines } from "./wrong-key.ts";
import { createProgram } from "./program.ts";

function explain(error: unknown): { lines: string[]; code: number } {
  if (error instanceof CommandError) return { lines: [error.message, error.remedy ?? ""], code: error.exitCode };
  if ([ConfigError, KeyProblem, FolderInUse].some((kind) => error instanceof kind))
    return { lines: [(error as Error).message], code: EXIT.usage };
  if (error instanceof WrongKey) return { lines: wrongKeyLines(error), code: EXIT.usage };
  if (error instanceof LogBehind)
    return {
      lines: [
        error.message,
        say`it is another log, or it was lost: bring it back as it was; the hub does not go on as if what is missing had never been`,
      ],
      code: EXIT.failed,
    };
  const { code, port, syscall } = error as { code?: string; port?: number; syscall?: string };
  if (code === "EADDRINUSE")
    return {
      lines: [say`port ${port ?? 0} is in use`, say`set RUTA_PORT or RUTA_ADMIN_PORT to another`],
      code: EXIT.usage,
    };
  if (syscall === "listen")
    return {
      lines: [
        say`cannot listen: ${code ?? ""}`,
        say`check RUTA_HOST and RUTA_PORT, RUTA_ADMIN_HOST and RUTA_ADMIN_PORT`,
      ],
      code: EXIT.usage,
    };
  if (syscall === "connect" || syscall === "getaddrinfo")
    return {
      lines: [
        (error as Error).message,
        say`\`ruta config\` shows the addresses in force, \`ruta doctor\` what is reachable and what to do`,
      ],
      code: EXIT.failed,
    };
  return { lines: [error instanceof Error ? (error.stack ?? error.message) : String(error)], code: EXIT.failed };
}

try {
  await createProgram().parseAsync();
} catch (error) {
  const { lines, code } = explain(error);
  const [first = "", ...rest] = lines.filter((line) => line !== "");
  process.stderr.write(`${[style.red(`ruta: ${first}`), ...rest].join("\n")}\n`);
  process.exitCode = code;
}
