// An institution's inbox as it is pulled: pages that wait for what comes, and acknowledgements that the cases hear of.
import { listen } from "@ruta/db";
import type { Db } from "@ruta/db";
import { deliveredRecord } from "@ruta/events";
import type { Directory } from "@ruta/events";
import type { Engine } from "@ruta/log";
import type { Refusal } from "./errors.ts";
import { decodeInboxCursor, encodeInboxCursor } from "./inbox-cursor.ts";
import { inboxChannel } from "./inbox-fold.ts";
import type { InboxTable } from "./inbox-table.ts";

/** What inboxes need. */
export interface InboxDeps {
  readonly db: Db;
  readonly schema: string;
  readonly table: InboxTable;
  readonly engine: Pick<Engine, "transact">;
  readonly directory: () => Directory;
  readonly now: () => number;
}

/** What a reader asks for. */
interface PullAsked {
  readonly institution: string;
  /** A cursor as it was answered; without one it starts behind the last acknowledged item. */
  readonly after: string | undefined;
  readonly limit: number;
  /** How long to wait for an item while there is none, in milliseconds. */
  readonly waitMs: number;
  /** Ends the wait early. */
  readonly gone: AbortSignal;
}

/** One page of an inbox. */
interface Page {
  readonly items: {
    readonly cursor: string;
    readonly webhookId: string;
    readonly contentType: string;
    readonly event: Record<string, unknown>;
  }[];
  /** Where to go on; missing while there is no place to name. */
  readonly next?: string;
}

/** The inboxes, as the routes use them. */
export interface Inboxes {
  pull(asked: PullAsked): Promise<Page | Refusal>;
  /** Acknowledges everything up to a cursor; resolves when the log has what the cases are told. */
  acknowledge(institution: string, cursor: string): Promise<{ readonly cursor: string } | Refusal>;
  start(): Promise<void>;
  /** Ends every wait; later ones end at once. */
  stop(): Promise<void>;
}

/** Most items that one transaction acknowledges. */
const BATCH = 500;
const SOURCE = "/ruta/gateway";
const NOT_OURS: Refusal = { code: "invalid-cursor", field: "cursor" };

/** Opens the inboxes. */
export function createInboxes({ db, schema, table, engine, directory, now }: InboxDeps): Inboxes {
  const waiting = new Map<string, Set<() => void>>();
  let stopped = false;
  let unlisten = async (): Promise<void> => {};

  function ring(institution: string): void {
    const all = institution === "" ? [...waiting.values()] : [waiting.get(institution) ?? new Set<() => void>()];
    for (const wake of all.flatMap((set) => [...set])) wake();
  }

  /** Resolves when something may have come for an institution, after `ms`, or when `gone` says so. */
  function comes(institution: string, ms: number, gone: AbortSignal): { readonly promise: Promise<void>; end(): void } {
    const { promise, resolve } = Promise.withResolvers<void>();
    const set = waiting.get(institution) ?? new Set();
    waiting.set(institution, set.add(resolve));
    const timer = setTimeout(resolve, ms);
    gone.addEventListener("abort", () => resolve(), { once: true });
    return {
      promise,
      end() {
        clearTimeout(timer);
        set.delete(resolve);
        if (set.size === 0 && waiting.get(institution) === set) waiting.delete(institution);
      },
    };
  }

  /** The place that a cursor of this inbox names; undefined when it is none of its. */
  async function placeOf(institution: string, text: string, last: bigint): Promise<bigint | undefined> {
    const cursor = decodeInboxCursor(institution, text);
    if (!cursor || cursor.place > last) return undefined;
    // After a restore a place may have been given to something else than what the reader saw there.
    const there = await table.at(db, institution, cursor.place);
    return there === undefined || there === cursor.webhookId ? cursor.place : undefined;
  }

  return {
    async pull({ institution, after, limit, waitMs, gone }) {
      const until = performance.now() + waitMs;
      const { last, acknowledged } = await table.standing(db, institution);
      const place = after === undefined ? acknowledged : await placeOf(institution, after, last);
      if (place === undefined) return { ...NOT_OURS, field: "after" };
      for (;;) {
        const left = until - performance.now();
        // Before the look, so that nothing comes unseen between it and the wait.
        const bell = comes(institution, Math.max(left, 0), gone);
        try {
          const rows = await table.after(db, institution, place, limit);
          if (rows.length > 0 || left <= 0 || gone.aborted || stopped) {
            const items = rows.map(({ place, webhookId, contentType, body }) => ({
              cursor: encodeInboxCursor(institution, { place, webhookId }),
              webhookId,
              contentType,
              event: JSON.parse(Buffer.from(body).toString("utf8")) as Record<string, unknown>,
            }));
            const next = items.at(-1)?.cursor ?? after;
            return { items, ...(next === undefined ? {} : { next }) };
          }
          await bell.promise;
        } finally {
          bell.end();
        }
      }
    },

    async acknowledge(institution, cursor) {
      const { last } = await table.standing(db, institution);
      const place = await placeOf(institution, cursor, last);
      if (place === undefined) return NOT_OURS;
      const endpointId = directory().endpointOf(institution, now())?.id ?? "";
      for (;;) {
        const count = await engine.transact(
          async (tx) => {
            const taken = await table.acknowledge(tx, institution, place, BATCH);
            const told = { endpointId, attempts: 0, at: now() };
            const ofCases = taken.filter(({ caseId }) => caseId !== "");
            return {
              result: taken.length,
              records: ofCases.map((one) => deliveredRecord(one, told, SOURCE, one.again)),
            };
          },
          { waitForLog: true },
        );
        if (count < BATCH) return { cursor };
      }
    },

    async start() {
      unlisten = await listen(db, inboxChannel(schema), ring);
    },

    async stop() {
      stopped = true;
      ring("");
      await unlisten();
    },
  };
}
