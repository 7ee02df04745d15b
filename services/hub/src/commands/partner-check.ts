// `ruta partner check`: a conformance run against an institution's endpoint, with what to mend.
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Command } from "commander";
import { contextOf } from "../context.ts";
import { say } from "../language.ts";
import { CommandError, EXIT, style } from "../output.ts";
import { checkEndpoint } from "../partner/conformance.ts";
import { signingKeyIn } from "../partner/keys.ts";
import { checkedAddress } from "../partner/probe.ts";
import { findingLines, reportPage, summary } from "../partner/report.ts";

const HELP = say`
It sends what the hub would send, about a referral that does not exist, and what nobody should, and looks at the answers.
It signs with a key that the endpoint knows: its secret (whsec_…), or a key pair for trying whose public half it was given
(whsk_…). On the hub's own machine nothing need be given: it signs with the hub's key, as deliveries of scheme v1a are.

Exit codes: 0 everything that must be is, 1 something that must be is not, 2 wrong usage.`;

interface Options {
  readonly as: string;
  readonly key?: string;
  readonly nextKey?: string;
  readonly html?: string;
}

/** The key named, or the hub's own where this is the hub's machine. */
function keyFile(named: string | undefined, data: string): string {
  if (named !== undefined) return named;
  const own = join(data, "keys", "signing.key");
  if (existsSync(own)) return own;
  throw new CommandError(say`no key to sign with`, EXIT.usage, say`give --key FILE with the endpoint's secret whsec_…`);
}

/** The command. */
export function partnerCheckCommand(): Command {
  return new Command("check")
    .description("try an institution's endpoint: signatures, repeats, order, size, time, changing keys")
    .argument("<url>", "https, or http on this machine")
    .requiredOption("--as <institution>", "whose endpoint it is")
    .option("--key <file>", "what the endpoint verifies by, as its other half: whsec_… or whsk_…")
    .option("--next-key <file>", "the key that will follow it, when the endpoint has both")
    .option("--html <file>", "write the report as a page too")
    .addHelpText("after", HELP)
    .action(async (address: string, options: Options, command: Command) => {
      const { json, config } = contextOf(command);
      const url = checkedAddress(address);
      if (typeof url === "string") throw new CommandError(`${address} ${url}`, EXIT.usage);
      const file = keyFile(options.key, config.RUTA_DATA);
      const key = await signingKeyIn(file);
      const nextKey = options.nextKey === undefined ? undefined : await signingKeyIn(options.nextKey);
      const tell = (line: string): void => void process.stdout.write(`${line}\n`);
      if (!json) tell(style.dim(say`what ${url.href} takes, signed ${key.scheme} with ${file}`));
      const onFinding = json
        ? {}
        : { onFinding: (finding: Parameters<typeof findingLines>[0]) => tell(findingLines(finding, style)) };
      const report = await checkEndpoint({ url, institution: options.as, key, nextKey, ...onFinding });
      if (options.html !== undefined) await writeFile(options.html, reportPage(report));
      tell(json ? JSON.stringify(report, null, 2) : style.bold(summary(report)));
      process.exitCode = report.ok ? EXIT.done : EXIT.failed;
    });
}
