// `ruta watch`: what happens, as it happens, until Ctrl-C.
import { Command } from "commander";
import { contextOf } from "../context.ts";
import { say } from "../language.ts";
import { style } from "../output.ts";

/** The command. */
export function watchCommand(): Command {
  return new Command("watch")
    .description("print each event as it is decided, by ids and codes, until Ctrl-C")
    .option("--referral <id>", "only this referral")
    .option("--institution <id>", "only what this institution does, sent or is sent")
    .option("--fact <name>", "only this fact, such as accepted")
    .option("--state <status>", "only events after which the referral has this status")
    .action(async (options: Record<string, string>, command: Command) => {
      const context = contextOf(command);
      const stop = new AbortController();
      process.once("SIGINT", () => stop.abort());
      const admin = await context.admin();
      const show = (data: string): void => {
        if (context.json) process.stdout.write(`${data}\n`);
        else {
          const event = JSON.parse(data) as Record<string, unknown>;
          const words = [
            event.at,
            style.bold(String(event.fact)),
            event.referral,
            event.rehearsal === true ? style.yellow(say`rehearsal`) : "",
            event.actor,
            event.status,
            event.detail,
          ];
          process.stdout.write(`${words.filter(Boolean).map(String).join("  ")}\n`);
        }
      };
      const path = `/admin/gateway/watch?${new URLSearchParams(options).toString()}`;
      await admin.stream(path, show, stop.signal).catch((error: unknown) => {
        if (!stop.signal.aborted) throw error;
      });
    });
}
