// A process of its own for the crash tests: consumes or transacts, and kills or stops itself at a named place.
import { openDb, sql } from "@ruta/db";
import { TOPICS } from "@ruta/events";
import { openEngine } from "../engine/engine.ts";
import type { FaultPoint } from "../engine/faults.ts";
import { openLog } from "../open-log.ts";
import type { LogConfig } from "../open-log.ts";
import type { Log } from "../port.ts";
import { counting, record, textOf } from "./bed.ts";

/** What a child does, given as JSON in the environment variable CHILD. */
export interface ChildTask {
  readonly log: LogConfig;
  readonly databaseUrl: string;
  readonly door: "consume" | "transact";
  readonly group: string;
  /** `decode`: a batch is in hand, nothing is begun. `append`: the outbox was read, nothing is sent. */
  readonly at: FaultPoint | "decode" | "append";
  /** SIGKILL ends it there, SIGSTOP makes it stand still until it gets SIGCONT. */
  readonly signal: "SIGKILL" | "SIGSTOP";
}

async function run(task: ChildTask): Promise<void> {
  let hit = false;
  const fault = (at: ChildTask["at"]): void => {
    if (hit || at !== task.at) return;
    hit = true;
    process.kill(process.pid, task.signal);
  };
  const real = await openLog(task.log);
  const log: Log = {
    ...real,
    append: (records) => {
      fault("append");
      return real.append(records);
    },
  };
  const db = openDb({ url: task.databaseUrl, name: "child" });
  const engine = await openEngine({ log, db, service: "child", schema: "contract", instance: "child", faults: fault });
  if (task.door === "consume") {
    await engine.consume({
      group: task.group,
      topics: [TOPICS.commands],
      decode: (one) => {
        fault("decode");
        return textOf(one);
      },
      handle: counting("child"),
    });
    return;
  }
  for (let n = 0; ; n += 1) {
    await engine.transact(async (tx) => {
      await tx.query(sql`INSERT INTO effect (key, text, by) VALUES ('k', ${`${n}`}, 'child')`);
      return { result: undefined, records: [record("k", `did ${n}`, TOPICS.events)] };
    });
  }
}

// The parent's end must be this process's end too, even while it stands still in the background.
process.on("disconnect", () => process.exit(0));
await run(JSON.parse(process.env.CHILD ?? "") as ChildTask);
