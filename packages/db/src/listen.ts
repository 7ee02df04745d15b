// Notifications: a connection of its own that listens to one channel and comes back when it is lost.
import pg from "pg";
import type { Db } from "./open.ts";
import { sql } from "./sql.ts";

const FIRST_WAIT_MS = 100;
const LONGEST_WAIT_MS = 2_000;

/**
 * Listens to `channel` until the returned function is called. `onNotify` receives each payload, and an empty one
 * each time it has (again) connected, since notifications of the time before are gone. Resolves after the first attempt
 * to connect; when that fails, it goes on trying.
 */
export async function listen(
  db: Pick<Db, "url">,
  channel: string,
  onNotify: (payload: string) => void,
): Promise<() => Promise<void>> {
  let stopped = false;
  let client: pg.Client | undefined;
  let timer: NodeJS.Timeout | undefined;

  const connect = async (): Promise<void> => {
    const next = new pg.Client({
      connectionString: db.url,
      application_name: "ruta listen",
      keepAlive: true,
      connectionTimeoutMillis: 5_000,
    });
    next.on("error", () => {});
    next.on("notification", (message) => onNotify(message.payload ?? ""));
    client = next;
    try {
      await next.connect();
      await next.query(sql`LISTEN ${sql.id(channel)}`.text);
    } catch (error) {
      void next.end().catch(() => {});
      throw error;
    }
    if (stopped) await next.end().catch(() => {});
    else {
      next.once("end", () => again(FIRST_WAIT_MS));
      onNotify("");
    }
  };

  const again = (waitMs: number): void => {
    if (stopped) return;
    timer = setTimeout(() => {
      connect().catch(() => again(Math.min(waitMs * 2, LONGEST_WAIT_MS)));
    }, waitMs);
  };

  await connect().catch(() => again(FIRST_WAIT_MS));
  return async () => {
    stopped = true;
    clearTimeout(timer);
    await client?.end().catch(() => {});
  };
}
