// `ruta history`: a case as the hub knew it on a day, in lines, as JSON or as a page to print. The question is recorded first.
import { writeFile } from "node:fs/promises";
import type { CaseHistory, HistoryStep } from "@ruta/gateway";
import { Command } from "commander";
import { contextOf } from "../context.ts";
import { historyPage } from "../history-page.ts";
import { say } from "../language.ts";
import { print, table } from "../output.ts";
import { factWords } from "../words.ts";

interface Options {
  readonly purpose: string;
  readonly asOf?: string;
  readonly html?: string;
}

type Answer = CaseHistory & { readonly asOf: string };

function lines(steps: readonly HistoryStep[]): string {
  const rows = steps.map((step) => [
    step.recordedAt,
    step.occurredAt === step.recordedAt ? "" : step.occurredAt,
    factWords(step.fact),
    step.actor,
    [step.stage, step.detail].filter((part) => part !== undefined).join(" "),
  ]);
  return table([say`recorded`, say`occurred`, say`fact`, say`by`, say`detail`], rows);
}

/** The command. */
export function historyCommand(): Command {
  return new Command("history")
    .description("a case as the hub knew it on a day; the question and its purpose are recorded before the answer")
    .argument("<id>", "a referral or a case")
    .requiredOption("--purpose <text>", "why you ask, for the record")
    .option("--as-of <time>", "as it was known then, such as 2026-11-20T12:00:00-05:00; left out: now")
    .option("--html <file>", "write a page to print there")
    .action(async (id: string, { purpose, asOf, html }: Options, command: Command) => {
      const context = contextOf(command);
      const admin = await context.admin();
      const body = { id, reason: purpose, ...(asOf === undefined ? {} : { asOf }) };
      const history = await admin.request<Answer>("POST", "/admin/gateway/histories", body);
      if (html !== undefined) await writeFile(html, historyPage(history, history.asOf, purpose));
      print(context.json, history, () => {
        if (html !== undefined) return say`written to ${html}`;
        const parts = [lines(history.known)];
        if (history.learnedLater.length > 0)
          parts.push(say`had happened by then, and was learned later:`, lines(history.learnedLater));
        return parts.join("\n");
      });
    });
}
