// What of the gateway's tables goes when it is old: claims that no sender repeats any more, and items of inboxes.
import { rowsOf, sql } from "@ruta/db";
import type { Sweep } from "@ruta/db";
import { INBOX_DAYS } from "@ruta/events";

/** How long a webhook that comes again gets the first answer again, in days: as long as its command stays in the log. */
const CLAIM_DAYS = 30;

/** What goes of a schema. */
export function retention(schema: string): Sweep[] {
  const older = (column: string, days: number) =>
    sql`${sql.id(column)} < now() - ${days} * interval '1 day' ORDER BY ${sql.id(column)}`;
  return [
    { drop: rowsOf(sql.id(schema, "claim"), older("received_at", CLAIM_DAYS)) },
    { drop: rowsOf(sql.id(schema, "inbox_item"), older("offered_at", INBOX_DAYS)) },
  ];
}
