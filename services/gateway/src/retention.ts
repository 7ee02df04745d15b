// What of the gateway's tables goes when it is old: claims that no sender repeats any more, and items of inboxes.
import { sql } from "@ruta/db";
import type { Sweep } from "@ruta/db";
import { INBOX_DAYS } from "@ruta/events";

/** How long a webhook that comes again gets the first answer again, in days: as long as its command stays in the log. */
const CLAIM_DAYS = 30;
/** Most rows that go in one transaction. */
const PART = 1_000;

/** What goes of a schema. */
export function retention(schema: string): Sweep[] {
  const claim = sql.id(schema, "claim");
  const item = sql.id(schema, "inbox_item");
  return [
    {
      async drop(tx) {
        const dropped = await tx.query(sql`
          delete from ${claim} where ctid = any(array(
            select ctid from ${claim} where received_at < now() - ${CLAIM_DAYS} * interval '1 day'
            order by received_at limit ${PART} for update skip locked)) returning 1`);
        return dropped.length === PART;
      },
    },
    {
      async drop(tx) {
        const dropped = await tx.query(sql`
          delete from ${item} where ctid = any(array(
            select ctid from ${item} where offered_at < now() - ${INBOX_DAYS} * interval '1 day'
            order by offered_at limit ${PART} for update skip locked)) returning 1`);
        return dropped.length === PART;
      },
    },
  ];
}
