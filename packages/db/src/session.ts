// Which processes have ended, as the server sees it: one that was killed has lost its connections at once, while one that stands
// still keeps them. What a process holds is named by an id that names its connections.
import { randomUUID } from "node:crypto";
import type { Db } from "./open.ts";
import { sql } from "./sql.ts";
import type { Sql } from "./sql.ts";

/** Longer than the time between two signs of life of any process, in seconds: one that is heard of is not asked about. */
const SILENT_S = 2.5;
/** Whoever was not heard of itself for so long, in seconds, knows nothing of others: the server or the way to it was gone for all. */
const STEADY_S = 4;

/** An id for a process that uses this database, for `isGone`. */
export function processId(db: Pick<Db, "session">): string {
  return `${db.session}/${randomUUID()}`;
}

/**
 * SQL: whether the process of an id has ended, by its silence since `seenAt` and by having no connection. An id that `processId`
 * did not make is never gone, and nobody is to a judge that was itself last seen long ago (`judgeSeenAt`; null: it has just come).
 */
export function isGone(id: Sql, seenAt: Sql, judgeSeenAt: Sql): Sql {
  return sql`(${seenAt} < clock_timestamp() - make_interval(secs => ${SILENT_S}) AND strpos(${id}, '/') > 0
    AND coalesce(${judgeSeenAt} > clock_timestamp() - make_interval(secs => ${STEADY_S}), true)
    AND NOT EXISTS (SELECT FROM pg_stat_activity AS a WHERE a.application_name = split_part(${id}, '/', 1)))`;
}
