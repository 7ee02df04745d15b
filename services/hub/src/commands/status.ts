// `ruta status`: on one screen how the hub gets on: flow, lag, what is undelivered, what waits for people, what stands still, and
// what of it is an alert, with what to do.
import { Command } from "commander";
import { contextOf } from "../context.ts";
import { entryOf } from "../alerts/entry.ts";
import { LANGUAGE, say, translated } from "../language.ts";
import { EXIT, print, style } from "../output.ts";
import { look } from "../overview.ts";
import type { Overview } from "../overview.ts";
import { ageOf } from "../time.ts";

/** What fires, with what to do: two lines each. */
function alertLines({ alerts }: Overview, now: number): string[] {
  if (alerts.length === 0) return [`${say`alerts`.padEnd(12)}  ${style.green(say`none fires`)}`];
  return alerts.flatMap(({ name, severity, labels, since, summary, remedy }) => {
    const paint = severity === "critical" ? style.red : style.yellow;
    const about = Object.values(labels).join(" ");
    const age = since === undefined ? "" : say`, for ${ageOf(since, now)}`;
    return [
      `${paint(translated(severity).padEnd(12))}  ${translated(summary)}${about === "" ? "" : ` (${about})`}${age}`,
      `${"".padEnd(12)}  ${style.dim(`${translated(remedy)} ${entryOf(name, LANGUAGE)}`)}`,
    ];
  });
}

type Unserved = NonNullable<Overview["router"]>["unserved"];

/** Institutions and services that are shown of what was accepted and not served; all are in --json. */
const UNSERVED_SHOWN = 5;

function unservedWords({ count, overdue, oldest }: Unserved, now: number): string {
  if (count === 0) return say`nothing accepted waits`;
  const words = say`${count} accepted, ${overdue} of them past their time, the oldest ${ageOf(oldest, now)}`;
  return overdue > 0 ? style.yellow(words) : words;
}

function unservedLines({ at }: Unserved): string[] {
  return at
    .slice(0, UNSERVED_SHOWN)
    .map(
      ({ institution, service, count, overdue }) =>
        `${"".padEnd(12)}  ${say`${institution}, ${service}: ${count}, ${overdue} past their time`}`,
    );
}

function text(overview: Overview, now: number): string {
  const { services, gateway, router, delivery, missing } = overview;
  const row = (name: string, words: string): string => `${name.padEnd(12)}  ${words}`;
  const since = (time: string | undefined): string => (time === undefined ? "" : say`, the oldest ${ageOf(time, now)}`);
  const lines = alertLines(overview, now);
  if (gateway) {
    const open = Object.entries(gateway.open).map(([word, count]) => `${word} ${count}`);
    lines.push(row(say`flow`, say`${gateway.changedLastHour} referrals moved within the last hour`));
    lines.push(row(say`open`, open.join(", ") || say`none`));
    lines.push(row(say`overdue`, say`${gateway.overdue} acts` + since(gateway.oldestOverdue)));
  }
  if (delivery) {
    const parked = delivery.parked.reduce((sum, { count }) => sum + count, 0);
    const reasons = delivery.parked.map(({ reason, count }) => `${reason} ${count}`).join(", ");
    lines.push(row(say`undelivered`, `${delivery.undelivered}${since(delivery.oldestUndelivered)}`));
    const states = Object.entries(Object.groupBy(delivery.endpoints, ({ state }) => state));
    const shut = states.map(([state, all = []]) => `${state} ${all.length}`).join(", ");
    lines.push(row(say`endpoints`, shut === "" ? say`all take` : style.yellow(shut)));
    lines.push(row(say`parked`, parked === 0 ? "0" : `${parked} (${reasons})`));
  }
  if (router) {
    lines.push(row(say`worklist`, `${router.worklisted}${since(router.oldestWorklisted)}`));
    lines.push(row(say`disputed`, `${router.disputed}${since(router.oldestDisputed)}`));
    lines.push(row(say`returned`, `${router.returned}${since(router.oldestReturned)}`));
    lines.push(row(say`not served`, unservedWords(router.unserved, now)), ...unservedLines(router.unserved));
  }
  for (const { service, ready, reasons, lag, parked } of services) {
    const behind = lag.map(({ topic, records, seconds }) => `${topic} ${records} (${seconds} s)`);
    const state = ready ? style.green(say`ready`) : style.red(say`not ready: ${reasons.join("; ")}`);
    lines.push(row(service, [state, ...behind].join("  ")));
    if (parked.records > 0)
      lines.push(row("", style.yellow(say`${parked.records} records parked` + since(parked.oldest))));
  }
  for (const service of missing) lines.push(row(service, style.red(say`no instance answers`)));
  return lines.join("\n");
}

/** The command. */
export function statusCommand(): Command {
  return new Command("status")
    .description(
      "what fires and what to do, and how the hub gets on: flow, lag, what waits. Ends with 1 where something critical fires",
    )
    .action(async (_options: unknown, command: Command) => {
      const context = contextOf(command);
      const overview = await look(await context.admin());
      print(context.json, overview, () => text(overview, Date.now()));
      const critical = overview.alerts.some(({ severity }) => severity === "critical");
      if (critical || overview.missing.length > 0 || overview.services.some(({ ready }) => !ready))
        process.exitCode = EXIT.failed;
    });
}
