// The hub in one look: the status of each service and the counts that each keeps, from whichever instance answers.
import type { AdminClient } from "./admin-client.ts";
import { gather } from "./alerts/gather.ts";
import type { Gathered } from "./alerts/gather.ts";
import { CommandError, EXIT } from "./output.ts";
import { SERVICES } from "./service-names.ts";
import type { ServiceStatus } from "./status.ts";

/** Counts of the gateway's view; see its route. */
interface GatewayCounts {
  readonly open: Readonly<Record<string, number>>;
  readonly changedLastHour: number;
  readonly overdue: number;
  readonly oldestOverdue?: string;
}

/** Counts of the router; see its route. */
interface RouterCounts {
  readonly worklisted: number;
  readonly oldestWorklisted?: string;
  readonly returned: number;
  readonly oldestReturned?: string;
  readonly disputed: number;
  readonly oldestDisputed?: string;
  /** Accepted and not served, and where, the most overdue first. */
  readonly unserved: {
    readonly count: number;
    readonly overdue: number;
    readonly oldest: string;
    readonly at: readonly {
      readonly institution: string;
      readonly service: string;
      readonly count: number;
      readonly overdue: number;
    }[];
  };
}

/** Counts of delivery; see its route. */
interface DeliveryCounts {
  readonly undelivered: number;
  readonly oldestUndelivered?: string;
  readonly waiting: readonly { readonly institution: string; readonly count: number; readonly oldest: string }[];
  readonly parked: readonly { readonly reason: string; readonly count: number; readonly oldest: string }[];
  /** Endpoints that stand in the way of deliveries, the longest first; `since` is when that began. */
  readonly endpoints: readonly EndpointTrouble[];
}

/** An endpoint that is open, unproved with something waiting, paused or disabled. */
export interface EndpointTrouble {
  readonly institution: string;
  readonly state: string;
  readonly since: string;
  readonly reason?: string;
  readonly waiting: number;
  readonly parked: number;
}

/** Everything; a part is left out where no instance of its service answers. */
export interface Overview {
  /** What fires, the gravest first. */
  readonly alerts: readonly Gathered[];
  readonly services: readonly ServiceStatus[];
  /** Services of which no instance answers. */
  readonly missing: readonly string[];
  readonly gateway?: GatewayCounts;
  readonly router?: RouterCounts;
  readonly delivery?: DeliveryCounts;
}

/** Asks every service. Throws CommandError when none answers, or when the hub refuses. */
export async function look(admin: AdminClient): Promise<Overview> {
  const [alerts, services, gateway, router, delivery] = await Promise.all([
    gather(admin),
    Promise.all(SERVICES.map((name) => answerOf<ServiceStatus>(admin, `/admin/${name}/status`))),
    answerOf<GatewayCounts>(admin, "/admin/gateway/summary"),
    answerOf<RouterCounts>(admin, "/admin/router/summary"),
    answerOf<DeliveryCounts>(admin, "/admin/delivery/summary"),
  ]);
  return {
    alerts,
    services: services.filter((status) => status !== undefined),
    missing: SERVICES.filter((_, index) => services[index] === undefined),
    ...(gateway ? { gateway } : {}),
    ...(router ? { router } : {}),
    ...(delivery ? { delivery } : {}),
  };
}

/** The answer of a route, or undefined when the instances that answer do not have it. */
async function answerOf<T>(admin: AdminClient, path: string): Promise<T | undefined> {
  try {
    return await admin.request<T>("GET", path);
  } catch (error) {
    if (error instanceof CommandError && error.exitCode === EXIT.refused && error.message.startsWith("not-found"))
      return undefined;
    throw error;
  }
}
