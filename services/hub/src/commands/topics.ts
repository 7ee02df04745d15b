// `ruta topics`: the topics of the hub as they stand in Kafka beside what is wanted of them; and makes and sets what is not so.
import { TOPIC_SPECS } from "@ruta/events";
import type { TopicState } from "@ruta/log/kafka";
import { Command } from "commander";
import { addYes, confirmed } from "../ask.ts";
import type { HubConfig } from "../config.ts";
import { kafkaOf } from "../connections.ts";
import { contextOf } from "../context.ts";
import type { Context } from "../context.ts";
import { say } from "../language.ts";
import { CommandError, EXIT, print, style, table } from "../output.ts";
import { isUnreachable, whyRefused } from "../reach.ts";
import { logPrefix } from "../service-names.ts";

const DAY_MS = 86_400_000;

/** How Kafka is reached; undefined where the log is kept in PostgreSQL. */
function targetOf(config: HubConfig) {
  if (config.KAFKA_BROKERS === undefined) return undefined;
  return { ...kafkaOf(config), prefix: logPrefix(config.RUTA_PREFIX), clientId: "ruta-topics" };
}

/** Kafka's client, which other commands need not load. */
const kafka = () => import("@ruta/log/kafka");

/** Does what asks Kafka; its refusals are told with what to do. */
async function told(work: () => Promise<TopicState[]>): Promise<TopicState[]> {
  try {
    return await work();
  } catch (error) {
    const why = whyRefused(error);
    if (why === undefined && !isUnreachable(error)) throw error;
    throw new CommandError(
      why === undefined ? say`Kafka cannot be reached` : say`Kafka answers, but ${why}`,
      EXIT.unreachable,
      say`\`ruta config\` shows the variables, \`ruta doctor\` what is reachable`,
    );
  }
}

const keptFor = (ms: string): string => (ms === "-1" ? say`for ever` : say`${Number(ms) / DAY_MS} days`);

function rowOf({ name, is, differences }: TopicState): string[] {
  if (is === undefined) return [name, "", "", "", "", style.red(say`missing`)];
  const { partitions, replicas, settings } = is;
  const kept = keptFor(settings["retention.ms"] ?? "");
  const word = differences.length === 0 ? style.green(say`as wanted`) : style.yellow(say`differs`);
  return [name, String(partitions), String(replicas), settings["min.insync.replicas"] ?? "", kept, word];
}

/** What is not as wanted and can be, or cannot be, set; a line each. */
function linesOf(states: readonly TopicState[], settable: boolean): string[] {
  return states.flatMap(({ name, differences }) =>
    differences
      .filter((difference) => difference.settable === settable)
      .map(({ what, is, wanted }) => say`${name}: ${what} is ${is}, wanted ${wanted}`),
  );
}

/** What applying would do, a line each. */
function planOf(states: readonly TopicState[]): string[] {
  const missing = states.filter(({ is }) => is === undefined);
  const made = missing.map(
    ({ name, wanted }) => say`${name}: to be made, partitions ${wanted.partitions}, copies ${wanted.replicas}`,
  );
  return [...made, ...linesOf(states, true)];
}

/** Why what cannot be set stays, and what can be done about it. */
function remediesOf(states: readonly TopicState[]): string[] {
  const any = (name: string): boolean =>
    states.some(({ differences }) => differences.some(({ what }) => what === name));
  return [
    any("partitions")
      ? say`Partitions stay as they are, and the hub works with them: another number would tear the order of cases apart. A hub under another RUTA_PREFIX gets topics of its own.`
      : "",
    any("replicas")
      ? say`Copies are added by kafka-reassign-partitions.sh; \`ruta topics apply\` then sets how many must have a record.`
      : "",
  ];
}

function text(states: readonly TopicState[], after: string): string {
  const columns = [say`topic`, say`partitions`, say`copies`, say`must have it`, say`kept`, say`state`];
  const lines = [
    table(columns, states.map(rowOf)),
    ...planOf(states),
    ...linesOf(states, false),
    ...remediesOf(states),
  ];
  return [...lines, after].filter((line) => line !== "").join("\n");
}

/** Prints the topics; ends with 1 while something is not as wanted. */
function show(context: Context, states: readonly TopicState[], after: string): void {
  print(context.json, { log: "kafka", topics: states }, () => text(states, after));
  if (states.some(({ is, differences }) => is === undefined || differences.length > 0)) process.exitCode = EXIT.failed;
}

function showNone(context: Context): void {
  print(context.json, { log: "postgres", topics: [] }, () => say`the log is kept in PostgreSQL: there are no topics`);
}

/** The command and its sub-command. */
export function topicsCommand(): Command {
  const topics = new Command("topics")
    .description("the topics in Kafka beside what is wanted of them. Ends with 1 while something is not so")
    .action(async (_options: unknown, command: Command) => {
      const context = contextOf(command);
      const target = targetOf(context.config);
      if (!target) return showNone(context);
      const states = await told(async () => (await kafka()).examineTopics(target, TOPIC_SPECS));
      const open = planOf(states).length > 0;
      show(context, states, open ? say`\`ruta topics apply\` makes what is missing and sets what differs` : "");
    });
  const apply = topics
    .command("apply")
    .description("make the topics that are missing and set the settings that differ; nothing else is touched")
    .option("--dry-run", "say what would be done, and do nothing");
  addYes(apply).action(async ({ dryRun, yes }: { dryRun?: boolean; yes?: boolean }, command: Command) => {
    const context = contextOf(command);
    const target = targetOf(context.config);
    if (!target) return showNone(context);
    const before = await told(async () => (await kafka()).examineTopics(target, TOPIC_SPECS));
    const plan = planOf(before);
    if (plan.length === 0) return show(context, before, say`nothing to do`);
    if (dryRun === true) return show(context, before, say`${plan.length} things to do; nothing was done`);
    await confirmed(say`Do this? Kafka deletes what is older than a topic then keeps.`, yes === true, plan);
    const states = await told(async () => (await kafka()).settleTopics(target, TOPIC_SPECS));
    show(context, states, say`${plan.length} things done`);
  });
  return topics;
}
