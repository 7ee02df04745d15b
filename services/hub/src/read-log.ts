// A route that reads records of a topic from a time on, decoded and without content: sealed bytes and wrapped secrets are left out.
import { STAFF_PROBLEMS, TOPICS, mayWatch } from "@ruta/events";
import type { TopicName } from "@ruta/events";
import { HTTP_PROBLEMS, problemsOf } from "@ruta/kit";
import type { HttpApp } from "@ruta/kit";
import type { Log, LogRecord } from "@ruta/log";
import { z } from "zod";
import { messageView } from "./record-view.ts";

/** A record as staff reads it. */
export interface ReadRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: string;
  /** The log's time, RFC 3339. */
  readonly time: string;
  readonly key: string;
  readonly id: string;
  readonly type: string;
  /** What staff may see of the message; left out when this version cannot read it. */
  readonly message?: Readonly<Record<string, unknown>>;
}

const problem = problemsOf({ ...HTTP_PROBLEMS, ...STAFF_PROBLEMS });

const query = z.strictObject({
  from: z.iso.datetime({ offset: true }).optional(),
  key: z.string().max(100).optional(),
  after: z
    .string()
    .max(2_000)
    .regex(/^\d{1,5}:\d{1,19}(,\d{1,5}:\d{1,19})*$/)
    .optional(),
  limit: z.coerce.number().int().min(1).max(500).default(50),
});

/** Adds GET /admin/hub/log/{topic}. Any instance answers it. */
export function serveLog(admin: HttpApp, log: Log): void {
  const params = z.object({ topic: z.enum(Object.keys(TOPICS) as (keyof typeof TOPICS)[]) });
  admin.get("/admin/hub/log/:topic", { schema: { params, querystring: query } }, async (request) => {
    if (!mayWatch(request.staff)) throw problem("staff-role");
    const topic = TOPICS[request.params.topic];
    const { from, after, key, limit } = request.query;
    const starts = after === undefined ? await startsAt(log, topic, from) : startsAfter(after);
    const pages = await Promise.all(
      starts.map(async ({ partition, offset }) => ({
        partition,
        offset,
        records: await log.read(topic, partition, offset, { max: limit }),
      })),
    );
    // One line of time over all partitions: what is shown is the earliest, and each partition goes on behind it.
    const shown = pages
      .flatMap(({ records }) => records)
      .toSorted((a, b) => a.time - b.time || a.partition - b.partition || Number(a.offset - b.offset))
      .slice(0, limit);
    const next = pages.map(({ partition, offset }) => {
      const last = shown.findLast((record) => record.partition === partition);
      return `${partition}:${last ? last.offset + 1n : offset}`;
    });
    const records = shown.filter((record) => key === undefined || record.key === key).map(readable);
    return { records, ...(shown.length === limit ? { next: next.join(",") } : {}) };
  });
}

async function startsAt(log: Log, topic: TopicName, from: string | undefined) {
  if (from === undefined)
    return (await log.offsets(topic)).map(({ partition, start }) => ({ partition, offset: start }));
  return log.offsetsAt(topic, Date.parse(from));
}

function startsAfter(cursor: string): { partition: number; offset: bigint }[] {
  return cursor.split(",").map((part) => {
    const [partition = "0", offset = "0"] = part.split(":");
    return { partition: Number(partition), offset: BigInt(offset) };
  });
}

/** A record that cannot be read is shown by its place and headers alone. */
function readable(record: LogRecord): ReadRecord {
  const { topic, partition, offset, time, key, headers } = record;
  const message = messageView(record);
  return {
    topic,
    partition,
    offset: String(offset),
    time: new Date(time).toISOString(),
    key,
    id: headers.ce_id ?? "",
    type: headers.ce_type ?? "",
    ...(message === undefined ? {} : { message }),
  };
}
