// `ruta send`: signs a CloudEvents file as an institution and posts it to the door, as the institution's system would.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { randomId } from "@ruta/events";
import { webhookHeaders } from "@ruta/proof";
import { Command } from "commander";
import { contextOf } from "../context.ts";
import { say } from "../language.ts";
import { CommandError, EXIT, print } from "../output.ts";
import { signingKeyIn } from "../partner/keys.ts";
import { refusal } from "../refusal.ts";
import type { Refusal } from "../refusal.ts";

/** The command. */
export function sendCommand(): Command {
  return new Command("send")
    .description("sign a CloudEvents JSON file as an institution and post it to the door")
    .argument("<file>", "the event")
    .requiredOption("--as <institution>", "who sends")
    .option("--key <file>", "its key; keys/institutions/<institution>.key of the data folder when not given")
    .option("--id <webhook-id>", "webhook-id; the same id again gets the same answer")
    .action(async (file: string, options: { as: string; key?: string; id?: string }, command: Command) => {
      const context = contextOf(command);
      const path = options.key ?? join(context.config.RUTA_DATA, "keys", "institutions", `${options.as}.key`);
      const key = await signingKeyIn(path);
      const body = await readFile(file).catch(() => {
        throw new CommandError(say`no file ${file}`, EXIT.usage);
      });
      const id = options.id ?? `msg_${randomId()}`;
      const headers = webhookHeaders({ id, timestampS: Math.floor(Date.now() / 1000), body, key });
      const url = new URL(`/v1/in/${encodeURIComponent(options.as)}`, context.config.RUTA_URL);
      const response = await fetch(url, {
        method: "POST",
        headers: { ...headers, "content-type": "application/cloudevents+json" },
        body: new Uint8Array(body),
        signal: AbortSignal.timeout(15_000),
      }).catch(() => {
        throw new CommandError(
          say`no gateway at ${context.config.RUTA_URL}`,
          EXIT.unreachable,
          say`start the hub, or set RUTA_URL`,
        );
      });
      const answer = (await response.json()) as Refusal & Record<string, unknown>;
      if (response.status !== 202) throw refusal(answer, response.status);
      print(
        context.json,
        answer,
        () =>
          `${say`accepted: referral ${String(answer.referral)}, webhook-id ${id}`}\n${JSON.stringify(answer, null, 2)}`,
      );
    });
}
