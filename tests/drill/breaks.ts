// Deliberate faults in the log, each by a change of its source while it is loaded, for the processes of a drill alone: nothing of
// them is in the product, so that nothing can switch one on there.
import type { Edit } from "../source-edits.ts";
import type { DrillOptions } from "./drill.ts";
import type { Kind } from "./plan.ts";

/** A fault, and the drill that finds it. */
interface Break {
  readonly what: string;
  /** In files whose paths begin at LOG_SOURCES. */
  readonly edits: readonly Edit[];
  readonly kinds: readonly Kind[];
  readonly kills: number;
  readonly instances: number;
}

/** Keeps the moment open in which the fault can show: a few milliseconds are rarely hit. */
const WAIT = "await new Promise((go) => setTimeout(go, 100));";

/** Whoever is killed leaves something unsent. */
const LATE_RELAY: Edit = {
  file: "engine/relay.ts",
  find: "        await log.append(rows);",
  replace: `        ${WAIT}\n        await log.append(rows);`,
};

/** The faults by name. */
export const BREAKS = {
  "offset-first": {
    what: "the offset is moved before the effect",
    edits: [
      {
        file: "engine/work.ts",
        find: "    const written = await context.db.tx((tx) =>\n      fenced(tx, context, [...planned.steps.values()],",
        replace: `    await context.db.tx((tx) => fenced(tx, context, [...planned.steps.values()], async () => 0));
    ${WAIT}
    const written = await context.db.tx((tx) =>
      fenced(tx, context, [],`,
      },
    ],
    kinds: ["kill"],
    kills: 5,
    instances: 1,
  },
  "relay-by-last": {
    what: "the relay sends seq > last, and misses what commits late or is taken over",
    edits: [
      {
        file: "engine/outbox.ts",
        find: '  const outbox = sql.id(schema, "outbox");',
        replace: '  const outbox = sql.id(schema, "outbox");\n  let last = 0n;',
      },
      {
        file: "engine/outbox.ts",
        find: "AND seq <> ALL(${sent}::bigint[]) ORDER BY seq",
        replace: "AND seq > ${(last = sent.reduce((a, b) => (b > a ? b : a), last))} ORDER BY seq",
      },
      LATE_RELAY,
    ],
    kinds: ["kill"],
    kills: 5,
    instances: 2,
  },
  "no-fence": {
    what: "the offset is moved whoever holds the partition",
    edits: [
      {
        file: "engine/offsets.ts",
        find: " AND o.partition = s.partition AND o.next = s.expected",
        replace: " AND o.partition = s.partition",
      },
      {
        file: "engine/work.ts",
        find: "  if (planned.steps.size > 0) {",
        replace: `  if (planned.steps.size > 0) {\n    ${WAIT}`,
      },
    ],
    kinds: ["stop"],
    kills: 4,
    instances: 2,
  },
  "keep-repeats": {
    what: "a repeat of an event is taken for a new one",
    edits: [
      { file: "events.ts", find: "if (version <= last) return false;", replace: "if (version <= last) return true;" },
      { file: "engine/relay.ts", find: '        await faults("relay");', replace: `        ${WAIT}` },
    ],
    kinds: ["kill"],
    kills: 5,
    instances: 1,
  },
  "early-ack": {
    what: "the door answers before its transaction is durable",
    edits: [
      {
        file: "engine/engine.ts",
        find: "    async transact(fn, { waitForLog = false } = {}) {",
        replace: `    async transact(fn, options = {}) {
      const { waitForLog = false } = options;
      if (waitForLog) {
        const early = Promise.withResolvers();
        this.transact(async (tx) => {
          const made = await fn(tx);
          early.resolve(made.result);
          ${WAIT}
          return made;
        }).catch(early.reject);
        return early.promise;
      }`,
      },
    ],
    kinds: ["kill"],
    kills: 20,
    instances: 1,
  },
  "no-drain": {
    what: "nobody sends what an ended process left in the outbox",
    edits: [
      { file: "engine/consumer.ts", find: "left: await outbox.claim(tx, group, partitions),", replace: "left: []," },
      {
        file: "engine/outbox.ts",
        find: "WHERE owner <> ${owner} AND owner NOT IN (",
        replace: "WHERE false AND owner NOT IN (",
      },
      LATE_RELAY,
    ],
    kinds: ["kill"],
    kills: 5,
    instances: 1,
  },
} as const satisfies Readonly<Record<string, Break>>;

/** A fault by its name. */
export type BreakName = keyof typeof BREAKS;

/** Whether there is such a fault. */
export function isBreak(name: string): name is BreakName {
  return Object.hasOwn(BREAKS, name);
}

/** How to drill on a log with this fault; what is asked for goes before. */
export function brokenArgs(
  name: BreakName,
  asked: { readonly kills?: number | undefined; readonly instances?: number | undefined } = {},
): Pick<DrillOptions, "kills" | "processes" | "instances" | "kinds" | "pace" | "settleMs" | "execArgv"> {
  const { kinds, kills, instances }: Break = BREAKS[name];
  const entry = new URL(`broken.ts?break=${name}`, import.meta.url);
  return {
    kinds,
    processes: "one",
    kills: asked.kills ?? kills,
    instances: asked.instances ?? instances,
    pace: "hurried",
    settleMs: 15_000,
    execArgv: ["--import", entry.href],
  };
}

/** The folder whose files are changed, from the root of the repository. */
export const LOG_SOURCES = "packages/log/src/";
