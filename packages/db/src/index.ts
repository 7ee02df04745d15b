// PostgreSQL as the hub uses it: a pool, statements as values, migrations, notifications.
export { listen } from "./listen.ts";
export { migrate } from "./migrate.ts";
export type { MigrateOptions } from "./migrate.ts";
export { openDb } from "./open.ts";
export type { Db, DbOptions, Tx } from "./open.ts";
export { sql } from "./sql.ts";
export type { Sql } from "./sql.ts";
export { isTransient } from "./transient.ts";
