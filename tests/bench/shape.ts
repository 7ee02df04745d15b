// What `npm run bench -- --json` writes: a head and one row a measure. Times are milliseconds or microseconds by their names.
import { z } from "zod";

/** What can be measured, in the order in which it is: hostile receivers keep a hub busy, and come last. */
export const MEASURES = ["intake", "loop", "loop_max", "rebuild", "idle", "clocks", "growth", "receivers"] as const;

/** The name of a measure. */
export type MeasureName = (typeof MEASURES)[number];

/** Whether a text names a measure. */
export function isMeasure(name: string): name is MeasureName {
  return (MEASURES as readonly string[]).includes(name);
}

const number = z.number().nonnegative();

/** One row. What a measure does not have is left out. */
const row = z.strictObject({
  backend: z.enum(["embedded", "kafka"]),
  /** `bare` and `floor` are the two servers beside `intake`. */
  measure: z.enum([...MEASURES, "bare", "floor"]),
  /** What was sent a second, by the clock; left out where 64 connections send one behind the other. */
  rate: number.optional(),
  /** What was taken, or folded, a second. */
  per_s: number.optional(),
  p50_ms: number.optional(),
  p95_ms: number.optional(),
  p99_ms: number.optional(),
  /** CPU of the gateway's process for one request, user and system. */
  cpu_us: number.optional(),
  floor_cpu_us: number.optional(),
  bare_cpu_us: number.optional(),
  /** `intake`: CPU against the floor; `growth`: the worse of intake and p95 against the first size; `receivers`: p99 with against without. */
  ratio: number.optional(),
  rss_mb: number.optional(),
  /** Of one core. */
  cpu_percent: number.optional(),
  /** Of the time, in which PostgreSQL worked on a statement. */
  db_percent: number.optional(),
  /** Events in the log before the measure; `clocks`: clocks that wait. */
  stored: number.optional(),
  /** The service of `idle`; `with` or `without` hostile ones in `receivers`, waiting clocks in `clocks`. */
  service: z.string().optional(),
});

/** One row. */
export type Row = z.infer<typeof row>;

/** The whole. */
export const report = z.strictObject({
  head: z.strictObject({
    machine: z.string().min(1),
    versions: z.record(z.string(), z.string()),
    commit: z.string().min(1),
    seed: z.number().int().nonnegative(),
  }),
  measures: z.array(row),
});

/** The whole. */
export type Report = z.infer<typeof report>;
