// Runs the `ruta` command as a person at a terminal does, and tells what it printed and how it ended.
import { spawn } from "node:child_process";
import { RUTA } from "@ruta/demonstration/processes";

/** How a command ended. */
export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs it to its end; `onOutput` may interrupt it (SIGINT) by answering true. */
export async function command(
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  onOutput: (stdout: string, stderr: string) => boolean = () => false,
): Promise<Ended> {
  const child = spawn(process.execPath, [RUTA, ...args], { env, stdio: ["ignore", "pipe", "pipe"] });
  let stdout = "";
  let stderr = "";
  const look = (): void => {
    if (onOutput(stdout, stderr)) child.kill("SIGINT");
  };
  child.stdout.on("data", (chunk: Buffer) => {
    stdout += chunk.toString();
    look();
  });
  child.stderr.on("data", (chunk: Buffer) => {
    stderr += chunk.toString();
    look();
  });
  const code = await new Promise<number | null>((resolve) => void child.on("close", resolve));
  return { code, stdout, stderr };
}
