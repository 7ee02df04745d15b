// `ruta partner simulate`: a whole counterpart on one's own machine, which receives, remembers and answers, until Ctrl-C.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { PERSONALITIES, createInstitution, memoryJournal, openJournal } from "@ruta/client/simulator";
import type { Entry, Journal, Personality } from "@ruta/client/simulator";
import { Command, InvalidArgumentError, Option } from "commander";
import { contextOf } from "../context.ts";
import { say, translated } from "../language.ts";
import { CommandError, EXIT, style } from "../output.ts";
import { hubKeys } from "../partner/hub-keys.ts";
import { keyText } from "../partner/keys.ts";
import { timelineLine } from "../partner/timeline.ts";

const NAMES = Object.keys(PERSONALITIES) as (keyof typeof PERSONALITIES)[];

const HELP = [
  "",
  say`Personalities:`,
  ...NAMES.map((name) => `  ${name.padEnd(16)} ${translated(PERSONALITIES[name].label)}`),
  "",
  say`The hub has to know the institution, its key, and this address as its endpoint:`,
  `  ruta partner new "Casa de prueba" --endpoint http://127.0.0.1:8090/ --out ./casa --reason "a trial"`,
  `  ruta partner simulate --as casa-de-prueba --key ./casa/casa-de-prueba.key --secret ./casa/casa-de-prueba.secret --port 8090`,
  say`A hub delivers to this machine only with RUTA_ALLOW_LOOPBACK=1, as the demonstration sets it.`,
].join("\n");

interface Options {
  readonly as: string;
  readonly hub?: string;
  readonly key?: string;
  readonly secret?: string;
  readonly personality: keyof typeof PERSONALITIES;
  readonly port: number;
  readonly host: string;
  readonly downFor?: number;
  readonly journal?: string;
}

function wholeNumber(text: string): number {
  if (!/^\d{1,5}$/.test(text)) throw new InvalidArgumentError(say`It takes a whole number.`);
  return Number(text);
}

/** Tells of each entry as it is added. */
function told(journal: Journal, tell: (entry: Entry) => void): Journal {
  return {
    entries: journal.entries,
    add(entry) {
      journal.add(entry);
      tell(entry);
    },
    close: () => journal.close(),
  };
}

function personalityOf({ personality, downFor }: Options): Personality {
  const chosen: Personality = PERSONALITIES[personality];
  return downFor === undefined ? chosen : { ...chosen, downForMs: downFor * 1000 };
}

/** Resolves at Ctrl-C, or when it is told to end. */
async function untilStopped(): Promise<void> {
  await new Promise<void>((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => resolve());
  });
}

async function simulate(options: Options, command: Command): Promise<void> {
  const { config, json } = contextOf(command);
  const gateway = options.hub ?? config.RUTA_URL;
  const own = (kind: string): string => join(config.RUTA_DATA, "keys", "institutions", `${options.as}.${kind}`);
  const secretFile = options.secret ?? (existsSync(own("secret")) ? own("secret") : undefined);
  const key = await keyText(options.key ?? own("key"));
  const secrets = secretFile === undefined ? [] : [await keyText(secretFile)];
  const keys = [...(await hubKeys(gateway)), ...secrets];

  const print = (line: string): void => void process.stdout.write(`${line}\n`);
  const tell = (entry: object, line: string | undefined): void => {
    if (json) print(JSON.stringify({ at: new Date().toISOString(), ...entry }));
    else if (line !== undefined) print(`${style.dim(new Date().toISOString().slice(11, 19))} ${line}`);
  };
  const journal = options.journal === undefined ? memoryJournal() : openJournal(options.journal);
  const personality = personalityOf(options);
  const institution = ((): ReturnType<typeof createInstitution> => {
    try {
      return createInstitution({
        id: options.as,
        personality,
        gateway,
        key,
        hubKeys: keys,
        journal: told(journal, (entry) => tell(entry, timelineLine(entry, style))),
        onRefusal: (status, reason) =>
          tell(
            { kind: "refused", status, reason: String(reason) },
            style.red(`<- ${say`refused with ${status}: ${String(reason)}`}`),
          ),
      });
    } catch (error) {
      if (error instanceof TypeError) throw new CommandError(error.message, EXIT.usage);
      throw error;
    }
  })();
  const port = await institution.listen(options.port, options.host);
  const url = `http://${options.host}:${port}/`;
  const label = translated(personality.label);
  const words = say`${options.as} (${label}) listens on ${url} and answers ${gateway}; Ctrl-C ends it`;
  tell({ kind: "listening", url }, style.bold(words));
  institution.resume();
  await untilStopped();
  await institution.close();
  journal.close();
}

/** The command. */
export function partnerSimulateCommand(): Command {
  return new Command("simulate")
    .description("run a whole counterpart on this machine: it receives, answers, and shows what happens, until Ctrl-C")
    .requiredOption("--as <institution>", "whom it plays")
    .option("--hub <url>", "the hub it answers; RUTA_URL when not given")
    .option("--key <file>", "signs its answers; keys/institutions/<institution>.key of the data folder when not given")
    .option("--secret <file>", "verifies deliveries of scheme v1; those of v1a are verified by the hub's public key")
    .addOption(new Option("--personality <name>", "how it behaves").choices(NAMES).default("prompt"))
    .option("--port <number>", "where it listens; a free port for 0", wholeNumber, 0)
    .option("--host <address>", "on which address", "127.0.0.1")
    .option("--down-for <seconds>", "its server is down for so long after the hub first knocks", wholeNumber)
    .option("--journal <file>", "remember over restarts what was received and answered")
    .addHelpText("after", HELP)
    .action(async (options: Options, command: Command) => simulate(options, command));
}
