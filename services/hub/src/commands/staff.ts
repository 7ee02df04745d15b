// `ruta staff`: names who may act on the hub, each by a public key.
import { writeFile } from "node:fs/promises";
import { encodePublicKey, encodeSecretKey, generateKeyPair } from "@ruta/proof";
import { Command } from "commander";
import { contextOf } from "../context.ts";
import { print } from "../output.ts";

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
        const body = { id, publicKey, roles: options.role, reason: options.reason };
        const added = await admin.request<{ revision: string }>("POST", "/admin/directory/staff", body);
        if (pair) {
          const file = JSON.stringify({ staff: id, secretKey: encodeSecretKey(pair.seed) });
          await writeFile(options.out, `${file}\n`, { mode: 0o600, flag: "wx" });
        }
        print(context.json, { ...added, publicKey, keyFile: pair ? options.out : undefined }, () =>
          pair
            ? `${id} is added in revision ${added.revision}; hand over ${options.out} and delete it here`
            : `${id} is added in revision ${added.revision}`,
        );
      },
    );
  return staff;
}
