// `ruta referral`: the timeline of a referral as the gateway folded it, by ids, codes and times; and taking it elsewhere.
import { Command } from "commander";
import { contextOf } from "../context.ts";
import { print, style, table } from "../output.ts";
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
  readonly status: string;
  readonly requester: string;
  readonly performer: string;
  readonly expected?: { readonly institution: string; readonly acts: readonly string[]; readonly until?: string };
  readonly steps: readonly Step[];
}

function text(timeline: Timeline): string {
  const { expected } = timeline;
  const head = `${style.bold(timeline.referral)}  ${timeline.status}  ${timeline.requester} -> ${timeline.performer || "nobody yet"}`;
  const next = expected?.institution
    ? `expected next: ${expected.acts.join(" or ")} by ${expected.institution}${expected.until ? ` until ${expected.until}` : ""}`
    : "nothing is expected of anyone";
  const rows = timeline.steps.map((step) => [step.at, step.fact, step.actor, step.status, step.detail]);
  return [head, table(["at", "fact", "by", "status", "detail"], rows), next].join("\n");
}

/** The command and its sub-commands. */
export function referralCommand(): Command {
  const referral = new Command("referral").description("referrals");
  referral
    .command("show")
    .description("the timeline of a referral and its case")
    .argument("<id>", "referral id")
    .action(async (id: string, _options: unknown, command: Command) => {
      const context = contextOf(command);
      const admin = await context.admin();
      const timeline = await admin.request<Timeline>("GET", `/admin/gateway/referrals/${encodeURIComponent(id)}`);
      print(context.json, timeline, () => text(timeline));
    });
  addReroute(referral);
  return referral;
}
