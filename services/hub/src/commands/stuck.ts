// `ruta stuck`: what does not get on, by cause, the longest first, each with the one act that would mend it.
import { Command } from "commander";
import type { AdminClient } from "../admin-client.ts";
import { contextOf } from "../context.ts";
import { say } from "../language.ts";
import { print, table } from "../output.ts";
import { look } from "../overview.ts";
import type { EndpointTrouble, Overview } from "../overview.ts";
import { ageOf } from "../time.ts";

/** One cause for which something does not get on. */
interface Stuck {
  /** Code of the cause. */
  readonly cause: string;
  /** What it is about, by id or code; empty when it is about many. */
  readonly about: string;
  readonly count: number;
  readonly since: string;
  /** The line to paste. */
  readonly suggestion: string;
}

interface OverdueReferral {
  readonly referral: string;
  readonly status: string;
  readonly expectedOf?: string;
  readonly expectedUntil?: string;
}

/** Rows of overdue referrals that are looked at; `ruta status` has the count of all. */
const OVERDUE_ROWS = 200;
/** Where the line to paste takes a reason, the hub takes it only when somebody has written one. */
const REASON = '--reason "…"';
/** A delivery that waits this long is stuck, in milliseconds. */
const WAITING_MS = 15 * 60_000;

/** The causes in what the services say. */
function causesOf(overview: Overview, overdue: readonly OverdueReferral[], now: number): Stuck[] {
  const { services, router, delivery } = overview;
  const found: Stuck[] = [];
  for (const { service, parked } of services)
    if (parked.oldest !== undefined)
      found.push({
        cause: "record-parked",
        about: service,
        count: parked.cases,
        since: parked.oldest,
        suggestion: `ruta parked records --service ${service}`,
      });
  for (const { reason, count, oldest } of delivery?.parked ?? [])
    found.push({
      cause: "delivery-parked",
      about: reason,
      count,
      since: oldest,
      suggestion: `ruta redrive --what failed --parked-reason ${reason} --dry-run`,
    });
  const shut = new Set(delivery?.endpoints.map(({ institution }) => institution));
  for (const trouble of delivery?.endpoints ?? []) found.push(ofEndpoint(trouble));
  for (const { institution, count, oldest } of delivery?.waiting ?? [])
    if (now - Date.parse(oldest) >= WAITING_MS && !shut.has(institution))
      found.push({
        cause: "institution-does-not-take",
        about: institution,
        count,
        since: oldest,
        suggestion: `ruta endpoint test ${institution} ${REASON}`,
      });
  if (router?.oldestWorklisted !== undefined)
    found.push({
      cause: "on-the-worklist",
      about: "",
      count: router.worklisted,
      since: router.oldestWorklisted,
      suggestion: "ruta worklist list",
    });
  if (router?.oldestDisputed !== undefined)
    found.push({
      cause: "act-disputed",
      about: "",
      count: router.disputed,
      since: router.oldestDisputed,
      suggestion: "ruta worklist list --kind disputed",
    });
  return [...found, ...silent(overdue)].toSorted((a, b) => (a.since < b.since ? -1 : 1));
}

/** An endpoint in whose way something stands: one that is not asked now is tested, one that is set aside is let go on. */
function ofEndpoint({ institution, state, since, reason, waiting, parked }: EndpointTrouble): Stuck {
  const set = state === "paused" || state === "disabled";
  return {
    cause: `endpoint-${state}`,
    about: reason === undefined ? institution : `${institution} (${reason})`,
    count: state === "disabled" ? parked : waiting,
    since,
    suggestion: `ruta endpoint ${set ? "resume" : "test"} ${institution} ${REASON}`,
  };
}

/** Institutions whose time to act has run out. */
function silent(overdue: readonly OverdueReferral[]): Stuck[] {
  const late = overdue.filter(({ expectedOf }) => expectedOf !== undefined && expectedOf !== "hub");
  return [...Map.groupBy(late, ({ expectedOf, status }) => `${expectedOf} ${status}`).values()].map((all) => {
    const [first] = all.toSorted((a, b) => ((a.expectedUntil ?? "") < (b.expectedUntil ?? "") ? -1 : 1));
    const { referral = "", status = "", expectedOf = "", expectedUntil = "" } = first ?? {};
    const undecided = status === "requested" || status === "received";
    return {
      cause: "institution-is-silent",
      about: expectedOf,
      count: all.length,
      since: expectedUntil,
      suggestion: undecided
        ? `ruta referral reroute ${referral} --reason-code no-response --reason "nobody answers"`
        : `ruta referral show ${referral}`,
    };
  });
}

async function stuck(admin: AdminClient, now: number): Promise<Stuck[]> {
  const path = `/admin/gateway/referrals?overdue=true&limit=${OVERDUE_ROWS}`;
  const [overview, { referrals }] = await Promise.all([
    look(admin),
    admin.request<{ referrals: OverdueReferral[] }>("GET", path),
  ]);
  return causesOf(overview, referrals, now);
}

/** The command. */
export function stuckCommand(): Command {
  return new Command("stuck")
    .description("what does not get on, by cause, each with the act that would mend it")
    .action(async (_options: unknown, command: Command) => {
      const context = contextOf(command);
      const now = Date.now();
      const causes = await stuck(await context.admin(), now);
      print(context.json, causes, () =>
        causes.length === 0
          ? say`nothing is stuck`
          : table(
              [say`cause`, say`about`, say`count`, say`since`, say`try`],
              causes.map(({ cause, about, count, since, suggestion }) => [
                cause,
                about,
                String(count),
                ageOf(since, now),
                suggestion,
              ]),
            ),
      );
    });
}
