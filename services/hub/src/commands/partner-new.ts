// `ruta partner new`: lets an institution in: its entry, how it receives, key and token, and the first lines that it pastes.
import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { decodePublicKey } from "@ruta/proof";
import { Command, Option } from "commander";
import { contextOf } from "../context.ts";
import { say } from "../language.ts";
import { CommandError, EXIT, print, style } from "../output.ts";
import { anyServiceType, enrol, idOfName } from "../partner/enrol.ts";
import type { Enrolled } from "../partner/enrol.ts";
import { firstLines } from "../partner/first-lines.ts";
import type { KeptFiles } from "../partner/first-lines.ts";

interface Options {
  readonly id?: string;
  readonly type: string;
  readonly functions: string;
  readonly serviceType?: string;
  readonly endpoint?: string;
  readonly scheme: "v1" | "v1a";
  readonly inbox?: boolean;
  readonly public?: string;
  readonly out?: string;
  readonly reason: string;
}

const TRY = say`and a first referral, tried: nothing is recorded; without /check in it, it is sent:`;

/** How long the gateway may take to know the new token, in milliseconds. */
const KNOWN_MS = 10_000;

/** Waits until the gateway knows the token, so that what is printed works at once; false where it cannot be seen. */
async function isKnown(url: string, token: string): Promise<boolean> {
  const end = performance.now() + KNOWN_MS;
  while (performance.now() < end) {
    const headers = { authorization: `Bearer ${token}` };
    const answer = await fetch(new URL("/v1/referrals?limit=1", url), { headers }).catch(() => undefined);
    if (!answer) return false;
    if (answer.ok) return true;
    await delay(100);
  }
  return false;
}

/** What is shown once, by the name of the file in which --out keeps it. */
function secretsOf({ key, token, endpoint }: Enrolled): [name: string, meaning: string, secret: string][] {
  const all: [string, string, string | undefined][] = [
    ["key", say`signs what it sends`, key.secret],
    ["token", say`reads`, token.token],
    ["secret", say`verifies what the hub sends to its endpoint`, endpoint?.secret],
  ];
  return all.flatMap(([name, meaning, secret]) => (secret === undefined ? [] : [[name, meaning, secret]]));
}

const FILES = ["key", "token", "secret"];

/** Where key and token are kept, as lines that are pasted in any folder name them. */
const filesIn = (folder: string, id: string): KeptFiles => ({
  key: resolve(folder, `${id}.key`),
  token: resolve(folder, `${id}.token`),
});

/** Makes the folder before anything is shown this once, and sees that no file of another is in the way. */
async function makeRoom(folder: string, id: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const taken = FILES.map((name) => join(folder, `${id}.${name}`)).find((file) => existsSync(file));
  if (taken !== undefined)
    throw new CommandError(say`there is a file ${taken} already`, EXIT.usage, say`give another folder with --out`);
}

/** What was made, without what is shown once. */
function withoutSecrets({ institution, revision, key, token, endpoint }: Enrolled): object {
  return {
    institution,
    revision,
    key: { id: key.id },
    token: { id: token.id },
    ...(endpoint && { endpoint: { id: endpoint.id } }),
  };
}

async function keep(folder: string, enrolled: Enrolled): Promise<string[]> {
  const lines: string[] = [];
  for (const [name, meaning, secret] of secretsOf(enrolled)) {
    const file = join(folder, `${enrolled.institution}.${name}`);
    await writeFile(file, `${secret}\n`, { mode: 0o600, flag: "wx" });
    lines.push(`  ${file}  ${style.dim(meaning)}`);
  }
  return lines;
}

function receivesOf({ endpoint, scheme, inbox }: Options) {
  if (endpoint !== undefined && inbox === true)
    throw new CommandError(say`--endpoint and --inbox at once`, EXIT.usage, say`an institution receives at one place`);
  return inbox === true ? "inbox" : endpoint === undefined ? undefined : { url: endpoint, scheme };
}

async function make(name: string, options: Options, command: Command): Promise<void> {
  const { config, json, admin: open } = contextOf(command);
  const id = options.id ?? idOfName(name);
  if (id === "") throw new CommandError(say`no id can be made of ${name}`, EXIT.usage, say`give one with --id`);
  const receives = receivesOf(options);
  if (options.out !== undefined) await makeRoom(options.out, id);
  if (options.public !== undefined && !decodePublicKey(options.public))
    throw new CommandError(say`--public is not a public key`, EXIT.usage, say`give an Ed25519 key as whpk_…`);
  const admin = await open();
  const enrolled = await enrol(admin, {
    id,
    name,
    type: options.type,
    functions: options.functions.split(","),
    serviceType: options.serviceType,
    receives,
    publicKey: options.public,
    reason: options.reason,
  });
  const files = options.out === undefined ? undefined : await keep(options.out, enrolled);
  const { token } = enrolled.token;
  const lines = firstLines({
    url: config.RUTA_URL.replace(/\/$/, ""),
    institution: id,
    token,
    secret: enrolled.key.secret,
    serviceType: await anyServiceType(admin),
    files: options.out === undefined ? undefined : filesIn(options.out, id),
    today: new Intl.DateTimeFormat("en-CA", { timeZone: "America/Guayaquil" }).format(Date.now()),
  });
  const known = await isKnown(config.RUTA_URL, token);
  print(json, { ...(files ? withoutSecrets(enrolled) : enrolled), curl: lines }, () =>
    [
      say`${style.bold(id)} is in the directory, revision ${enrolled.revision}` +
        (receives ? "" : say`; nothing is delivered to it yet: it has no endpoint and no inbox`),
      style.bold(files ? say`kept in files that only you can read:` : say`shown this once:`),
      ...(files ??
        secretsOf(enrolled).map(([name, meaning, secret]) => `  ${name.padEnd(7)} ${secret}  ${style.dim(meaning)}`)),
      style.bold(
        known
          ? say`its first line, which reads:`
          : say`its first line, which reads (the hub at ${config.RUTA_URL} did not answer to it yet):`,
      ),
      lines.read,
      ...(lines.try === undefined ? [] : [style.bold(TRY), lines.try]),
    ].join("\n"),
  );
}

/** The command. */
export function partnerNewCommand(): Command {
  return new Command("new")
    .description("let an institution in: directory entry, how it receives, key, token, and its first lines")
    .argument("<name>", "its public name")
    .option("--id <id>", "its id for ever; made of the name when not given")
    .addOption(
      new Option("--type <type>", "what it is")
        .choices(["municipal", "public", "private", "civil-society", "international", "academia"])
        .default("civil-society"),
    )
    .option("--functions <list>", "in the protection system, comma separated", "execution")
    .option("--service-type <code>", "enter a service of this type too, which takes referrals")
    .option("--endpoint <url>", "the hub posts to it there")
    .addOption(new Option("--scheme <scheme>", "how that is signed").choices(["v1", "v1a"]).default("v1"))
    .option("--inbox", "it pulls from its inbox at the hub")
    .option("--public <whpk>", "its own public key; a shared secret is made when not given")
    .option("--out <folder>", "keep what is shown once in files there instead of the terminal")
    .requiredOption("--reason <text>", "why, for the record")
    .addHelpText(
      "after",
      `\n${say`It does what directory apply, keys new and tokens new do, each of which is on record.`}`,
    )
    .action(async (name: string, options: Options, command: Command) => make(name, options, command));
}
