// `ruta referral`: the referrals of the hub in a list, the timeline of one, why it went where it went; and taking it elsewhere.
import { Command } from "commander";
import { contextOf } from "../context.ts";
import { say } from "../language.ts";
import { print, style, table } from "../output.ts";
import { aboutWords, againstWords, behindWords, choiceWords } from "../words.ts";
import { addReroute } from "./reroute.ts";

/** One line of a timeline. */
interface Step {
  readonly version: number;
  readonly at: string;
  readonly fact: string;
  readonly referral: string;
  readonly actor: string;
  readonly status: string;
  readonly detail: string;
}

interface Timeline {
  readonly referral: string;
  readonly case: string;
  readonly rehearsal?: true;
  readonly status: string;
  readonly requester: string;
  readonly performer: string;
  readonly expected?: { readonly institution: string; readonly acts: readonly string[]; readonly until?: string };
  readonly steps: readonly Step[];
}

interface Row {
  readonly referral: string;
  readonly rehearsal?: true;
  readonly status: string;
  readonly requester: string;
  readonly performer: string;
  readonly priority?: string;
  readonly serviceType?: string;
  readonly expectedOf?: string;
  readonly expectedUntil?: string;
}

interface Choice {
  readonly at: string;
  readonly referral: string;
  readonly fact: string;
  readonly performer: string;
  readonly rehearsal?: true;
  readonly why: string;
  readonly directoryRevision: string;
  readonly considered: number;
  readonly ranking: string;
  readonly candidates: readonly {
    readonly institution: string;
    readonly service: string;
    readonly chosen: boolean;
    readonly points: number;
    readonly notMet: readonly string[];
    readonly behind: readonly string[];
    readonly unknown: readonly string[];
  }[];
}

interface ListOptions {
  readonly state?: string;
  readonly institution?: string;
  readonly service?: string;
  readonly overdue?: boolean;
  readonly rehearsals?: boolean;
  readonly since?: string;
  readonly cursor?: string;
  readonly limit: string;
}

/** What stands behind the words of a rehearsal. */
function markOf({ rehearsal }: { readonly rehearsal?: true }): string {
  return rehearsal ? `  ${style.yellow(say`rehearsal`)}` : "";
}

function timelineText(timeline: Timeline): string {
  const { expected } = timeline;
  const head = `${style.bold(timeline.referral)}  ${timeline.status}  ${timeline.requester} -> ${timeline.performer || say`nobody yet`}${markOf(timeline)}`;
  const acts = expected?.acts.join(", ") ?? "";
  const next = expected?.institution
    ? say`expected next: ${acts} by ${expected.institution}` + (expected.until ? say` until ${expected.until}` : "")
    : say`nothing is expected of anyone`;
  const rows = timeline.steps.map((step) => [step.at, step.fact, step.actor, step.status, step.detail]);
  return [head, table([say`at`, say`fact`, say`by`, say`status`, say`detail`], rows), next].join("\n");
}

function listText(rows: readonly Row[], next: string | undefined): string {
  if (rows.length === 0) return say`no referral`;
  const columns = [say`referral`, say`status`, say`service`, say`from`, say`to`, say`expected of`, say`until`];
  const lines = rows.map((row) => [
    row.referral,
    row.status + markOf(row),
    row.serviceType ?? "",
    row.requester,
    row.performer,
    row.expectedOf ?? "",
    row.expectedUntil ?? "",
  ]);
  return table(columns, lines) + (next === undefined ? "" : `\n${say`more: --cursor ${next}`}`);
}

/** A choice in plain words: first what came of it, then each institution that was looked at. */
function choiceText(choice: Choice): string {
  const { fact, performer, why, candidates, considered } = choice;
  const who = choiceWords(why);
  const head =
    fact === "addressed"
      ? say`${choice.at}  ${choice.referral} went to ${performer}: ${who}`
      : fact === "returned"
        ? say`${choice.at}  ${choice.referral} went back to its requester: ${who}`
        : say`${choice.at}  ${choice.referral} went onto the worklist: ${who}`;
  const lines = candidates.map(({ institution, service, chosen, points, notMet, behind, unknown }) => {
    const mark = chosen ? style.green("→") : notMet.length > 0 ? style.red("×") : "·";
    const reasons = [
      ...(notMet.length > 0
        ? [notMet.map(againstWords).join("; ")]
        : chosen
          ? []
          : [say`could serve, and ranked behind`]),
      ...(notMet.length === 0 && behind.length > 0 ? [behind.map(behindWords).join("; ")] : []),
      ...(unknown.length > 0
        ? [say`not known, which excludes nobody and ranks behind: ${unknown.map(aboutWords).join(", ")}`]
        : []),
    ];
    const sum = choice.ranking === "" || notMet.length > 0 ? "" : say` ${points} points`;
    return `  ${mark} ${institution} (${service})${sum}${reasons.length > 0 ? `: ${reasons.join(". ")}` : ""}`;
  });
  const rest = considered - candidates.length;
  if (rest > 0) lines.push(say`  and ${rest} more, which were not recorded one by one`);
  if (choice.ranking !== "") lines.push(say`  in order of points, by the weights of ranking ${choice.ranking}`);
  return [style.bold(head) + markOf(choice), ...lines].join("\n");
}

/** The command and its sub-commands. */
export function referralCommand(): Command {
  const referral = new Command("referral").description("referrals");
  referral
    .command("list")
    .description("referrals, oldest change first")
    .option("--state <status>", "such as requested, accepted, completed")
    .option("--institution <id>", "as requester or performer")
    .option("--service <code>", "service type, such as ALO-FAM; those of class V are not among them")
    .option("--overdue", "only those whose time to act has run out")
    .option("--rehearsals", "rehearsals too; no figure counts them")
    .option("--since <time>", "changed at or after")
    .option("--cursor <cursor>", "go on where a page ended")
    .option("--limit <n>", "rows, at most 500", "50")
    .action(async (options: ListOptions, command: Command) => {
      const context = contextOf(command);
      const admin = await context.admin();
      const query = new URLSearchParams(
        Object.entries(options).map(([name, value]) => [name, String(value)] as [string, string]),
      );
      const path = `/admin/gateway/referrals?${query.toString()}`;
      const answer = await admin.request<{ referrals: Row[]; next?: string }>("GET", path);
      print(context.json, answer, () => listText(answer.referrals, answer.next));
    });
  referral
    .command("show")
    .description("the timeline of a referral and its case")
    .argument("<id>", "referral id")
    .action(async (id: string, _options: unknown, command: Command) => {
      const context = contextOf(command);
      const admin = await context.admin();
      const timeline = await admin.request<Timeline>("GET", `/admin/gateway/referrals/${encodeURIComponent(id)}`);
      print(context.json, timeline, () => timelineText(timeline));
    });
  referral
    .command("explain")
    .description("why a referral went where it went: each institution looked at, and what spoke for or against it")
    .argument("<id>", "referral id")
    .action(async (id: string, _options: unknown, command: Command) => {
      const context = contextOf(command);
      const admin = await context.admin();
      const path = `/admin/gateway/referrals/${encodeURIComponent(id)}/choices`;
      const answer = await admin.request<{ choices: Choice[] }>("GET", path);
      print(context.json, answer, () => answer.choices.map(choiceText).join("\n\n"));
    });
  addReroute(referral);
  return referral;
}
