// A connection of its own for work that lasts longer than the pool allows: one transaction, ended by its caller's end.
import type { Readable } from "node:stream";
import pg from "pg";
import type { Sql } from "../sql.ts";

/** Queries of one long transaction. */
export interface Session {
  query<R = Record<string, unknown>>(query: Sql): Promise<R[]>;
  readonly client: pg.Client;
}

/** Runs `fn` in one transaction that begins as said; COMMIT when it resolves, ROLLBACK when it throws. */
export async function inSession<T>(url: string, begin: string, fn: (session: Session) => Promise<T>): Promise<T> {
  const client = new pg.Client({
    connectionString: url,
    application_name: "ruta archive",
    keepAlive: true,
    connectionTimeoutMillis: 5_000,
    // A table may take longer than the server's own limits allow; a server that is gone is noticed by keep-alive.
    options: "-c statement_timeout=0 -c idle_in_transaction_session_timeout=0 -c lock_timeout=30000",
  });
  client.on("error", () => {});
  await client.connect();
  try {
    await client.query(begin);
    const query = async <R>({ text, values }: Sql): Promise<R[]> =>
      (await client.query<pg.QueryResultRow>(text, [...values])).rows as R[];
    const result = await fn({ client, query });
    const { command } = await client.query("COMMIT");
    if (command !== "COMMIT") throw new Error("the transaction was rolled back: a query in it had failed");
    return result;
  } finally {
    // Whatever is not committed goes with the connection, also in the middle of a COPY.
    await client.end().catch(() => {});
  }
}

const stopped = (): Error => new Error("stopped");

/** Lets a signal end a stream, in the middle or before its first byte. */
export function stoppable<S extends Readable>(stream: S, signal: AbortSignal | undefined): S {
  if (signal?.aborted) stream.destroy(stopped());
  signal?.addEventListener("abort", () => stream.destroy(stopped()), { once: true });
  return stream;
}

/** Throws where a signal has come when no stream was left to notice it. */
export function unlessStopped(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw stopped();
}
