// LISTEN on a connection of its own that comes back by itself.
import type pg from "pg";
import type { Db } from "./open.ts";

const RECONNECT_MS = 500;

/**
 * Calls `onNotify` with the payload of each notification of a channel, and once with "" after every (re)connect, since
 * notifications sent meanwhile are lost. Answers a function that ends it.
 */
export async function listen(db: Db, channel: string, onNotify: (payload: string) => void): Promise<() => Promise<void>> {
  let stopped = false;
  let client: pg.Client | undefined;
  let timer: NodeJS.Timeout | undefined;

  async function connect(): Promise<void> {
    const fresh = await db.connect();
    if (stopped) return fresh.end();
    client = fresh;
    const lost = (): void => {
      if (client !== fresh) return;
      client = undefined;
      retry();
    };
    fresh.on("error", lost);
    fresh.on("end", lost);
    fresh.on("notification", ({ payload }) => onNotify(payload ?? ""));
    await fresh.query(`LISTEN "${channel.replaceAll('"', '""')}"`);
    onNotify("");
  }
  function retry(): void {
    if (stopped) return;
    timer = setTimeout(() => connect().catch(retry), RECONNECT_MS);
  }

  await connect().catch(retry);
  return async () => {
    stopped = true;
    clearTimeout(timer);
    const last = client;
    client = undefined;
    await last?.end().catch(() => {});
  };
}
