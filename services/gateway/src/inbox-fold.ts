// Folds what delivery offers into the inboxes: each item once, at a place of its own, a batch in a few statements.
import { timestampFromMs, timestampMs } from "@bufbuild/protobuf/wkt";
import { sql } from "@ruta/db";
import type { Tx } from "@ruta/db";
import { TOPICS, decodeRecord } from "@ruta/events";
import type { InboxItem } from "@ruta/events";
import type { LogRecord } from "@ruta/log";

/** Group under which the gateway reads inboxes. */
export const INBOX_GROUP = "gateway.inbox";

/** The channel on which gateways of a schema are told of institutions with new items. */
export const inboxChannel = (schema: string): string => `${schema}.inbox`;

/** Reads an item; throws for what is no item of its key, or could not be answered as JSON. */
export function decodeItem(record: LogRecord): InboxItem {
  const item = decodeRecord(TOPICS.inbox, record.value);
  if (item.institution === "" || !/^\S+$/.test(item.webhookId))
    throw new Error("an inbox item names nobody, or has no id");
  const key = item.caseId === "" ? item.institution : item.caseId;
  if (key !== record.key) throw new Error("an inbox item lies under another key");
  JSON.parse(Buffer.from(item.body).toString("utf8"));
  item.offeredAt ??= timestampFromMs(record.time);
  return item;
}

interface Known {
  readonly institution: string;
  readonly webhookId: string;
  readonly place: bigint;
  readonly again: number;
  readonly offeredAt: Date;
}

/** An item with its place. */
interface Placed {
  readonly item: InboxItem;
  readonly place: bigint;
  readonly again: number;
}

const offeredMs = ({ offeredAt }: InboxItem): number => (offeredAt ? timestampMs(offeredAt) : 0);
const nameOf = (of: { readonly institution: string; readonly webhookId: string }): string =>
  JSON.stringify([of.institution, of.webhookId]);

/**
 * Folds a batch, in order. A repeat is dropped; one that was offered anew keeps its place while it is not acknowledged, and gets
 * a new one when it was.
 */
export async function foldInbox(schema: string, tx: Tx, items: readonly InboxItem[]): Promise<void> {
  const inbox = sql.id(schema, "inbox");
  const inboxItem = sql.id(schema, "inbox_item");
  const institutions = [...new Set(items.map(({ institution }) => institution))];
  tx.send(sql`
    insert into ${inbox} (institution) select * from unnest(${institutions}::text[]) as i (institution) order by institution
    on conflict do nothing`);
  const counters = await tx.query<{ institution: string; last: bigint; acknowledged: bigint }>(sql`
    select institution, last, acknowledged from ${inbox} where institution = any(${institutions}::text[])
    order by institution for update`);
  // A statement of its own: it sees what was committed before the rows were locked.
  const known = await tx.query<Known>(sql`
    select institution, webhook_id as "webhookId", place, again, offered_at as "offeredAt"
    from unnest(${items.map(({ institution }) => institution)}::text[], ${items.map(({ webhookId }) => webhookId)}::text[])
      as i (institution, webhook_id)
    join ${inboxItem} using (institution, webhook_id)`);
  const { fresh, renewed, lasts } = placesOf(counters, known, items);
  if (fresh.length + renewed.length === 0) return;
  const columns = (all: readonly Placed[]) => sql`unnest(
    ${all.map(({ item }) => item.institution)}::text[], ${all.map(({ place }) => place)}::bigint[],
    ${all.map(({ item }) => item.webhookId)}::text[], ${all.map(({ item }) => item.eventId)}::text[],
    ${all.map(({ item }) => item.caseId)}::text[], ${all.map(({ item }) => item.referralId)}::text[],
    ${all.map(({ item }) => item.contentType)}::text[], ${all.map(({ item }) => item.body)}::bytea[],
    ${all.map(({ item }) => new Date(offeredMs(item)))}::timestamptz[], ${all.map(({ again }) => again)}::integer[])
    as n (institution, place, webhook_id, event_id, case_id, referral_id, content_type, body, offered_at, again)`;
  if (fresh.length > 0) await tx.query(sql`insert into ${inboxItem} select * from ${columns(fresh)}`);
  if (renewed.length > 0)
    tx.send(sql`
      update ${inboxItem} as i set place = n.place, again = n.again, offered_at = n.offered_at, body = n.body,
        content_type = n.content_type
      from ${columns(renewed)} where i.institution = n.institution and i.webhook_id = n.webhook_id`);
  tx.send(sql`
    update ${inbox} as i set last = n.last
    from unnest(${[...lasts.keys()]}::text[], ${[...lasts.values()]}::bigint[]) as n (institution, last)
    where i.institution = n.institution`);
  tx.send(sql`select pg_notify(${inboxChannel(schema)}, i) from unnest(${institutions}::text[]) as i`);
}

function placesOf(
  counters: readonly { readonly institution: string; readonly last: bigint; readonly acknowledged: bigint }[],
  known: readonly Known[],
  items: readonly InboxItem[],
): { fresh: Placed[]; renewed: Placed[]; lasts: ReadonlyMap<string, bigint> } {
  const lasts = new Map(counters.map(({ institution, last }) => [institution, last]));
  const acknowledged = new Map(counters.map(({ institution, acknowledged }) => [institution, acknowledged]));
  const standing = new Map(known.map((one) => [nameOf(one), one]));
  const placed = new Map<string, Placed>();
  const next = ({ institution }: InboxItem): bigint => {
    const place = (lasts.get(institution) ?? 0n) + 1n;
    lasts.set(institution, place);
    return place;
  };
  for (const item of items) {
    const name = nameOf(item);
    const before = standing.get(name);
    const here = placed.get(name);
    if (offeredMs(item) <= Math.max(before?.offeredAt.getTime() ?? -1, here ? offeredMs(here.item) : -1)) continue;
    if (here) placed.set(name, { ...here, item });
    else if (!before) placed.set(name, { item, place: next(item), again: 0 });
    else if (before.place > (acknowledged.get(item.institution) ?? 0n)) placed.set(name, { ...before, item });
    else placed.set(name, { item, place: next(item), again: before.again + 1 });
  }
  const all = [...placed.values()];
  return {
    lasts,
    fresh: all.filter(({ item }) => !standing.has(nameOf(item))),
    renewed: all.filter(({ item }) => standing.has(nameOf(item))),
  };
}
