// `ruta act`: records what an institution told an operator by telephone, by mail or face to face.
import { text as readAll } from "node:stream/consumers";
import { randomId } from "@ruta/events";
import { Command } from "commander";
import { addYes, confirmed } from "../ask.ts";
import { contextOf } from "../context.ts";
import { say } from "../language.ts";
import { print } from "../output.ts";
import { timeOf } from "../times.ts";
import { followed } from "./foreseen.ts";
import type { Foreseen } from "./foreseen.ts";

interface Options {
  readonly onBehalfOf: string;
  readonly toldBy: string;
  readonly channel: string;
  readonly reason: string;
  readonly at?: string;
  readonly reasonCode?: string;
  readonly outcomeCode?: string;
  readonly appointmentAt?: string;
  readonly expectedAt?: string;
  readonly reachedAt?: string;
  readonly to?: string;
  readonly yes?: boolean;
}

/** The command. */
export function actCommand(): Command {
  const act = new Command("act")
    .description("record what an institution told you; it is told of it and can dispute it")
    .argument("<referral>", "referral id")
    .argument("<act>", "receive, accept, reject, schedule, … complete, fail, cancel, redirect; never a request")
    .requiredOption("--on-behalf-of <institution>", "whose act it is")
    .requiredOption("--told-by <name>", "who told you; sealed at once; - reads it from standard input")
    .requiredOption("--channel <channel>", "phone, mail or in-person")
    .requiredOption("--reason <text>", "why you record it, for the record; no person's name")
    .option(
      "--at <time>",
      "when it happened, as they say: ISO 8601 with offset, or how long ago: 90m, 12h, 3d; now when left out",
    )
    .option("--reason-code <code>", "of reject, fail, hold, cancel, cancel-appointment")
    .option("--outcome-code <code>", "of complete")
    .option("--appointment-at <time>", "of schedule")
    .option("--expected-at <time>", "of accept")
    .option("--reached-at <time>", "of complete")
    .option("--to <institution>", "of redirect: under the consent that stands; a new one comes by their own system");
  return addYes(act).action(async (referral: string, name: string, options: Options, command: Command) => {
    const context = contextOf(command);
    const { onBehalfOf, channel, reason, at, reasonCode, outcomeCode, appointmentAt, expectedAt, reachedAt } = options;
    const toldBy = options.toldBy === "-" ? (await readAll(process.stdin)).trim() : options.toldBy;
    const details = { reasonCode, outcomeCode, appointmentAt, expectedAt, reachedAt, performer: options.to };
    const body = {
      act: { act: name, ...details },
      onBehalfOf,
      toldBy,
      salt: randomId(),
      channel,
      occurredAt: at === undefined ? undefined : timeOf(at, "--at", Date.now()),
      reason,
    };
    const admin = await context.admin();
    const path = `/admin/router/referrals/${encodeURIComponent(referral)}/act`;
    if (!options.yes) {
      const shown = await admin.request<Foreseen>("POST", path, { ...body, dryRun: true });
      const title = say`${name} of ${referral} on behalf of ${onBehalfOf}:`;
      await confirmed(say`Go on?`, false, [title, ...followed(shown)]);
    }
    const done = await admin.request<Foreseen>("POST", path, body);
    print(context.json, done, () =>
      [say`recorded on behalf of ${onBehalfOf}, which is told and can dispute it`, ...followed(done)].join("\n"),
    );
  });
}
