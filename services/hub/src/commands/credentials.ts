// What `ruta keys` and `ruta tokens` have in common: list and revoke what an institution holds.
import type { Command } from "commander";
import { contextOf } from "../context.ts";
import { say } from "../language.ts";
import { print, table } from "../output.ts";

interface Credential {
  readonly id: string;
  readonly institution: string;
  readonly scheme?: string;
  readonly label?: string;
  readonly from?: string;
  readonly until?: string;
}

/** Adds `list` and `revoke` for one kind of credential ("keys" or "tokens"). */
export function addListAndRevoke(parent: Command, kind: "keys" | "tokens"): void {
  parent
    .command("list")
    .description(`the ${kind} of an institution: ids and validity, never the secret`)
    .argument("<institution>")
    .action(async (institution: string, _options: unknown, command: Command) => {
      const context = contextOf(command);
      const admin = await context.admin();
      const path = `/admin/directory/${kind}?institution=${encodeURIComponent(institution)}`;
      const { entries } = await admin.request<{ entries: Credential[] }>("GET", path);
      print(context.json, entries, () =>
        table(
          ["id", say`kind`, say`valid from`, say`valid until`],
          entries.map((entry) => [entry.id, entry.scheme ?? entry.label ?? "", entry.from ?? "", entry.until ?? ""]),
        ),
      );
    });
  parent
    .command("revoke")
    .description("end one at once")
    .argument("<institution>")
    .argument("<id>")
    .requiredOption("--reason <text>", "why, for the record")
    .action(async (institution: string, id: string, options: { reason: string }, command: Command) => {
      const context = contextOf(command);
      const admin = await context.admin();
      const path = `/admin/directory/${kind}/${encodeURIComponent(id)}/revoke`;
      const revoked = await admin.request<{ revision: string }>("POST", path, { institution, reason: options.reason });
      print(context.json, revoked, () => say`${id} is revoked in revision ${revoked.revision}`);
    });
}
