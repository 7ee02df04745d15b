// `ruta log read`: records of a topic from a time on, decoded, without content.
import { Command, InvalidArgumentError, Option } from "commander";
import { TOPICS } from "@ruta/events";
import { contextOf } from "../context.ts";
import { say } from "../language.ts";
import { print, style } from "../output.ts";
import { more, withQuery } from "../paging.ts";
import type { ReadRecord } from "../read-log.ts";

interface Options {
  readonly from?: string;
  readonly key?: string;
  readonly after?: string;
  readonly limit: string;
}

function instant(text: string): string {
  const ms = Date.parse(text);
  if (Number.isNaN(ms)) throw new InvalidArgumentError(say`It takes a time such as 2026-11-25T10:00:00-05:00.`);
  return new Date(ms).toISOString();
}

function text(records: readonly ReadRecord[], next: string | undefined): string {
  const lines = records.map(({ time, partition, offset, key, type, message }) => {
    const head = [time, `${partition}/${offset}`, style.bold(type), key].join("  ");
    return `${head}\n${style.dim(message === undefined ? say`this version cannot read it` : JSON.stringify(message))}`;
  });
  if (lines.length === 0) lines.push(say`no record`);
  return lines.join("\n") + more(next);
}

/** The command and its sub-command. */
export function logCommand(): Command {
  const log = new Command("log").description("the log behind everything");
  log
    .command("read")
    .description("records of a topic, oldest first, decoded and without content")
    .argument("<topic>", `one of ${Object.keys(TOPICS).join(", ")}`)
    .addOption(new Option("--from <time>", "at or after this time; from the start when left out").argParser(instant))
    .option("--key <id>", "only records of this key, such as a case id, among those read")
    .option("--after <cursor>", "go on where a page ended")
    .option("--limit <n>", "records read, at most 500", "50")
    .action(async (topic: string, options: Options, command: Command) => {
      const context = contextOf(command);
      const admin = await context.admin();
      const path = withQuery(`/admin/hub/log/${encodeURIComponent(topic)}`, { ...options });
      const answer = await admin.request<{ records: ReadRecord[]; next?: string }>("GET", path);
      print(context.json, answer, () => text(answer.records, answer.next));
    });
  return log;
}
