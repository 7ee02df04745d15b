// `ruta set-aside`: gives up a record that cannot be read or decided; one member of staff proposes it, another confirms.
import { Command } from "commander";
import { addYes, confirmed } from "../ask.ts";
import { contextOf } from "../context.ts";
import { say } from "../language.ts";
import { CommandError, EXIT, print } from "../output.ts";
import { recordLines } from "./parked-records.ts";
import type { ShownRecord } from "./parked-records.ts";

interface Options {
  readonly reasonCode?: string;
  readonly reason: string;
  readonly yes?: boolean;
}

/** The command. */
export function setAsideCommand(): Command {
  const setAside = new Command("set-aside")
    .description("give up a parked record: the first of two members of staff proposes it, the second confirms")
    .argument("<service>", "the service that has it parked")
    .argument("<id>", "the record's id, as `ruta parked records` shows it")
    .option("--reason-code <code>", "of a proposal: unreadable, undecidable, obsolete or other")
    .requiredOption("--reason <text>", "why, for the record");
  return addYes(setAside).action(async (service: string, id: string, options: Options, command: Command) => {
    const context = contextOf(command);
    const admin = await context.admin();
    const path = `/admin/${encodeURIComponent(service)}/poison/${encodeURIComponent(id)}`;
    const shown = await admin.request<ShownRecord>("GET", path);
    const { proposal } = shown;
    const { reasonCode, reason } = options;
    const isFirst = proposal === undefined || reasonCode !== undefined;
    if (isFirst && reasonCode === undefined)
      throw new CommandError(say`nobody has proposed this yet`, EXIT.usage, say`propose it: add --reason-code`);
    const title = isFirst
      ? say`propose to give up this record as ${reasonCode ?? ""}; another member of staff has to confirm:`
      : say`give up this record for good, as ${proposal.staff} proposed (${proposal.reasonCode}); it stays readable, its case goes on without it:`;
    await confirmed(say`Go on?`, options.yes === true, [title, ...recordLines(shown)]);
    const body = isFirst ? { step: "propose", reasonCode, reason } : { step: "confirm", reason };
    const done = await admin.request<{ state: string; case?: string }>("POST", `${path}/set-aside`, body);
    const told = done.case === undefined ? "" : say`; the case ${done.case} is told`;
    print(context.json, done, () =>
      isFirst ? say`proposed; now another member of staff runs the same without --reason-code` : say`given up` + told,
    );
  });
}
