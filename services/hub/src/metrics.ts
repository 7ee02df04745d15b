// What every process of the hub says of itself in numbers: whether it is ready, its database, its disk, keys that end, and how each
// service gets on with the log.
import { statfs } from "node:fs/promises";
import { sql } from "@ruta/db";
import type { Db } from "@ruta/db";
import type { Directory } from "@ruta/events";
import type { HealthCheck, Metrics } from "@ruta/kit";
import { runChecks } from "@ruta/kit";
import { keyEnds } from "./key-ends.ts";

/** What the process is made of. */
export interface ProcessParts {
  readonly checks: () => readonly HealthCheck[];
  readonly db: Db;
  readonly directory: () => Directory;
  /** Folder of the embedded database; undefined where the database is elsewhere: then its disk has an exporter of its own. */
  readonly dataFolder: string | undefined;
  readonly now: () => number;
}

/** Registers what is the same for every process. */
export function createProcessMetrics(metrics: Metrics, { checks, db, directory, dataFolder, now }: ProcessParts): void {
  metrics.readings({
    part: "health",
    gauges: {
      ruta_ready: { help: "Whether a part of the process can do its work, as /readyz says", labels: ["check"] },
      ruta_degraded: {
        help: "Whether a part does its work less well than it should, as /readyz says",
        labels: ["check"],
      },
    },
    read: async () =>
      (await runChecks(checks())).flatMap(({ name, ready, degraded = [] }) => [
        { gauge: "ruta_ready" as const, labels: { check: name }, value: ready ? 1 : 0 },
        { gauge: "ruta_degraded" as const, labels: { check: name }, value: degraded.length > 0 ? 1 : 0 },
      ]),
  });
  metrics.readings({
    part: "pool",
    gauges: {
      ruta_database_connections: {
        help: "Connections of this process to its database: in use, idle; and what waits for one",
        labels: ["state"],
      },
    },
    read: () => {
      const { totalCount, idleCount, waitingCount } = db.pool;
      const counts = { "in use": totalCount - idleCount, idle: idleCount, waiting: waitingCount };
      return Object.entries(counts).map(([state, value]) => ({
        gauge: "ruta_database_connections" as const,
        labels: { state },
        value,
      }));
    },
  });
  metrics.readings({
    part: "database",
    gauges: {
      ruta_database_answer_seconds: {
        help: "How long the database took to answer the smallest question, with the wait for a connection",
      },
      ruta_database_clock_skew_seconds: {
        help: "How far the clocks of this process and of its database are apart, either way",
      },
    },
    async read() {
      const [before, started] = [now(), performance.now()];
      const [row] = await db.query<{ at: number }>(
        sql`SELECT extract(epoch FROM clock_timestamp())::double precision AS at`,
      );
      const ms = performance.now() - started;
      // The database read its clock at some moment of the exchange: only what lies outside of it is skew.
      const off = (row?.at ?? 0) * 1000 - before;
      return [
        { gauge: "ruta_database_answer_seconds", value: ms / 1000 },
        { gauge: "ruta_database_clock_skew_seconds", value: Math.max(0, -off, off - ms) / 1000 },
      ];
    },
  });
  metrics.readings({
    part: "keys",
    gauges: {
      ruta_key_expiry_seconds: {
        help: "Until the first institution has no key or no token in force, the first overlap of endpoint secrets ends, the first staff key ends; negative for a day after; no value where none ends",
        labels: ["kind"],
      },
      ruta_directory_revision: { help: "Revision of the directory that this process follows" },
    },
    read: () => [
      { gauge: "ruta_directory_revision", value: Number(directory().revision) },
      // The soonest of each kind: they come in that order.
      ...[...Map.groupBy(keyEnds(directory(), now()), ({ kind }) => kind)].map(([kind, [first]]) => ({
        gauge: "ruta_key_expiry_seconds" as const,
        labels: { kind },
        value: ((first?.end ?? 0) - now()) / 1000,
      })),
    ],
  });
  metrics.readings({
    part: "disk",
    gauges: {
      ruta_data_disk_free_bytes: {
        help: "What is free on the disk of the embedded database; no value where the database is elsewhere",
      },
      ruta_data_disk_size_bytes: { help: "Size of that disk" },
      ruta_data_disk_free_ratio: { help: "Share of that disk that is free, 0 to 1" },
    },
    async read() {
      if (dataFolder === undefined) return [];
      const { bavail, blocks, bsize } = await statfs(dataFolder);
      return [
        { gauge: "ruta_data_disk_free_bytes", value: bavail * bsize },
        { gauge: "ruta_data_disk_size_bytes", value: blocks * bsize },
        { gauge: "ruta_data_disk_free_ratio", value: blocks === 0 ? 1 : bavail / blocks },
      ];
    },
  });
}
