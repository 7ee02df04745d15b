// Records as columns: many rows in one statement, their values in one piece.
import { sql } from "@ruta/db";
import type { Sql } from "@ruta/db";

/** What a stored record has. */
export interface RecordColumns {
  readonly key: string;
  readonly value: Uint8Array;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * A derived table `(ord, key, value, headers)` of records, `ord` from 1. One binary parameter holds all values: an array
 * of bytea would cost twice the bytes and an escape for each.
 */
export function recordRows(records: readonly RecordColumns[]): Sql {
  const blob = Buffer.concat(records.map(({ value }) => value));
  return sql`(SELECT ord::integer, key, substr(${blob}::bytea, (sum(length) OVER (ORDER BY ord) - length + 1)::integer, length) AS value, headers
    FROM unnest(${records.map(({ key }) => key)}::text[], ${records.map(({ value }) => value.byteLength)}::integer[],
      ${records.map(({ headers }) => JSON.stringify(headers))}::text[]) WITH ORDINALITY AS column_of (key, length, headers, ord))`;
}

/** A derived table `(ord, topic, partition)` of partitions, `ord` from 1. */
export function partitionRows(partitions: readonly { readonly topic: string; readonly partition: number }[]): Sql {
  return sql`(SELECT ord::integer, topic, partition FROM unnest(${partitions.map(({ topic }) => topic)}::text[],
    ${partitions.map(({ partition }) => partition)}::integer[]) WITH ORDINALITY AS column_of (topic, partition, ord))`;
}
