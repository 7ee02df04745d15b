// `ruta referral reroute`: takes a referral from a performer that does not answer, and sends it elsewhere.
import type { Command } from "commander";
import { addYes, confirmed } from "../ask.ts";
import { contextOf } from "../context.ts";
import { say } from "../language.ts";
import { print } from "../output.ts";
import { followed } from "./foreseen.ts";
import type { Foreseen } from "./foreseen.ts";

interface Options {
  readonly reasonCode: string;
  readonly to?: string;
  readonly reason: string;
  readonly yes?: boolean;
}

/** Adds the sub-command. */
export function addReroute(parent: Command): void {
  const reroute = parent
    .command("reroute")
    .description("take an undecided referral from its performer; a successor goes to another")
    .argument("<id>", "referral id")
    .requiredOption("--reason-code <code>", "no-response, closed, wrong-service or other")
    .option("--to <institution>", "where to; the hub chooses when left out")
    .requiredOption("--reason <text>", "why, for the record");
  addYes(reroute).action(async (id: string, options: Options, command: Command) => {
    const context = contextOf(command);
    const admin = await context.admin();
    const path = `/admin/router/referrals/${encodeURIComponent(id)}/reroute`;
    const body = { reasonCode: options.reasonCode, performer: options.to, reason: options.reason };
    if (!options.yes) {
      const shown = await admin.request<Foreseen>("POST", path, { ...body, dryRun: true });
      const title = say`${id} is taken from its performer, which is told:`;
      await confirmed(say`Go on?`, false, [title, ...followed(shown)]);
    }
    const done = await admin.request<Foreseen>("POST", path, body);
    print(context.json, done, () => [say`${id} is rerouted`, ...followed(done)].join("\n"));
  });
}
