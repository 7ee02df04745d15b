// The live timeline of a simulated counterpart: one line for each thing it received, said, or did not take. Pure.
import type { Entry } from "@ruta/client/simulator";
import { say } from "../language.ts";

/** How the parts of a line are painted. */
interface Paint {
  readonly dim: (text: string) => string;
  readonly green: (text: string) => string;
  readonly yellow: (text: string) => string;
  readonly red: (text: string) => string;
  readonly cyan: (text: string) => string;
}

const WIDTH = 22;

/** The line of an entry, without its time; undefined for what is not of the simulator's doing. */
export function timelineLine(entry: Entry, paint: Paint): string | undefined {
  switch (entry.kind) {
    case "received": {
      const code = entry.code === "" ? "" : ` ${paint.red(entry.code)}`;
      return `${paint.cyan("<-")} ${entry.type.padEnd(WIDTH)} ${entry.referral} ${paint.dim(say`no. ${entry.sequence ?? 0}`)}${code}`;
    }
    case "answered": {
      const said = entry.status === 202 ? paint.green(say`taken`) : paint.red(`${entry.status} ${entry.code}`);
      return `${paint.green("->")} ${entry.act.padEnd(WIDTH)} ${entry.referral} ${said}`;
    }
    case "said-again":
      return `${paint.green("->")} ${say`${entry.act} again`.padEnd(WIDTH)} ${entry.referral} ${paint.dim(say`${entry.status}, the same answer`)}`;
    case "repeated":
      return `${paint.yellow("<-")} ${say`a repeat`.padEnd(WIDTH)} ${paint.dim(say`${entry.webhookId}: taken before, answered 200`)}`;
    case "down":
      return paint.yellow(
        `   ${say`down until ${new Date(entry.until).toISOString().slice(11, 19)} UTC: every connection is cut`}`,
      );
    case "sent":
      return undefined;
  }
}
