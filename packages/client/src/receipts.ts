// Receipts of the hub: verified by its public keys, pinned or asked for, before an act counts as taken.
import { verifyReceipt } from "@ruta/proof";
import type { Receipt } from "@ruta/proof";
import { ReceiptInvalid } from "./errors.ts";
import { publicKeys } from "./keys.ts";

/** Checks receipts. */
export interface ReceiptCheck {
  /** Knows the keys; call it before sending, so that nothing is taken whose receipt cannot be checked. */
  ready(): Promise<void>;
  /** The receipt of a 202 answer, if it holds for this act and these bytes. Throws ReceiptInvalid. */
  check(
    answer: Record<string, unknown>,
    act: { webhookId: string; institution: string; body: Uint8Array },
  ): Promise<Receipt>;
}

/** With `pinned` keys only those count; else `fetchKeys` is asked, and once more when a receipt names a key it did not have. */
export function receiptCheck(pinned: readonly string[] | undefined, fetchKeys: () => Promise<string[]>): ReceiptCheck {
  let keys = pinned && publicKeys(pinned);
  const fetched = async (): Promise<Uint8Array[]> => (keys = publicKeys(await fetchKeys()));
  return {
    async ready() {
      if (!keys) await fetched();
    },
    async check(answer, { webhookId, institution, body }) {
      let verdict = verifyReceipt(answer.receipt, keys ?? (await fetched()), body);
      if (!verdict.ok && verdict.reason === "unknown-key" && !pinned)
        verdict = verifyReceipt(answer.receipt, await fetched(), body);
      if (!verdict.ok) throw new ReceiptInvalid(verdict.reason, answer);
      const receipt = answer.receipt as Receipt;
      if (receipt.webhookId !== webhookId || receipt.institution !== institution)
        throw new ReceiptInvalid("another-act", answer);
      return receipt;
    },
  };
}
