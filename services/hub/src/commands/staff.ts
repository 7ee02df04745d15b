// `ruta staff`: names who may act on the hub, each by a public key.
import { rm, writeFile } from "node:fs/promises";
import { encodePublicKey, encodeSecretKey, generateKeyPair } from "@ruta/proof";
import { Command } from "commander";
import { contextOf } from "../context.ts";
import { say } from "../language.ts";
import { CommandError, EXIT, print } from "../output.ts";

async function writeKey(path: string, staff: string, seed: Uint8Array): Promise<void> {
  const file = JSON.stringify({ staff, secretKey: encodeSecretKey(seed) });
  await writeFile(path, `${file}\n`, { mode: 0o600, flag: "wx" }).catch(() => {
    throw new CommandError(
      say`${path} cannot be written, or is there already`,
      EXIT.usage,
      say`name another file with --out`,
    );
  });
}

/** The command and its sub-commands. */
export function staffCommand(): Command {
  const staff = new Command("staff").description("who may act on the hub");
  staff
    .command("add")
    .description("add a member by public key, or make a key file for them")
    .argument("<id>", "stable id; not a person's name")
    .requiredOption("--role <role...>", "administrator, operator, auditor")
    .option("--public-key <whpk>", "their public key, when they made it themselves")
    .option("--out <file>", "where to write the new key file when none is given", "staff.key")
    .requiredOption("--reason <text>", "why, for the record")
    .action(
      async (
        id: string,
        options: { role: string[]; publicKey?: string; out: string; reason: string },
        command: Command,
      ) => {
        const context = contextOf(command);
        const pair = options.publicKey === undefined ? generateKeyPair() : undefined;
        const publicKey = options.publicKey ?? encodePublicKey(pair!.publicKey);
        const admin = await context.admin();
        // First the file: a member whose key could not be written down would be one that nobody can be.
        if (pair) await writeKey(options.out, id, pair.seed);
        const body = { id, publicKey, roles: options.role, reason: options.reason };
        const added = await admin
          .request<{ revision: string }>("POST", "/admin/directory/staff", body)
          .catch(async (error: unknown) => {
            if (pair) await rm(options.out);
            throw error;
          });
        print(context.json, { ...added, publicKey, keyFile: pair ? options.out : undefined }, () =>
          pair
            ? say`${id} is added in revision ${added.revision}; hand over ${options.out} and delete it here`
            : say`${id} is added in revision ${added.revision}`,
        );
      },
    );
  return staff;
}
