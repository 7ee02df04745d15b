// `ruta worklist`: referrals for which nobody is left and acts that an institution disputes; who has taken which; how they end.
import { Command } from "commander";
import { addYes, confirmed } from "../ask.ts";
import { contextOf } from "../context.ts";
import { say } from "../language.ts";
import { CommandError, EXIT, print, table } from "../output.ts";
import { addPaging, more, withQuery } from "../paging.ts";
import type { Page } from "../paging.ts";
import { ageOf } from "../time.ts";
import { followed } from "./foreseen.ts";
import type { Foreseen } from "./foreseen.ts";

interface Item {
  readonly id: string;
  readonly kind: string;
  readonly referral: string;
  readonly priority: string;
  readonly since: string;
  readonly assigned?: { readonly staff: string };
  readonly serviceType?: string;
  readonly requester?: string;
  readonly disputedBy?: string;
  readonly reasonCode?: string;
}

interface Filter extends Page {
  readonly kind?: string;
  readonly priority?: string;
  readonly assigned?: string;
  readonly hours?: string;
}

interface Resolve {
  readonly retry?: boolean;
  readonly to?: string;
  readonly cancel?: string;
  readonly uphold?: boolean;
  readonly dismiss?: boolean;
  readonly reason: string;
  readonly yes?: boolean;
}

function row(item: Item, now: number): string[] {
  const { id, kind, priority, since, assigned, requester = "", disputedBy, reasonCode = "", serviceType = "" } = item;
  const about = disputedBy ? say`${reasonCode} says ${disputedBy}` : serviceType;
  return [id, kind, priority, ageOf(since, now), assigned?.staff ?? say`nobody`, requester, about];
}

/** The command and its sub-commands. */
export function worklistCommand(): Command {
  const worklist = new Command("worklist").description("what waits for an operator of the hub");
  const list = worklist
    .command("list")
    .description("referrals for which nobody is left, and acts that are disputed; the oldest first")
    .option("--kind <kind>", "worklisted or disputed")
    .option("--priority <priority>", "emergency, urgent or normal")
    .option("--assigned <staff>", "taken by this member of staff; nobody for what no one has")
    .option("--hours <n>", "only what has waited this long");
  addPaging(list).action(async (options: Filter, command: Command) => {
    const context = contextOf(command);
    const admin = await context.admin();
    const { kind, priority, assigned, hours, after, limit } = options;
    const path = withQuery("/admin/router/worklist", { kind, priority, assigned, hours, after, limit });
    const page = await admin.request<{ items: Item[]; next?: string }>("GET", path);
    const now = Date.now();
    const columns = ["id", say`kind`, say`priority`, say`since`, say`taken by`, say`from`, say`about`];
    print(context.json, page, () =>
      page.items.length === 0
        ? say`nothing waits for an operator`
        : table(
            columns,
            page.items.map((item) => row(item, now)),
          ) + more(page.next),
    );
  });

  worklist
    .command("assign")
    .description("give a row to a member of staff, or to nobody")
    .argument("<id>", "the row's id")
    .requiredOption("--to <staff>", "staff id, or nobody")
    .requiredOption("--reason <text>", "why, for the record")
    .action(async (id: string, options: { to: string; reason: string }, command: Command) => {
      const context = contextOf(command);
      const admin = await context.admin();
      const body = { ...(options.to === "nobody" ? {} : { staff: options.to }), reason: options.reason };
      const path = `/admin/router/worklist/${encodeURIComponent(id)}/assign`;
      const done = await admin.request<object>("POST", path, body);
      print(context.json, done, () =>
        options.to === "nobody" ? say`nobody has ${id} now` : say`${id} is with ${options.to}`,
      );
    });

  const resolve = worklist
    .command("resolve")
    .description("end a row: place or cancel the referral, or decide the dispute")
    .argument("<id>", "the row's id")
    .option("--retry", "try again to place it, under the consent that stands")
    .option("--to <institution>", "with --retry: there")
    .option("--cancel <code>", "person-withdrew, no-longer-needed, served-elsewhere or other")
    .option("--uphold", "the act was not so: what it led to is taken back as far as that is possible")
    .option("--dismiss", "the act stands")
    .requiredOption("--reason <text>", "why, for the record");
  addYes(resolve).action(async (id: string, options: Resolve, command: Command) => {
    const context = contextOf(command);
    const how = howOf(options);
    const admin = await context.admin();
    const path = `/admin/router/worklist/${encodeURIComponent(id)}/resolve`;
    const body = { ...how, reason: options.reason };
    if (!options.yes) {
      const shown = await admin.request<Foreseen>("POST", path, { ...body, dryRun: true });
      const follows = shown.foreseen.length === 0 ? [`  ${say`on record, and nothing else`}`] : followed(shown);
      await confirmed(say`Go on?`, false, [say`${how.how} of ${id}:`, ...follows]);
    }
    const done = await admin.request<Foreseen>("POST", path, body);
    print(context.json, done, () => [`${id}: ${how.how}`, ...followed(done)].join("\n"));
  });
  return worklist;
}

function howOf({ retry, to, cancel, uphold, dismiss }: Resolve): { readonly how: string } & object {
  const given = [
    ...(retry ? [{ how: "retry", ...(to === undefined ? {} : { performer: to }) }] : []),
    ...(cancel === undefined ? [] : [{ how: "cancel", reasonCode: cancel }]),
    ...(uphold ? [{ how: "uphold" }] : []),
    ...(dismiss ? [{ how: "dismiss" }] : []),
  ];
  const [how] = given;
  if (given.length !== 1 || !how || (to !== undefined && !retry))
    throw new CommandError(say`give one of --retry [--to], --cancel CODE, --uphold, --dismiss`, EXIT.usage);
  return how;
}
