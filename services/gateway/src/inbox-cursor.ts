// Cursors of inboxes: an opaque text that names one item at its place, and shows whose inbox it belongs to.
import { derivedId } from "@ruta/events";

/** What a cursor names. */
export interface InboxCursor {
  readonly place: bigint;
  readonly webhookId: string;
}

/** Letters of the check: enough to tell a mistake; a reader can reach nothing but its own inbox anyway. */
const CHECK = 8;

const checkOf = (institution: string, { place, webhookId }: InboxCursor): string =>
  derivedId("inbox-cursor", institution, String(place), webhookId).slice(0, CHECK);

/** A cursor as text. */
export function encodeInboxCursor(institution: string, cursor: InboxCursor): string {
  return Buffer.from(`${cursor.place} ${checkOf(institution, cursor)} ${cursor.webhookId}`).toString("base64url");
}

/** The cursor of a text; undefined when the inbox of this institution never answered it. */
export function decodeInboxCursor(institution: string, text: string): InboxCursor | undefined {
  const match = /^([1-9]\d{0,17}) (\S+) (\S+)$/.exec(Buffer.from(text, "base64url").toString("utf8"));
  if (!match) return undefined;
  const [, place = "", check, webhookId = ""] = match;
  const cursor = { place: BigInt(place), webhookId };
  return check === checkOf(institution, cursor) && text === encodeInboxCursor(institution, cursor) ? cursor : undefined;
}
