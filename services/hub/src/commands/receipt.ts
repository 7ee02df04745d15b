// `ruta receipt verify`: checks a receipt of the door, offline when the hub's public key is given.
import { readFile } from "node:fs/promises";
import { decodePublicKey, verifyReceipt } from "@ruta/proof";
import type { Receipt } from "@ruta/proof";
import { Command } from "commander";
import { contextOf } from "../context.ts";
import { say } from "../language.ts";
import { CommandError, EXIT, print } from "../output.ts";

/** A public key of the hub, and since when it signs nothing more. */
interface HubPublicKey {
  readonly publicKey: Uint8Array;
  readonly until: string | undefined;
}

async function publicKeys(given: string | undefined, url: string): Promise<HubPublicKey[]> {
  const texts: readonly { readonly whpk: string; readonly until?: string }[] = given
    ? [{ whpk: given }]
    : await fetch(new URL("/v1/keys", url))
        .then(async (response) => ((await response.json()) as { keys: { whpk: string; until?: string }[] }).keys)
        .catch(() => {
          throw new CommandError(
            say`no hub at ${url}`,
            EXIT.unreachable,
            say`give its public key with --key whpk_… to check offline`,
          );
        });
  const keys = texts.flatMap(({ whpk, until }) => {
    const publicKey = decodePublicKey(whpk);
    return publicKey ? [{ publicKey, until }] : [];
  });
  if (keys.length === 0) throw new CommandError(say`no public key of the form whpk_…`, EXIT.usage);
  return keys;
}

/** The command and its sub-commands. */
export function receiptCommand(): Command {
  const command = new Command("receipt").description("receipts of the door");
  command
    .command("verify")
    .description("check the signature of a receipt and, with --body, that it is for these bytes")
    .argument("<file>", "the receipt, or the whole 202 answer, as JSON")
    .option("--body <file>", "the raw body that was sent")
    .option("--key <whpk>", "the hub's public key; asked from the hub when not given")
    .action(async (file: string, options: { body?: string; key?: string }, self: Command) => {
      const context = contextOf(self);
      const parsed = JSON.parse(await readFile(file, "utf8")) as Receipt & { receipt?: Receipt };
      const body = options.body === undefined ? undefined : await readFile(options.body);
      const receipt = parsed.receipt ?? parsed;
      const keys = await publicKeys(options.key, context.config.RUTA_URL);
      // Whoever has a key that was retired can still sign with it, but no receipt of before is dated later.
      const counting = keys.filter(({ until }) => until === undefined || receipt.receivedAt <= until);
      const verdict = verifyReceipt(
        receipt,
        counting.map(({ publicKey }) => publicKey),
        body,
      );
      if (!verdict.ok) throw new CommandError(say`the receipt does not hold: ${verdict.reason}`, EXIT.refused);
      print(context.json, verdict, () =>
        body ? say`the receipt holds, and it is for this body` : say`the receipt holds`,
      );
    });
  return command;
}
