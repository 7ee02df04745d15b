// A database: one pool, queries, and transactions that cannot last.
import { randomBytes } from "node:crypto";
import type { Duplex } from "node:stream";
import pg from "pg";
import { PLANNING, createPrepared } from "./prepared.ts";
import type { Sql } from "./sql.ts";
import { isStale } from "./transient.ts";

/** The pool of connections below a database. */
export type Pool = pg.Pool;

/** Whatever runs queries. */
export interface Querying {
  /** Runs a query; rows as the type says, which nobody checks. int8 comes as bigint, timestamptz as Date. */
  query<R = Record<string, unknown>>(query: Sql): Promise<R[]>;
}

/** Queries inside a transaction, executed in the order in which they are given, whether or not they are waited for. */
export interface Tx extends Querying {
  /** Runs a query of which nobody needs the answer. It goes together with what follows; when it fails, so does the transaction. */
  send(query: Sql): void;
}

/** An open database. */
export interface Db extends Querying {
  /** Runs `fn` between BEGIN and COMMIT; rolls back when it throws. `isTransient` tells which errors to try again. */
  tx<T>(fn: (tx: Tx) => Promise<T>): Promise<T>;
  /** The pool itself, for what needs a connection of its own. */
  readonly pool: Pool;
  /** The name of its connections at the server, as no other process has it (pg_stat_activity.application_name). */
  readonly session: string;
  /** Where it is; holds the password: never to be logged. */
  readonly url: string;
  /** True when the server answers within 2 s. */
  healthy(): Promise<boolean>;
  /** Waits for running queries and closes every connection. */
  close(): Promise<void>;
}

/** How to open a database. */
export interface DbOptions {
  /** postgresql:// URL. */
  readonly url: string;
  /** Name shown to the server (pg_stat_activity), with a random number behind it. */
  readonly name: string;
  /** Most connections at a time, 8 unless told. */
  readonly max?: number;
  /** Schema in which unqualified names are looked up. */
  readonly schema?: string;
  /** Told of errors of idle connections, such as a server that stops. The pool mends itself. */
  readonly onError?: (error: Error) => void;
}

/** Longest statement, and longest silence inside a transaction, in ms. */
const LIMIT_MS = 5_000;
/** After this many ms without an answer the connection is given up: the server or the way to it is gone. */
const ANSWER_MS = 2 * LIMIT_MS;
const HEALTH_MS = 2_000;
const SESSION_BYTES = 6;
const INT8 = 20;
const INT8_ARRAY = 1016;

function typesWithBigint(): pg.TypeOverrides {
  const types = new pg.TypeOverrides();
  types.setTypeParser(INT8, BigInt);
  const strings = pg.types.getTypeParser(INT8_ARRAY as number) as (text: string) => (string | null)[];
  types.setTypeParser(INT8_ARRAY, (text: string) =>
    strings(text).map((value) => (value === null ? null : BigInt(value))),
  );
  return types;
}

/** Opens a database. Connects only when first used, so it never fails by itself. */
export function openDb(options: DbOptions): Db {
  const session = `${options.name} ${randomBytes(SESSION_BYTES).toString("hex")}`;
  const pool = new pg.Pool({
    connectionString: options.url,
    application_name: session,
    max: options.max ?? 8,
    types: typesWithBigint(),
    keepAlive: true,
    connectionTimeoutMillis: LIMIT_MS,
    // Sent with the connection's start, so that no transaction pays a round trip for them.
    statement_timeout: LIMIT_MS,
    idle_in_transaction_session_timeout: LIMIT_MS,
    query_timeout: ANSWER_MS,
    // What a transaction need not wait for goes with what comes after it.
    pipeline: true,
    options: options.schema === undefined ? PLANNING : `${PLANNING} -c search_path=${searchPath(options.schema)}`,
  });
  const prepared = createPrepared();
  // Without these two a server that stops would end this process: the pool's event is for idle connections, the
  // connection's own for those in use, whose query is rejected anyway.
  pool.on("error", (error) => options.onError?.(error));
  pool.on("connect", (client) => client.on("error", () => {}));

  const within = async <T>(fn: (client: pg.PoolClient) => Promise<T>): Promise<T> => {
    const client = await pool.connect();
    let broken: Error | undefined;
    try {
      return await fn(client);
    } catch (error) {
      if (ends(error)) broken = asError(error);
      throw error;
    } finally {
      client.release(broken);
    }
  };

  const tx = async <T>(fn: (tx: Tx) => Promise<T>): Promise<T> => {
    const client = await pool.connect();
    let broken: Error | undefined;
    const asked: Promise<unknown>[] = [];
    const query = <R>(query: Sql): Promise<R[]> => {
      const rows = run<R>(client, query, prepared);
      rows.catch(() => {}); // told by what comes behind it
      asked.push(rows);
      return rows;
    };
    try {
      // Waited for: were it to fail alone, what follows would count without a transaction.
      await client.query("BEGIN");
      const result = await fn({ query, send: (one) => void query(one) });
      // A transaction that failed inside answers COMMIT with ROLLBACK and no error: say so, or writes vanish silently.
      gather(client);
      const { command } = await client.query("COMMIT");
      if (command !== "COMMIT")
        throw await firstFailure(asked, new Error("the transaction was rolled back: a query in it had failed"));
      return result;
    } catch (error) {
      await client.query("ROLLBACK").catch((lost: unknown) => {
        broken = asError(lost);
      });
      // Queries behind the first that failed say no more than that one has.
      const first = error instanceof pg.DatabaseError ? await firstFailure(asked, error) : error;
      if (isStale(first)) broken ??= asError(first);
      throw first;
    } finally {
      client.release(broken);
    }
  };

  let closing: Promise<void> | undefined;
  return {
    pool,
    session,
    url: options.url,
    tx,
    query: (query) => within((client) => run(client, query, prepared)),
    healthy: async () => {
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<false>((resolve) => {
        timer = setTimeout(resolve, HEALTH_MS, false);
      });
      const asked = within((client) => client.query("SELECT 1")).then(
        () => true,
        () => false,
      );
      return Promise.race([asked, late]).finally(() => clearTimeout(timer));
    },
    close: () => (closing ??= pool.end()),
  };
}

async function run<R>(
  client: pg.ClientBase,
  { text, values }: Sql,
  prepared: (text: string) => string | undefined,
): Promise<R[]> {
  const name = prepared(text);
  gather(client);
  const { rows } = await client.query<pg.QueryResultRow>({
    text,
    values: [...values],
    ...(name === undefined ? {} : { name }),
  });
  return rows as R[];
}

/** What is asked in one turn of the event loop leaves in one write: a write of its own for each costs more than the rest of asking. */
function gather(client: pg.ClientBase): void {
  const { stream } = (client as unknown as { readonly connection: { readonly stream: Duplex } }).connection;
  stream.cork();
  process.nextTick(() => stream.uncork());
}

/** Why the first of these failed that did; `otherwise` when none has. */
async function firstFailure(asked: readonly Promise<unknown>[], otherwise: unknown): Promise<unknown> {
  return Promise.all(asked).then(
    () => otherwise,
    (error: unknown) => error,
  );
}

/** A server's error has a severity and leaves the connection usable; anything else says that the line is lost. */
function ends(error: unknown): boolean {
  return !(error instanceof pg.DatabaseError) || error.severity === "FATAL" || isStale(error);
}

function searchPath(schema: string): string {
  if (!/^[a-z_][a-z0-9_-]*$/.test(schema)) throw new TypeError("a schema's name is made of a-z, 0-9, _ and -");
  return `"${schema}"`;
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error("the connection failed");
}
