// Cursors of pages: an opaque text that holds the last row of a page, and the checks of what comes back.
import { parseReferralId } from "@ruta/events";

/** The last row of a page. */
export interface Cursor {
  /** Milliseconds. */
  readonly changedAt: number;
  readonly referralId: string;
}

/** A cursor as text. */
export function encodeCursor({ changedAt, referralId }: Cursor): string {
  return Buffer.from(`${changedAt} ${referralId}`).toString("base64url");
}

/** The cursor of a text; undefined when no page returned it. */
export function decodeCursor(text: string): Cursor | undefined {
  const [time = "", referralId = "", ...rest] = Buffer.from(text, "base64url").toString("utf8").split(" ");
  if (rest.length > 0 || !/^\d{1,15}$/.test(time) || !parseReferralId(referralId)) return undefined;
  return { changedAt: Number(time), referralId };
}
