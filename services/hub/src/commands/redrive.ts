// `ruta redrive`: sends again what failed, what was never attempted, or everything since a time, under the same webhook-ids.
import { setTimeout as sleep } from "node:timers/promises";
import { Command, Option } from "commander";
import { addYes, confirmed } from "../ask.ts";
import { contextOf } from "../context.ts";
import { say } from "../language.ts";
import { CommandError, EXIT, print, table } from "../output.ts";
import { whole } from "../paging.ts";
import { timeOf } from "../times.ts";

interface Counts {
  readonly counts: readonly Count[];
}

interface Count {
  readonly institution: string;
  readonly reason: string;
  readonly count: number;
  /** An operator has disabled the endpoint: nothing is sent again there. */
  readonly disabled?: true;
}

interface Redrive {
  readonly id: string;
  readonly staff: string;
  readonly reason: string;
  readonly filter: Readonly<Record<string, string>>;
  readonly perSecond: number;
  readonly state: string;
  readonly total: number;
  readonly madeDue: number;
  readonly startedAt: string;
}

interface StartOptions {
  readonly what?: string;
  readonly institution?: string;
  readonly case?: string;
  readonly referral?: string;
  readonly delivery?: string;
  readonly since?: string;
  readonly until?: string;
  readonly parkedReason?: string;
  readonly perSecond: number;
  readonly reason?: string;
  readonly dryRun?: boolean;
  readonly yes?: boolean;
}

const ROUTE = "/admin/delivery/redrives";
const FOLLOW_MS = 1_000;

const sentOf = ({ counts }: Counts): Count[] => counts.filter(({ disabled }) => disabled !== true);
const totalOf = (found: Counts): number => sentOf(found).reduce((sum, { count }) => sum + count, 0);

function countsText(found: Counts): string {
  const rows = sentOf(found).map(({ institution, reason, count }) => [institution, reason, String(count)]);
  const left = Map.groupBy(
    found.counts.filter(({ disabled }) => disabled),
    ({ institution }) => institution,
  );
  return [
    totalOf(found) === 0
      ? say`nothing matches`
      : table([say`institution`, say`reason`, say`deliveries`], [...rows, ["", say`total`, String(totalOf(found))]]),
    ...[...left.keys()].map(
      (institution) =>
        say`what is for ${institution} stays as it is, since its endpoint is disabled: ruta endpoint resume ${institution}`,
    ),
  ].join("\n");
}

function filterOf(options: StartOptions, now: number): Record<string, string> {
  const { what, institution, case: caseId, referral, delivery, since, until, parkedReason } = options;
  if (what === undefined)
    throw new CommandError(
      say`what to send again is not said`,
      EXIT.usage,
      say`add --what failed, never-attempted or all`,
    );
  const fields = {
    what,
    institution,
    case: caseId,
    referral,
    delivery,
    since: since === undefined ? undefined : timeOf(since, "--since", now),
    until: until === undefined ? undefined : timeOf(until, "--until", now),
    parkedReason,
  };
  return Object.fromEntries(Object.entries(fields).filter((one): one is [string, string] => one[1] !== undefined));
}

async function start(options: StartOptions, command: Command): Promise<void> {
  const context = contextOf(command);
  const filter = filterOf(options, Date.now());
  const { dryRun = false, reason, perSecond } = options;
  if (!dryRun && reason === undefined)
    throw new CommandError(say`the reason is not said`, EXIT.usage, say`add --reason, or --dry-run to count only`);
  const admin = await context.admin();
  const found = await admin.request<Counts>("POST", `${ROUTE}/count`, filter);
  if (dryRun || totalOf(found) === 0) return print(context.json, found, () => countsText(found));
  await confirmed(say`Send these again, ${perSecond} a second?`, options.yes === true, [countsText(found)]);
  const started = await admin.request<Counts & { id: string }>("POST", ROUTE, { ...filter, reason, perSecond });
  print(context.json, started, () =>
    [
      countsText(started),
      say`redrive ${started.id} runs, ${perSecond} a second; look with: ruta redrive show ${started.id} --follow`,
    ].join("\n"),
  );
}

const progress = ({ madeDue, total, state }: Redrive): string => say`${madeDue} of ${total}, ${state}`;

