// One pool a process and database: queries, and transactions that can never stay open for long.
import pg from "pg";
import type { Sql } from "./sql.ts";

/** Inside a transaction. */
export interface Tx {
  query<R extends object = Record<string, unknown>>(statement: Sql): Promise<R[]>;
}

/** A database, by its pool. */
export interface Db extends Tx {
  readonly url: string;
  /** Runs `work` in one transaction: committed when it resolves, rolled back when it throws. At most 5 s. */
  tx<T>(work: (tx: Tx) => Promise<T>): Promise<T>;
  /** A connection of its own that the pool does not count, for LISTEN. The caller ends it. */
  connect(): Promise<pg.Client>;
  /** Whether the database answers within a second; never throws. */
  healthy(): Promise<boolean>;
  /** Waits for what is running and closes every connection. */
  close(): Promise<void>;
}

/** What `openDb` takes. */
export interface DbOptions {
  /** postgres:// URL. */
  readonly url: string;
  /** Shown in pg_stat_activity. */
  readonly name: string;
  /** Most connections; 8 when not said. */
  readonly max?: number;
  /** Told of connections lost while idle; statements that fail throw to their caller. */
  readonly onError?: (error: Error) => void;
}

/** No transaction of the hub lasts longer: a stopped process must not hold a lock for ever. */
const TRANSACTION_LIMIT_MS = 5_000;
const INT8 = 20;

const types: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number, format?: "text" | "binary") =>
    oid === INT8 && format !== "binary"
      ? (text: string) => BigInt(text)
      : pg.types.getTypeParser(oid, format as "text")) as typeof pg.types.getTypeParser,
};

function run<R>(client: { query: pg.ClientBase["query"] | pg.Pool["query"] }, { text, values }: Sql): Promise<R[]> {
  const query = client.query.bind(client) as (text: string, values: unknown[]) => Promise<pg.QueryResult>;
  return query(text, [...values]).then((result) => result.rows as R[]);
}

/** Opens a pool. Connects when first used, so that a database that is not there yet is no error here. */
export function openDb(options: DbOptions): Db {
  const settings = {
    connectionString: options.url,
    application_name: options.name,
    types,
    connectionTimeoutMillis: 5_000,
    keepAlive: true,
    options: `-c statement_timeout=${TRANSACTION_LIMIT_MS} -c idle_in_transaction_session_timeout=${TRANSACTION_LIMIT_MS}`,
  };
  const pool = new pg.Pool({ ...settings, max: options.max ?? 8, idleTimeoutMillis: 30_000 });
  // Without a listener a server that stops would end the process.
  pool.on("error", (error) => options.onError?.(error));

  return {
    url: options.url,
    query: (statement) => run(pool, statement),
    async tx(work) {
      const client = await pool.connect();
      let broken: Error | undefined;
      const lost = (error: Error): void => {
        broken = error;
      };
      client.on("error", lost);
      try {
        await client.query("BEGIN");
        const result = await work({ query: (statement) => run(client, statement) });
        await client.query("COMMIT");
        return result;
      } catch (error) {
        await client.query("ROLLBACK").catch((rollback: Error) => {
          broken = rollback;
        });
        throw error;
      } finally {
        client.off("error", lost);
        client.release(broken);
      }
    },
    async connect() {
      const client = new pg.Client({ ...settings, options: "" });
      await client.connect();
      return client;
    },
    async healthy() {
      const limit = AbortSignal.timeout(1_000);
      const late = new Promise<boolean>((resolve) => {
        limit.addEventListener("abort", () => resolve(false), { once: true });
      });
      return Promise.race([
        pool.query("SELECT 1").then(
          () => true,
          () => false,
        ),
        late,
      ]);
    },
    close: () => pool.end(),
  };
}
