// Redrives: many deliveries sent again for an operator, as jobs that outlive every process. One batch is one transaction under the
// lock of the job's row: two processes never work on one batch, a killed one leaves whole batches, and any other goes on.
import { sql } from "@ruta/db";
import type { Db, Tx } from "@ruta/db";
import { makeDue } from "./due.ts";
import { revive } from "./endpoints.ts";
import { countNamed, scanNamed } from "./redrive-filter.ts";
import type { Place, RedriveCount, RedriveFilter } from "./redrive-filter.ts";

/** A redrive as it stands. */
interface Redrive {
  readonly id: string;
  /** In the order of their starts. */
  readonly number: number;
  /** Staff id of who started it, and why. */
  readonly staff: string;
  readonly reason: string;
  readonly filter: RedriveFilter;
  readonly perSecond: number;
  readonly state: "running" | "stopped" | "done";
  /** How many there were when it started, and how many it has made due. */
  readonly total: number;
  readonly madeDue: number;
  readonly startedAt: Date;
  readonly changedAt: Date;
}

/** What a redrive is started with. */
interface NewRedrive extends Pick<Redrive, "id" | "staff" | "reason" | "filter" | "perSecond"> {}

/** What one batch did: how many it made due, and how long until the next may be, in milliseconds. */
interface Step {
  readonly id: string;
  readonly madeDue: number;
  readonly waitMs: number;
  readonly done: boolean;
}

/** The redrives of one schema. */
export interface Redrives {
  /** What a filter names now. */
  count(filter: RedriveFilter): Promise<RedriveCount[]>;
  /** Starts one and answers what it names; the same id again starts nothing. Endpoints that the hub disabled are tried again. */
  start(tx: Tx, redrive: NewRedrive): Promise<RedriveCount[]>;
  /** The latest first. `next` is the cursor of the next page. */
  list(page: { limit: number; cursor?: string | undefined }): Promise<{ redrives: Redrive[]; next?: string }>;
  get(id: string): Promise<Redrive | undefined>;
  /** Stops what runs, or lets go on what was stopped; false when it is in no such state. */
  turn(tx: Tx, id: string, to: "stopped" | "running"): Promise<boolean>;
  /** Works off one batch of the redrive that is due longest; undefined when none is due. */
  step(): Promise<Step | undefined>;
}

/** Most that is looked at, and most that is made due, in one batch. */
const SCANNED = 1_000;
const BATCH = 200;

type Row = Omit<Redrive, "number" | "total" | "madeDue"> & { number: bigint; total: bigint; madeDue: bigint };
type Job = Place & Pick<Redrive, "id" | "filter" | "perSecond"> & { readonly until: Date };

const columns = sql`redrive_id AS id, number, staff, reason, filter, per_second AS "perSecond", state, total,
  made_due AS "madeDue", started_at AS "startedAt", changed_at AS "changedAt"`;

function redriveOf({ number, total, madeDue, ...rest }: Row): Redrive {
  return { ...rest, number: Number(number), total: Number(total), madeDue: Number(madeDue) };
}

/** Opens them. */
export function openRedrives(db: Db, schema: string): Redrives {
  const redrives = sql.id(schema, "redrives");

  async function nowOf(tx: Tx): Promise<Date> {
    const [row] = await tx.query<{ now: Date }>(sql`SELECT clock_timestamp() AS now`);
    return (row as { now: Date }).now;
  }

  async function batchOf(tx: Tx, job: Job): Promise<Step> {
    const { id, filter, perSecond, until } = job;
    const scanned = await scanNamed(tx, schema, filter, { until, after: job, limit: SCANNED });
    const most = Math.min(perSecond, BATCH);
    const all = scanned.filter(({ named }) => named);
    const batch = all.slice(0, most);
    const due = await makeDue(tx, schema, batch);
    const done = scanned.length < SCANNED && all.length === batch.length;
    const last = (all.length > batch.length ? batch : scanned).at(-1) ?? job;
    const waitMs = done ? 0 : (due.length * 1000) / perSecond;
    await tx.query(sql`
      UPDATE ${redrives} SET made_due = made_due + ${due.length}, state = ${done ? "done" : "running"},
        after_institution = ${last.institution}, after_case = ${last.caseId}, after_sequence = ${last.sequence},
        changed_at = clock_timestamp(), next_at = clock_timestamp() + ${waitMs}::double precision * interval '1 millisecond'
      WHERE redrive_id = ${id}`);
    return { id, madeDue: due.length, waitMs, done };
  }

  return {
    count: (filter) => db.tx(async (tx) => countNamed(tx, schema, filter, await nowOf(tx))),

    async start(tx, { id, staff, reason, filter, perSecond }) {
      const until = await nowOf(tx);
      const counts = await countNamed(tx, schema, filter, until);
      const sent = counts.filter(({ disabled }) => disabled !== true);
      const total = sent.reduce((sum, { count }) => sum + count, 0);
      await tx.query(sql`
        INSERT INTO ${redrives} (redrive_id, staff, reason, filter, per_second, until_at, total)
        VALUES (${id}, ${staff}, ${reason}, ${JSON.stringify(filter)}::jsonb, ${perSecond}, ${until}, ${total})
        ON CONFLICT (redrive_id) DO NOTHING`);
      // Once, at its start: an endpoint that fails it is left alone by the rest of it.
      await revive(
        tx,
        schema,
        sent.map(({ institution }) => institution),
      );
      return counts;
    },

    async list({ limit, cursor }) {
      const rows = await db.query<Row>(sql`
        SELECT ${columns} FROM ${redrives} WHERE number < ${cursor ?? "9223372036854775807"}::bigint
        ORDER BY number DESC LIMIT ${limit}`);
      const last = rows.length === limit ? rows.at(-1) : undefined;
      return { redrives: rows.map(redriveOf), ...(last ? { next: String(last.number) } : {}) };
    },

    async get(id) {
      const [row] = await db.query<Row>(sql`SELECT ${columns} FROM ${redrives} WHERE redrive_id = ${id}`);
      return row && redriveOf(row);
    },

    async turn(tx, id, to) {
      const turned = await tx.query(sql`
        UPDATE ${redrives} SET state = ${to}, changed_at = now(), next_at = greatest(next_at, now())
        WHERE redrive_id = ${id} AND state = ${to === "stopped" ? "running" : "stopped"} RETURNING 1`);
      return turned.length > 0;
    },

    step: () =>
      db.tx(async (tx) => {
        const [job] = await tx.query<Job>(sql`
          SELECT redrive_id AS id, filter, per_second AS "perSecond", until_at AS until,
            after_institution AS institution, after_case AS "caseId", after_sequence AS sequence
          FROM ${redrives} WHERE state = 'running' AND next_at <= clock_timestamp()
          ORDER BY next_at LIMIT 1 FOR UPDATE SKIP LOCKED`);
        return job && batchOf(tx, job);
      }),
  };
}