function shownText(redrive: Redrive): string {
  const { id, filter, perSecond, staff, startedAt, reason } = redrive;
  const asked = Object.entries(filter).map(([name, value]) => `${name} ${value}`);
  return [
    say`redrive ${id}: ${progress(redrive)}`,
    `  ${[...asked, say`${perSecond} a second`].join(", ")}`,
    say`  started ${startedAt} by ${staff}: ${reason}`,
  ].join("\n");
}

async function show(id: string, options: { follow?: boolean }, command: Command): Promise<void> {
  const context = contextOf(command);
  const admin = await context.admin();
  const get = () => admin.request<Redrive>("GET", `${ROUTE}/${encodeURIComponent(id)}`);
  let redrive = await get();
  print(context.json, redrive, () => shownText(redrive));
  while (options.follow === true && redrive.state === "running") {
    await sleep(FOLLOW_MS);
    const before = redrive.madeDue;
    redrive = await get();
    const changed = redrive.madeDue !== before || redrive.state !== "running";
    if (changed) print(context.json, redrive, () => progress(redrive));
  }
}

async function list(options: { limit: number; cursor?: string }, command: Command): Promise<void> {
  const context = contextOf(command);
  const admin = await context.admin();
  const query = new URLSearchParams({ limit: String(options.limit) });
  if (options.cursor !== undefined) query.set("cursor", options.cursor);
  const found = await admin.request<{ redrives: Redrive[]; next?: string }>("GET", `${ROUTE}?${query.toString()}`);
  print(context.json, found, () =>
    found.redrives.length === 0
      ? say`there was no redrive`
      : [
          table(
            ["id", say`what`, say`progress`, say`started`, say`by`, say`reason`],
            found.redrives.map((one) => [
              one.id,
              one.filter.what ?? "",
              progress(one),
              one.startedAt,
              one.staff,
              one.reason,
            ]),
          ),
          ...(found.next === undefined ? [] : [say`more: --cursor ${found.next}`]),
        ].join("\n"),
  );
}

/** The command and its sub-commands. */
export function redriveCommand(): Command {
  const redrive = new Command("redrive").description("send many deliveries again, under the same webhook-ids");
  const begin = redrive
    .command("start", { isDefault: true })
    .description("count what matches, ask, and start; the same as `ruta redrive` with these options")
    .addOption(new Option("--what <what>", "what to send again").choices(["failed", "never-attempted", "all"]))
    .option("--institution <id>", "only to this institution")
    .option("--case <id>", "only of this case")
    .option("--referral <id>", "only of this referral")
    .option("--delivery <id>", "only this one, by its webhook-id")
    .option(
      "--since <time>",
      "only what was parked, taken or began to wait since then, such as 12h, 3d or an ISO 8601 time",
    )
    .option("--until <time>", "only what was before then")
    .option("--parked-reason <code>", "only what was parked for this reason, such as exhausted, disabled or skipped")
    .option("--per-second <number>", "how many become due in a second, at most 1000", whole, 10)
    .option("--reason <text>", "why, for the record")
    .option("--dry-run", "count by institution and reason, and stop");
  addYes(begin).action(start);
  redrive
    .command("list")
    .description("redrives, the latest first")
    .option("--limit <number>", "how many", whole, 50)
    .option("--cursor <cursor>", "go on where a page ended")
    .action(list);
  redrive
    .command("show")
    .description("how far one is")
    .argument("<id>")
    .option("--follow", "print its progress until it ends")
    .action(show);
  for (const [word, done] of [
    ["stop", (id: string) => say`${id} is stopped; what is due by now is still sent`],
    ["resume", (id: string) => say`${id} goes on`],
  ] as const)
    redrive
      .command(word)
      .description(word === "stop" ? "make nothing more due" : "go on where it was stopped")
      .argument("<id>")
      .requiredOption("--reason <text>", "why, for the record")
      .action(async (id: string, options: { reason: string }, command: Command) => {
        const context = contextOf(command);
        const admin = await context.admin();
        const path = `${ROUTE}/${encodeURIComponent(id)}/${word}`;
        const result = await admin.request<Record<string, unknown>>("POST", path, { reason: options.reason });
        print(context.json, result, () => done(id));
      });
  return redrive;
}
