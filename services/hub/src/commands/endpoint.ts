// `ruta endpoint`: how the endpoints of institutions fare, and what an operator does about one.
import { Command } from "commander";
import { addYes, confirmed } from "../ask.ts";
import { contextOf } from "../context.ts";
import { say } from "../language.ts";
import { CommandError, EXIT, print, style, table } from "../output.ts";
import { ageOf } from "../time.ts";

interface Endpoint {
  readonly institution: string;
  readonly state: string;
  readonly since?: string;
  readonly reason?: string;
  readonly proved: boolean;
  readonly failures: number;
  readonly probe?: string;
  readonly waiting: number;
  readonly oldest?: string;
  readonly parked: number;
}

interface Page {
  readonly endpoints: readonly Endpoint[];
  readonly next?: string;
}

interface Tested {
  readonly proved: boolean;
  readonly status: number;
  readonly failure?: string;
  readonly ms: number;
}

const ROUTE = "/admin/delivery/endpoints";
const COLUMNS = [
  say`institution`,
  say`state`,
  say`since`,
  say`failures`,
  say`next probe`,
  say`waiting`,
  say`oldest`,
  say`parked`,
];

function rowOf(endpoint: Endpoint, now: number): string[] {
  const { institution, state, reason, since, failures, probe, waiting, oldest, parked } = endpoint;
  const words = reason === undefined ? state : `${state} (${reason})`;
  return [
    institution,
    words,
    since === undefined ? "" : ageOf(since, now),
    String(failures),
    probe ?? "",
    String(waiting),
    oldest === undefined ? "" : ageOf(oldest, now),
    String(parked),
  ];
}

function listCommand(): Command {
  return new Command("list")
    .description("what stands in the way of deliveries to each institution, and what waits for it")
    .option("--state <state>", "only ok, inbox, open, unproved, paused, disabled or none")
    .option("--after <institution>", "go on behind this one", "")
    .option("--limit <n>", "most rows, 1 to 200", "200")
    .action(async (options: { state?: string; after: string; limit: string }, command: Command) => {
      const context = contextOf(command);
      const admin = await context.admin();
      const query = new URLSearchParams({ after: options.after, limit: options.limit });
      if (options.state !== undefined) query.set("state", options.state);
      const page = await admin.request<Page>("GET", `${ROUTE}?${query.toString()}`);
      const now = Date.now();
      print(context.json, page, () =>
        [
          page.endpoints.length === 0
            ? say`no endpoint`
            : table(
                COLUMNS,
                page.endpoints.map((endpoint) => rowOf(endpoint, now)),
              ),
          ...(page.next === undefined ? [] : [style.dim(say`there are more: --after ${page.next}`)]),
        ].join("\n"),
      );
    });
}

/** An act on one endpoint, and what it says when it is done. */
function actCommand(word: string, description: string, done: (institution: string) => string): Command {
  return new Command(word)
    .description(description)
    .argument("<institution>")
    .requiredOption("--reason <text>", "why, for the record")
    .action(async (institution: string, options: { reason: string }, command: Command) => {
      await act(institution, word, options.reason, command, done);
    });
}

async function act(
  institution: string,
  word: string,
  reason: string,
  command: Command,
  done: (institution: string) => string,
): Promise<void> {
  const context = contextOf(command);
  const admin = await context.admin();
  const result = await admin.request<object>("POST", `${ROUTE}/${encodeURIComponent(institution)}/${word}`, { reason });
  print(context.json, result, () => done(institution));
}

function disableCommand(): Command {
  const disable = new Command("disable")
    .description(
      "nothing more is sent there, and what waits for it is parked, until another endpoint is registered or it is resumed",
    )
    .argument("<institution>")
    .requiredOption("--reason <text>", "why, for the record");
  return addYes(disable).action(
    async (institution: string, options: { reason: string; yes?: boolean }, command: Command) => {
      await confirmed(say`Disable the endpoint of ${institution}?`, options.yes === true, [
        say`nothing more is sent there, and what waits for it is parked, until another endpoint is registered or it is resumed`,
      ]);
      await act(
        institution,
        "disable",
        options.reason,
        command,
        (of) => say`${of}: disabled; undo it with: ruta endpoint resume ${of}`,
      );
    },
  );
}

function testCommand(): Command {
  return new Command("test")
    .description("send a signed challenge now: it proves the endpoint, and closes its breaker, when it is answered")
    .argument("<institution>")
    .requiredOption("--reason <text>", "why, for the record")
    .action(async (institution: string, options: { reason: string }, command: Command) => {
      const context = contextOf(command);
      const admin = await context.admin();
      const path = `${ROUTE}/${encodeURIComponent(institution)}/test`;
      const tested = await admin.request<Tested>("POST", path, { reason: options.reason });
      if (tested.proved || context.json)
        print(context.json, tested, () => say`${institution}: proved itself in ${tested.ms} ms`);
      if (tested.proved) return;
      const answer = tested.status === 0 ? say`no answer` : say`status ${tested.status}`;
      throw new CommandError(
        say`${institution} did not prove itself: ${tested.failure ?? ""}, ${answer}, ${tested.ms} ms`,
        EXIT.failed,
        say`it must answer a ruta.endpoint.challenge with 2xx and {"challenge": "<the same>"}, within 15 s and 16 KiB`,
      );
    });
}

/** The command and its sub-commands. */
export function endpointCommand(): Command {
  return new Command("endpoint")
    .description("where institutions receive: how each fares; test, pause, resume, disable")
    .addCommand(listCommand())
    .addCommand(testCommand())
    .addCommand(
      actCommand(
        "pause",
        "send nothing for now: what is for it waits",
        (of) => say`${of}: paused; undo it with: ruta endpoint resume ${of}`,
      ),
    )
    .addCommand(
      actCommand(
        "resume",
        "neither paused nor disabled any more; one that failed is tried at once",
        (of) => say`${of}: resumed`,
      ),
    )
    .addCommand(disableCommand());
}
