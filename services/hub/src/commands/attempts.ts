// `ruta attempts`: each try to deliver, with what the wire showed of it; no content, and of a URL nothing but its origin.
import { Command, InvalidArgumentError, Option } from "commander";
import { contextOf } from "../context.ts";
import { say } from "../language.ts";
import { print, table } from "../output.ts";
import { TIME_HELP, timeOf } from "../times.ts";

interface Attempt {
  readonly delivery: string;
  readonly referral: string;
  readonly institution: string;
  readonly attempt: number;
  readonly trigger: string;
  readonly startedAt: string;
  readonly durationMs: number;
  readonly outcome: string;
  readonly status: number;
  readonly failure: string;
  readonly nextDue?: string;
  readonly remoteAddress: string;
}

interface Page {
  readonly attempts: readonly Attempt[];
  readonly next?: string;
}

interface Options {
  readonly institution?: string;
  readonly referral?: string;
  readonly delivery?: string;
  readonly outcome?: string;
  readonly since?: string;
  readonly limit: number;
  readonly cursor?: string;
}

/** The most that one answer of the hub holds. */
const PAGE = 500;

function count(text: string): number {
  if (!/^[1-9]\d{0,5}$/.test(text)) throw new InvalidArgumentError(say`It takes a whole number from 1 on.`);
  return Number(text);
}

/** Reads pages until there are enough, or no more. A page may be short and go on. */
async function read(get: (query: URLSearchParams) => Promise<Page>, options: Options): Promise<Page> {
  const { limit, cursor, since, ...filter } = options;
  const fields = { ...filter, ...(since === undefined ? {} : { since: timeOf(since, "--since", Date.now()) }) };
  const attempts: Attempt[] = [];
  let next = cursor;
  do {
    const query = new URLSearchParams({ ...fields, limit: String(Math.min(limit - attempts.length, PAGE)) });
    if (next !== undefined) query.set("cursor", next);
    const page = await get(query);
    attempts.push(...page.attempts);
    next = page.next;
  } while (next !== undefined && attempts.length < limit);
  return { attempts, ...(next === undefined ? {} : { next }) };
}

function row(one: Attempt): string[] {
  const answer = one.failure === "" || one.failure === "status" ? String(one.status) : one.failure;
  const then = one.nextDue === undefined ? one.outcome : say`again ${one.nextDue}`;
  const time = `${one.durationMs} ms`;
  return [
    one.startedAt,
    one.institution,
    one.referral,
    one.delivery,
    `${one.attempt} ${one.trigger}`,
    answer,
    time,
    then,
  ];
}

/** The command. */
export function attemptsCommand(): Command {
  return new Command("attempts")
    .description("each try to deliver, the last first; --json shows all that is known of one")
    .option("--institution <id>", "only to this institution")
    .option("--referral <id>", "only of this referral")
    .option("--delivery <id>", "only of this delivery, by its webhook-id")
    .addOption(new Option("--outcome <outcome>", "only these").choices(["delivered", "retry", "parked"]))
    .option("--since <time>", TIME_HELP)
    .option("--limit <number>", "how many", count, 50)
    .option("--cursor <cursor>", "go on where a page ended")
    .action(async (options: Options, command: Command) => {
      const context = contextOf(command);
      const admin = await context.admin();
      const page = await read(
        (query) => admin.request<Page>("GET", `/admin/delivery/attempts?${query.toString()}`),
        options,
      );
      const columns = [
        say`started`,
        say`institution`,
        say`referral`,
        say`delivery`,
        say`attempt`,
        say`answer`,
        say`took`,
        say`then`,
      ];
      print(context.json, page, () =>
        page.attempts.length === 0
          ? say`no attempts`
          : [
              table(columns, page.attempts.map(row)),
              ...(page.next === undefined ? [] : [say`more: --cursor ${page.next}`]),
            ].join("\n"),
      );
    });
}
