// The log kept in PostgreSQL: put together from topics, appending, reading, groups and retention.
import { migrate, openDb, processId, startSweeps } from "@ruta/db";
import type { Db } from "@ruta/db";
import { MAX_BATCH } from "../port.ts";
import type { Log, LogLogger } from "../port.ts";
import { createAppender } from "./append.ts";
import { createBell } from "../bell.ts";
import { createBelfry } from "./belfry.ts";
import { createGroups } from "./groups.ts";
import { openNotices } from "./notices.ts";
import { cursor, readMany, readOffsets, readOffsetsAt } from "./read.ts";
import { retention } from "./retention.ts";
import { openTopics } from "./topics.ts";

/** The migrations of the log's tables. */
export const LOG_MIGRATIONS = new URL("./migrations/", import.meta.url);
/** A reader that waits looks by itself this often, should a notice be lost. */
const POLL_MS = 1_000;

/** What `openPostgresLog` takes. */
export interface PostgresLogConfig {
  readonly databaseUrl: string;
  /** A pool of this database to use instead of an own one; it is left open. */
  readonly db?: Db;
  readonly prefix?: string;
  readonly clientId: string;
  readonly logger: LogLogger;
}

/** The schema of the log's tables. */
export function logSchema(prefix: string): string {
  return prefix === "" ? "log" : `${prefix.replace(/\.$/, "").replaceAll(".", "_")}_log`;
}

/** Opens the log in PostgreSQL, making its tables when they are missing. */
export async function openPostgresLog(config: PostgresLogConfig): Promise<Log> {
  const prefix = config.prefix ?? "";
  const schema = logSchema(prefix);
  const named = (name: string): string => `${prefix}${name}`;
  const db = config.db ?? openDb({ url: config.databaseUrl, name: `${config.clientId} log` });
  await migrate(db, { schema, folder: LOG_MIGRATIONS });

  const me = processId(db);
  const belfry = createBelfry();
  const topics = openTopics(db, schema, named);
  const groups = createGroups({
    db,
    schema,
    processId: me,
    topics,
    belfry,
    logger: config.logger,
    regrouped: () => notices.regrouped(),
  });
  const notices = await openNotices(db, schema, me, {
    onWritten: (ids) => belfry.ring(ids),
    onRegrouped: () => groups.poke(),
  });
  const appender = createAppender(db, schema, topics, (ids) => {
    belfry.ring(ids);
    notices.written(ids);
  });
  const stopRetention = startSweeps({
    db,
    schema,
    sweeps: retention(schema),
    onError: () => config.logger.warn({ code: "retention" }, "old records could not be removed; trying again"),
  });

  return {
    driver: "postgres",
    createTopics: (specs) => topics.create(specs),
    append: (records) => appender.append(records),
    async read(name, partition, from, { max = MAX_BATCH, maxWaitMs = 0 } = {}) {
      const topic = await topics.get(name);
      const bell = createBell();
      const unhang = belfry.hang(bell, [topic.id]);
      try {
        const until = performance.now() + maxWaitMs;
        for (;;) {
          const seen = bell.count();
          const records = await readMany(db, schema, [cursor(topic, name, partition, from)], max);
          const left = until - performance.now();
          if (records.length > 0 || left <= 0) return records;
          await bell.wait(seen, Math.min(left, POLL_MS));
        }
      } finally {
        unhang();
      }
    },
    offsets: async (name) => readOffsets(db, schema, await topics.get(name)),
    offsetsAt: async (name, timeMs) => readOffsetsAt(db, schema, await topics.get(name), timeMs),
    join: (group, names, member) => groups.join(named(group), names, member),
    healthy: () => db.healthy(),
    async close() {
      await stopRetention();
      await groups.close();
      await appender.idle();
      await notices.close();
      if (!config.db) await db.close();
    },
  };
}
