// Consumer groups without a coordinator: each process beats, reads the group tables, gives up its surplus, takes what is free.
import { randomUUID } from "node:crypto";
import type { Db } from "@ruta/db";
import type { LogLogger, Member, Membership, TopicName, TopicPartition } from "../port.ts";
import { balance } from "./balance.ts";
import type { Belfry } from "./belfry.ts";
import { openGroupTable } from "./group-table.ts";
import type { GroupRow } from "./group-table.ts";
import { startFetching } from "./membership.ts";
import type { Fetching } from "./membership.ts";
import { notePositions } from "./positions.ts";
import type { NotePositions } from "./positions.ts";
import type { Topics } from "./topics.ts";

/** How often a process says that it lives, and looks at its groups. */
const BEAT_MS = 1_500;

interface Joined {
  readonly id: string;
  readonly group: string;
  readonly topics: ReadonlyMap<TopicName, number>; // partitions of each
  readonly fetching: Fetching;
  readonly note: NotePositions;
  busy: Promise<void> | undefined;
}

/** The groups of one process. */
export interface Groups {
  join(group: string, topics: readonly TopicName[], member: Member): Promise<Membership>;
  /** Looks at the group tables now: something changed. */
  poke(): void;
  close(): Promise<void>;
}

/** What groups need of the driver. */
export interface GroupsOptions {
  readonly db: Db;
  readonly schema: string;
  readonly processId: string;
  readonly topics: Topics;
  readonly belfry: Belfry;
  readonly logger: LogLogger;
  /** Tells the other processes that a group has changed. */
  regrouped(): void;
}

/** Groups that nobody has joined yet; the process starts to beat with the first. */
export function createGroups(options: GroupsOptions): Groups {
  const table = openGroupTable(options.db, options.schema, options.processId);
  const joined = new Set<Joined>();
  let timer: NodeJS.Timeout | undefined;
  let ticking: Promise<void> | undefined;
  let again = false;
  let entered: Promise<void> | undefined;
  let closed = false;

  function poke(): void {
    if (closed || joined.size === 0) return;
    if (ticking) {
      again = true;
      return;
    }
    clearTimeout(timer);
    ticking = tick()
      .catch(() => options.logger.warn({ code: "group-tables" }, "the group tables cannot be reached; looking again"))
      .finally(() => {
        ticking = undefined;
        if (closed) return;
        timer = setTimeout(poke, again ? 0 : BEAT_MS);
        again = false;
      });
  }

  async function tick(): Promise<void> {
    if (!(await table.beat())) {
      options.logger.warn({ code: "taken-for-ended" }, "this process was taken for ended; joining its groups again");
      await table.enter();
      for (const one of joined) await table.join(one.group, [...one.topics.keys()], one.id);
    }
    const rows = await table.rows([...new Set([...joined].map(({ group }) => group))]);
    for (const one of joined) {
      await one.note();
      if (one.busy) continue; // still letting go: the end of that looks again
      one.busy = reconcile(
        one,
        rows.filter(({ grp }) => grp === one.group),
      )
        .catch(() => options.logger.warn({ code: "group-tables" }, "a group could not be settled; trying again"))
        .finally(() => {
          one.busy = undefined;
        });
    }
  }

  /** Brings what one member holds in line with the tables, one topic after the other. */
  async function reconcile(one: Joined, rows: readonly GroupRow[]): Promise<void> {
    const gained: TopicPartition[] = [];
    const lost: TopicPartition[] = [];
    const surplus: TopicPartition[] = [];
    for (const [topic, count] of one.topics) {
      const members = rows.filter((row) => row.topic === topic && row.partition === null).map((row) => row.member);
      const holders: (string | undefined)[] = Array.from({ length: count });
      for (const row of rows) if (row.topic === topic && row.partition !== null) holders[row.partition] = row.member;
      const { release, claim } = balance(one.id, members, holders);
      surplus.push(...release.map((partition) => ({ topic, partition })));
      const claimed = claim.length > 0 ? await table.claim(one.group, one.id, topic, claim) : [];
      const mine = holders.flatMap((holder, n) => (holder === one.id && !release.includes(n) ? [n] : []));
      const local = new Set(
        one.fetching
          .held()
          .filter((p) => p.topic === topic)
          .map((p) => p.partition),
      );
      gained.push(...[...claimed, ...mine].filter((n) => !local.has(n)).map((partition) => ({ topic, partition })));
      lost.push(...[...local].filter((n) => holders[n] !== one.id).map((partition) => ({ topic, partition })));
    }
    if (lost.length + surplus.length > 0) await one.fetching.lose([...lost, ...surplus]);
    if (surplus.length > 0) {
      await table.release(one.group, one.id, surplus);
      options.regrouped();
    }
    if (gained.length > 0) {
      await one.fetching.gain(gained);
      options.logger.info({ group: one.group, count: one.fetching.held().length }, "partitions assigned");
    } else await one.fetching.settle();
  }

  async function leave(one: Joined): Promise<void> {
    if (!joined.delete(one)) return;
    await one.fetching.stop();
    await one.busy;
    await one.note().catch(() => {}); // then more is kept than need be, until the next holder says more
    await one.fetching.lose(one.fetching.held());
    // What cannot be told now is found out by the missing heartbeat.
    await table.leave(one.group, one.id).catch(() => {});
    options.regrouped();
  }

  return {
    poke,
    async join(group, names, member) {
      entered ??= table.enter();
      await entered.catch((error: unknown) => {
        entered = undefined;
        throw error;
      });
      const topics = await Promise.all(names.map((name) => options.topics.get(name)));
      const ids = new Map(topics.map((topic, index) => [topic.id, names[index]!]));
      const fetching = startFetching({ ...options, topics, names: ids, member });
      const one: Joined = {
        id: randomUUID(),
        group,
        topics: new Map(names.map((name, index) => [name, topics[index]!.partitions])),
        fetching,
        note: notePositions(table, group, new Map([...ids].map(([id, name]) => [name, id])), member),
        busy: undefined,
      };
      const unhang = options.belfry.hang(fetching.bell, [...ids.keys()]);
      await table.join(group, names, one.id).catch(async (error: unknown) => {
        unhang();
        await fetching.stop();
        throw error;
      });
      joined.add(one);
      options.regrouped();
      poke();
      return {
        seek: (position) => fetching.seek(position),
        pause: (partition) => fetching.pause(partition),
        async leave() {
          unhang();
          await leave(one);
        },
      };
    },
    async close() {
      for (const one of joined) await leave(one);
      closed = true;
      clearTimeout(timer);
      await ticking;
      if (entered) await table.exit().catch(() => {});
    },
  };
}
