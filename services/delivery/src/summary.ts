// What delivery has to say to `ruta status`: what waits, since when, for whom, and what was given up and why.
import { sql } from "@ruta/db";
import type { Db } from "@ruta/db";
import type { HttpApp } from "@ruta/kit";
import { listEndpoints } from "./endpoints.ts";
import type { EndpointState, EndpointView } from "./endpoints.ts";
import { watcher } from "./staff.ts";

/** Institutions in the summary: those for which something waits longest. */
const WAITING_ROWS = 20;
/** Endpoints in the summary, of each state. */
const ENDPOINT_ROWS = 50;

/** Counts and ages of deliveries. Times are RFC 3339. */
interface DeliverySummary {
  readonly undelivered: number;
  readonly oldestUndelivered?: string;
  /** The institutions that wait longest. */
  readonly waiting: readonly { readonly institution: string; readonly count: number; readonly oldest: string }[];
  /** What is parked, by reason. */
  readonly parked: readonly { readonly reason: string; readonly count: number; readonly oldest: string }[];
  /** Endpoints that stand in the way: paused, disabled, open, or not proved while something waits; the longest first. */
  readonly endpoints: readonly EndpointTrouble[];
}

/** `since` is when it began: when it was paused or disabled, began to fail, or something began to wait for its proof. */
interface EndpointTrouble extends Pick<EndpointView, "institution" | "state" | "reason" | "waiting" | "parked"> {
  readonly since: string;
}

interface Row {
  readonly name: string;
  readonly count: number;
  readonly oldest: Date;
}

/** Reads the summary from the tables of one schema. */
async function summarise(db: Db, schema: string): Promise<DeliverySummary> {
  const deliveries = sql.id(schema, "deliveries");
  const [waiting, parked, endpoints] = await Promise.all([
    db.query<Row>(sql`
      SELECT institution AS name, count(*)::integer AS count, min(waits_since) AS oldest
      FROM ${deliveries} WHERE state NOT IN ('delivered', 'parked') GROUP BY institution ORDER BY oldest`),
    db.query<Row>(sql`
      SELECT parked_reason AS name, count(*)::integer AS count, min(parked_at) AS oldest
      FROM ${deliveries} WHERE state = 'parked' GROUP BY parked_reason ORDER BY oldest`),
    troubles(db, schema),
  ]);
  const [first] = waiting;
  return {
    undelivered: waiting.reduce((sum, { count }) => sum + count, 0),
    ...(first ? { oldestUndelivered: first.oldest.toISOString() } : {}),
    waiting: waiting
      .slice(0, WAITING_ROWS)
      .map(({ name, count, oldest }) => ({ institution: name, count, oldest: oldest.toISOString() })),
    parked: parked.map(({ name, count, oldest }) => ({ reason: name, count, oldest: oldest.toISOString() })),
    endpoints,
  };
}

async function troubles(db: Db, schema: string): Promise<EndpointTrouble[]> {
  const states: readonly EndpointState[] = ["paused", "disabled", "open", "unproved"];
  const found = await Promise.all(
    states.map((state) => listEndpoints(db, schema, { after: "", state, limit: ENDPOINT_ROWS })),
  );
  return found
    .flat()
    .flatMap(({ institution, state, reason, waiting, parked, since, oldest }) => {
      const from = since ?? oldest;
      return from === undefined
        ? []
        : [{ institution, state, ...(reason ? { reason } : {}), waiting, parked, since: from }];
    })
    .toSorted((a, b) => (a.since < b.since ? -1 : 1));
}

/** Adds GET /admin/delivery/summary. The admin app has checked the signature. */
export function registerSummary(admin: HttpApp, db: Db, schema: string): void {
  admin.get("/admin/delivery/summary", async (request) => {
    watcher(request);
    return summarise(db, schema);
  });
}
