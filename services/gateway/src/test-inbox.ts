// For tests of inboxes: items as delivery offers them, and a reader that pulls and acknowledges.
import { TOPICS, newCaseId } from "@ruta/events";
import type { ReferralCommand } from "@ruta/events";
import { vi } from "vitest";
import { SOON } from "./test-service.ts";
import type { Answered, Bed, Door, OfferInit } from "./test-service.ts";

/** An item as a reader gets it. */
export interface Item {
  readonly cursor: string;
  readonly webhookId: string;
  readonly event: { readonly id: string };
}

/** The items of a page. */
export const itemsOf = ({ body }: Answered): readonly Item[] => (body["items"] ?? []) as readonly Item[];
/** Their webhook-ids. */
export const idsOf = (answer: Answered): string[] => itemsOf(answer).map(({ webhookId }) => webhookId);
/** Where a page says to go on. */
export const nextOf = ({ body }: Answered): string => body["next"] as string;

/** Items of one case for an institution: `<name>-1`, `<name>-2` … */
export function itemsFor(institution: string, name: string, count: number): OfferInit[] {
  const caseId = newCaseId();
  return Array.from({ length: count }, (_, n) => ({
    webhookId: `${name}-${n + 1}`,
    eventId: `event-${name}-${n + 1}`,
    caseId,
    referralId: `${caseId}-1`,
    institution,
  }));
}

/** What institutions do with their inboxes. */
export interface Readers {
  pull(institution: string, query?: string): Promise<Answered>;
  /** Pulls until so many items are there. */
  pulled(institution: string, count: number, query?: string): Promise<Answered>;
  acknowledge(institution: string, body: unknown): Promise<Answered>;
  /** What a case was told. */
  told(caseId: string): Promise<Pick<ReferralCommand, "commandId" | "act">[]>;
}

/** Readers at a door of a bed. */
export function readers(bed: Bed, door: Door): Readers {
  const pull: Readers["pull"] = (institution, query = "") => bed.read(door, institution, `/v1/inbox${query}`);
  return {
    pull,
    pulled: (institution, count, query = "") =>
      vi.waitUntil(async () => {
        const answer = await pull(institution, `${query === "" ? "?" : `${query}&`}wait=30&limit=200`);
        return itemsOf(answer).length >= count ? answer : undefined;
      }, SOON),
    acknowledge: (institution, body) => bed.post(door, institution, "/v1/inbox/ack", body),
    told: async (caseId) =>
      (await bed.messages(TOPICS.commands, caseId)).map(({ commandId, act }) => ({ commandId, act })),
  };
}
