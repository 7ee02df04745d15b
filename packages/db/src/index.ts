// PostgreSQL for services: pool, queries, transactions, migrations, notifications.
export { listen } from "./listen.ts";
export { DatabaseNewer, migrate, MigrationChanged } from "./migrate.ts";
export type { MigrateOptions } from "./migrate.ts";
export { openDb } from "./open.ts";
export type { Db, DbOptions, Pool, Querying, Tx } from "./open.ts";
export { isGone, processId } from "./session.ts";
export { sql } from "./sql.ts";
export type { Sql } from "./sql.ts";
export { isTransient } from "./transient.ts";
export { inParts, rowsOf, startSweeps, sweepAll } from "./sweep.ts";
export type { Sweep } from "./sweep.ts";
