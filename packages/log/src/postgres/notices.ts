// Notices between processes over one channel a log: new records in some topics, a change in some group.
import { listen, sql } from "@ruta/db";
import type { Db } from "@ruta/db";

/** What a process hears and says. */
export interface Notices {
  /** Tells the other processes, after the commit and not waited for; what comes while one is under way goes together. */
  written(topicIds: readonly number[]): void;
  /** Tells everyone that a group's members or holdings have changed. */
  regrouped(): void;
  close(): Promise<void>;
}

/** What to do on hearing; both are also called without argument after a reconnect, since notices are lost meanwhile. */
export interface Hearing {
  onWritten(topicIds?: readonly number[]): void;
  onRegrouped(): void;
}

/** Listens on a connection of its own. `me` marks this process's own notices, which it does not act on twice. */
export async function openNotices(db: Db, channel: string, me: string, hearing: Hearing): Promise<Notices> {
  let pending = new Set<number>();
  let sending: Promise<void> | undefined;

  async function notify(payload: string): Promise<void> {
    // A notice that fails is made good by the slow poll of every reader.
    await db.query(sql`SELECT pg_notify(${channel}, ${payload})`).catch(() => {});
  }
  async function send(): Promise<void> {
    while (pending.size > 0) {
      const ids = [...pending];
      pending = new Set();
      await notify(`written ${ids.join(",")} ${me}`);
    }
    sending = undefined;
  }

  const stop = await listen(db, channel, (payload) => {
    // The name of a process comes last: there may be a space in it.
    const [kind, ids, ...from] = payload.split(" ");
    if (kind === "written" && from.join(" ") !== me) hearing.onWritten(ids?.split(",").map(Number));
    if (kind === "regrouped") hearing.onRegrouped();
    if (kind === "") {
      hearing.onWritten();
      hearing.onRegrouped();
    }
  });
  return {
    written(topicIds) {
      topicIds.forEach((id) => pending.add(id));
      sending ??= send();
    },
    regrouped: () => void notify("regrouped"),
    async close() {
      await stop();
      await sending;
    },
  };
}
