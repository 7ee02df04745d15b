// `ruta parked records|show|release`: records that a service could not process, decoded without content.
import type { Command } from "commander";
import type { AdminClient } from "../admin-client.ts";
import { contextOf } from "../context.ts";
import { say } from "../language.ts";
import { CommandError, EXIT, print, table } from "../output.ts";
import { addPaging, more, withQuery } from "../paging.ts";
import type { Page } from "../paging.ts";
import { SERVICES } from "../service-names.ts";
import { ageOf } from "../time.ts";

/** A parked record. */
interface ParkedRow {
  readonly id: string;
  readonly topic: string;
  readonly key: string;
  readonly state: string;
  readonly reason: string;
  readonly error: string;
  readonly attempts: number;
  readonly parkedAt: string;
  readonly proposal?: { readonly staff: string; readonly reasonCode: string; readonly confirmedBy?: string };
}

/** A parked record with what can be read of it. */
export interface ShownRecord extends ParkedRow {
  readonly record: Readonly<Record<string, unknown>>;
}

interface Filter extends Page {
  readonly service: string;
  readonly setAside?: boolean;
  readonly reason?: string;
  readonly key?: string;
}

/** One line for each thing that is known of a record. */
export function recordLines({ record, proposal, ...row }: ShownRecord): string[] {
  const { id, state, key, reason, error, attempts, parkedAt } = row;
  return linesOf({ id, state, key, reason, error, attempts, parkedAt, proposal, ...record });
}

function linesOf(values: object): string[] {
  return Object.entries(values)
    .filter(([, value]) => value !== undefined && value !== "")
    .map(([name, value]) => `  ${name.padEnd(12)}${typeof value === "object" ? JSON.stringify(value) : String(value)}`);
}

/** The service that a record's id belongs to: the first word of its group. */
function serviceOf(id: string): string {
  const service = SERVICES.find((name) => id.startsWith(`${name}:`) || id.startsWith(`${name}.`));
  if (!service) throw new CommandError(say`${id} names no record`, EXIT.usage, say`take an id of ruta parked records`);
  return service;
}

/** A parked delivery by its id. */
async function deliveryOf(admin: AdminClient, id: string): Promise<object | undefined> {
  const { parked } = await admin.request<{ parked: object[] }>("GET", withQuery("/admin/delivery/parked", { id }));
  return parked[0];
}

/** Adds the sub-commands. */
export function addParkedRecords(parked: Command): void {
  const records = parked
    .command("records")
    .description("records that a service could not process, and those of their case that wait behind them")
    .option("--service <name>", "directory, router, delivery or gateway", "router")
    .option("--set-aside", "those that were given up instead")
    .option("--reason <reason>", "undecodable, threw, unknown-kind or waiting")
    .option("--key <key>", "of one case");
  addPaging(records, "100").action(async (options: Filter, command: Command) => {
    const context = contextOf(command);
    const admin = await context.admin();
    const { service, setAside, reason, key, after, limit } = options;
    const state = setAside ? "set-aside" : undefined;
    const path = withQuery(`/admin/${encodeURIComponent(service)}/poison`, { state, reason, key, after, limit });
    const page = await admin.request<{ records: ParkedRow[]; next?: string }>("GET", path);
    const now = Date.now();
    const none = setAside ? say`no record is set aside in ${service}` : say`no record is parked in ${service}`;
    print(context.json, page, () =>
      page.records.length === 0
        ? none
        : table(
            ["id", say`key`, say`state`, say`reason`, say`error`, say`since`],
            page.records.map((row) => [row.id, row.key, row.state, row.reason, row.error, ageOf(row.parkedAt, now)]),
          ) + more(page.next),
    );
  });

  parked
    .command("show")
    .description("one record or delivery: ids, codes and why it failed, never content")
    .argument("<id>", "the record's id, or the delivery's")
    .action(async (id: string, _options: unknown, command: Command) => {
      const context = contextOf(command);
      const admin = await context.admin();
      const delivery = id.includes(":") ? undefined : await deliveryOf(admin, id);
      const path = delivery ? "" : `/admin/${serviceOf(id)}/poison/${encodeURIComponent(id)}`;
      const shown = delivery ?? (await admin.request<ShownRecord>("GET", path));
      print(context.json, shown, () =>
        ("record" in shown ? recordLines(shown as ShownRecord) : linesOf(shown)).join("\n"),
      );
    });

  parked
    .command("release")
    .description("let a record and those behind it be processed again, in order, once the cause is mended")
    .argument("<id>", "the record's id")
    .requiredOption("--reason <text>", "why, for the record")
    .action(async (id: string, { reason }: { reason: string }, command: Command) => {
      const context = contextOf(command);
      const base = `/admin/${serviceOf(id)}/poison`;
      const admin = await context.admin();
      const { topic, key } = await admin.request<ShownRecord>("GET", `${base}/${encodeURIComponent(id)}`);
      const done = await admin.request<{ released: number }>("POST", `${base}/release`, { topic, key, reason });
      print(context.json, done, () => say`${done.released} records of ${key} are processed again`);
    });
}
