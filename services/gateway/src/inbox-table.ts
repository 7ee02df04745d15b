// The inboxes in SQL: what a reader pulls, what it acknowledges, and how far it is behind.
import { sql } from "@ruta/db";
import type { Querying, Tx } from "@ruta/db";
import type { Delivery } from "@ruta/events";

/** An item as it is read. */
interface ItemRow {
  readonly place: bigint;
  readonly webhookId: string;
  readonly contentType: string;
  readonly body: Uint8Array;
}

/** A delivery that was acknowledged; `again` counts the times it was offered anew after it had been. */
type Acknowledged = Delivery & { readonly again: number };

/** What waits in an inbox. */
interface Lag {
  readonly institution: string;
  readonly count: number;
  /** When the oldest of them was offered. */
  readonly oldest: Date;
}

/** Of one inbox so many items are counted as waiting: more or fewer makes no difference to whoever looks. */
export const COUNTED = 10_000;

/** The inboxes of one schema. */
export interface InboxTable {
  /** The last place given and the last acknowledged; 0 for an inbox that never had an item. */
  standing(on: Querying, institution: string): Promise<{ readonly last: bigint; readonly acknowledged: bigint }>;
  /** The webhook-id at a place; undefined where nothing lies any more. */
  at(on: Querying, institution: string, place: bigint): Promise<string | undefined>;
  /** Items behind a place, in order. */
  after(on: Querying, institution: string, place: bigint, limit: number): Promise<ItemRow[]>;
  /** Acknowledges at most `limit` items up to a place, and answers them; fewer than `limit` when all are acknowledged. */
  acknowledge(tx: Tx, institution: string, place: bigint, limit: number): Promise<Acknowledged[]>;
  /** Every inbox in which something is not acknowledged. */
  lags(on: Querying): Promise<Lag[]>;
}

/** The inboxes kept in `schema`. */
export function createInboxTable(schema: string): InboxTable {
  const inbox = sql.id(schema, "inbox");
  const item = sql.id(schema, "inbox_item");
  return {
    async standing(on, institution) {
      const [row] = await on.query<{ last: bigint; acknowledged: bigint }>(sql`
        select last, acknowledged from ${inbox} where institution = ${institution}`);
      return row ?? { last: 0n, acknowledged: 0n };
    },

    async at(on, institution, place) {
      const [row] = await on.query<{ webhookId: string }>(sql`
        select webhook_id as "webhookId" from ${item} where institution = ${institution} and place = ${place}`);
      return row?.webhookId;
    },

    async after(on, institution, place, limit) {
      return on.query<ItemRow>(sql`
        select place, webhook_id as "webhookId", content_type as "contentType", body from ${item}
        where institution = ${institution} and place > ${place} order by place limit ${limit}`);
    },

    async acknowledge(tx, institution, place, limit) {
      const [row] = await tx.query<{ acknowledged: bigint }>(sql`
        select acknowledged from ${inbox} where institution = ${institution} for update`);
      if (!row || row.acknowledged >= place) return [];
      const taken = await tx.query<Acknowledged & { place: bigint }>(sql`
        select place, webhook_id as id, event_id as "eventId", institution, case_id as "caseId",
          referral_id as "referralId", again
        from ${item} where institution = ${institution} and place > ${row.acknowledged} and place <= ${place}
        order by place limit ${limit}`);
      const upTo = taken.length < limit ? place : (taken.at(-1)?.place ?? place);
      tx.send(sql`update ${inbox} set acknowledged = ${upTo} where institution = ${institution}`);
      return taken;
    },

    async lags(on) {
      return on.query<Lag>(sql`
        select i.institution, n.count, n.oldest from ${inbox} as i cross join lateral (
          select count(*)::integer as count, min(offered_at) as oldest from (
            select offered_at from ${item} where institution = i.institution and place > i.acknowledged
            order by place limit ${COUNTED}) as first) as n
        where i.last > i.acknowledged and n.count > 0 order by n.oldest, i.institution`);
    },
  };
}
