// `ruta keys rotate`: a new key for an institution, or a new secret of its endpoint; the old one counts beside it for a while.
import { Command } from "commander";
import { addYes, confirmed } from "../ask.ts";
import { contextOf } from "../context.ts";
import { say } from "../language.ts";
import { CommandError, EXIT, print, style } from "../output.ts";

interface Rotated {
  readonly id: string;
  readonly revision: string;
  readonly secret?: string;
}

interface Options {
  readonly overlap: string;
  readonly public?: string;
  readonly endpoint?: boolean;
  readonly yes?: boolean;
  readonly reason: string;
}

/** Hours of an overlap written as 24h, 90m, 7d or a number of hours. */
function hoursOf(text: string): number {
  const [, number = "", unit = "h"] = /^(\d+(?:\.\d+)?)([mhd])?$/.exec(text) ?? [];
  const factor = { m: 1 / 60, h: 1, d: 24 }[unit] ?? Number.NaN;
  const hours = number === "" ? Number.NaN : Number(number) * factor;
  if (hours >= 0 && hours <= 168) return hours;
  throw new CommandError(
    say`--overlap ${text} is not a time from 0 to 7d`,
    EXIT.usage,
    say`write it as 24h, 90m or 7d`,
  );
}

/** The sub-command. */
export function rotateCommand(): Command {
  const rotate = new Command("rotate")
    .description("change a key over: the new one counts at once, the old ones until the overlap ends")
    .argument("<institution>")
    .option("--overlap <time>", "how long the old ones still count, 0 to 7d", "24h")
    .option("--public <whpk>", "the public key of its new pair; without it a shared secret is made and shown this once")
    .option("--endpoint", "instead, the shared secret by which the hub signs what it sends to the institution")
    .requiredOption("--reason <text>", "why, for the record");
  return addYes(rotate).action(async (institution: string, options: Options, command: Command) => {
    if (options.endpoint && options.public !== undefined)
      throw new CommandError(
        say`--public is the institution's key, --endpoint the hub's`,
        EXIT.usage,
        say`choose one of the two`,
      );
    const context = contextOf(command);
    const overlapHours = hoursOf(options.overlap);
    await confirmed(say`End the old ones of ${institution} at once?`, overlapHours > 0 || options.yes === true, [
      say`whatever they sign is refused from now on`,
    ]);
    const admin = await context.admin();
    const body = { institution, overlapHours, reason: options.reason };
    const rotated = await admin.request<Rotated>(
      "POST",
      `/admin/directory/${options.endpoint ? "endpoints" : "keys"}/rotate`,
      options.public === undefined ? body : { ...body, publicKey: options.public },
    );
    print(context.json, rotated, () =>
      [
        options.endpoint
          ? say`endpoint ${rotated.id}, revision ${rotated.revision}`
          : say`key ${rotated.id}, revision ${rotated.revision}`,
        overlapHours === 0 ? say`the old ones have ended` : say`the old ones count for another ${options.overlap}`,
        ...(rotated.secret === undefined ? [] : [style.bold(say`shown this once:`), `  ${rotated.secret}`]),
      ].join("\n"),
    );
  });
}
