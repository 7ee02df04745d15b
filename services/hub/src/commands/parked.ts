// `ruta parked`: deliveries that were given up, and those that wait long: sends them again. And records that cannot be processed.
import { Command } from "commander";
import { addYes, confirmed } from "../ask.ts";
import { contextOf } from "../context.ts";
import { say } from "../language.ts";
import { print, table } from "../output.ts";
import { addPaging, more, withQuery } from "../paging.ts";
import type { Page } from "../paging.ts";
import { addParkedRecords } from "./parked-records.ts";

interface ParkedDelivery {
  readonly id: string;
  readonly institution: string;
  readonly referral: string;
  readonly reason: string;
  readonly attempts: number;
  readonly parkedAt: string;
}

interface Filter extends Page {
  readonly institution?: string;
  readonly parkedReason?: string;
}

/** The command and its sub-commands. */
export function parkedCommand(): Command {
  const parked = new Command("parked").description("deliveries and records that wait for an operator");
  const list = parked
    .command("list")
    .description("deliveries that are parked, and why")
    .option("--institution <id>", "only to this institution")
    .option("--parked-reason <code>", "only what was parked for this reason, such as exhausted, disabled or skipped");
  addPaging(list, "100").action(async (options: Filter, command: Command) => {
    const context = contextOf(command);
    const admin = await context.admin();
    const { institution, parkedReason: reason, after, limit } = options;
    const path = withQuery("/admin/delivery/parked", { institution, reason, after, limit });
    const page = await admin.request<{ parked: ParkedDelivery[]; next?: string }>("GET", path);
    const rows = page.parked.map((row) => [
      row.id,
      row.institution,
      row.referral,
      row.reason,
      String(row.attempts),
      row.parkedAt,
    ]);
    const columns = ["id", say`institution`, say`referral`, say`reason`, say`attempts`, say`parked at`];
    print(context.json, page, () =>
      rows.length === 0 ? say`nothing is parked` : table(columns, rows) + more(page.next),
    );
  });
  parked
    .command("retry")
    .description("send one again, under the same webhook-id")
    .argument("<id>")
    .requiredOption("--reason <text>", "why, for the record")
    .action(async (id: string, options: { reason: string }, command: Command) => {
      const context = contextOf(command);
      const admin = await context.admin();
      const path = `/admin/delivery/parked/${encodeURIComponent(id)}/retry`;
      const result = await admin.request<Record<string, unknown>>("POST", path, { reason: options.reason });
      print(context.json, result, () => say`${id} is due again`);
    });
  const skip = parked
    .command("skip")
    .description("give up one that holds its lane up: it is parked, its case is told, and what follows goes on")
    .argument("<id>", "its webhook-id, as `ruta attempts` shows it")
    .requiredOption("--reason <text>", "why, for the record");
  addYes(skip).action(async (id: string, options: { reason: string; yes?: boolean }, command: Command) => {
    const context = contextOf(command);
    await confirmed(say`Skip ${id}? Its recipient gets what follows without it.`, options.yes === true);
    const admin = await context.admin();
    const path = `/admin/delivery/parked/${encodeURIComponent(id)}/skip`;
    const result = await admin.request<Record<string, unknown>>("POST", path, { reason: options.reason });
    print(context.json, result, () => say`${id} is parked as skipped; send it after all with: ruta parked retry ${id}`);
  });
  parked
    .command("wake")
    .description("an institution is back: what waits for it is sent now, not when its next try is due")
    .argument("<institution>")
    .requiredOption("--reason <text>", "why, for the record")
    .action(async (institution: string, options: { reason: string }, command: Command) => {
      const context = contextOf(command);
      const admin = await context.admin();
      const path = `/admin/delivery/institutions/${encodeURIComponent(institution)}/wake`;
      const result = await admin.request<{ lanes: number }>("POST", path, { reason: options.reason });
      print(context.json, result, () => say`${result.lanes} lanes of ${institution} are due now`);
    });
  addParkedRecords(parked);
  return parked;
}
