// How endpoints fare: what exchanges say of them is folded into their breakers, and what follows for all that waits for them.
import { sql } from "@ruta/db";
import type { Tx } from "@ruta/db";
import type { NewRecord, Priority } from "@ruta/events";
import { capMs } from "./backoff.ts";
import { after, isUseless } from "./breaker.ts";
import type { Sign } from "./breaker.ts";
import { lockEndpoints, writeEndpoints } from "./endpoint-rows.ts";
import type { DisabledReason, EndpointRow } from "./endpoint-rows.ts";
import { channelOf } from "./intake.ts";
import { endpointRecord } from "./notices.ts";
import { pullForward } from "./pull.ts";

/** What one exchange, or one that was not made after all, says of an endpoint. */
export interface Sighting {
  readonly institution: string;
  /** The endpoint it was with; of another one nothing is learnt. */
  readonly fingerprint: string;
  /** Undefined when nothing was learnt. */
  readonly sign: Sign | undefined;
  /** It held the one place of a probe, which is free again. */
  readonly probe: boolean;
  /** It answered a challenge. */
  readonly proved: boolean;
  /** It answered 410. */
  readonly gone: boolean;
}

/** Folds sightings, in order; answers what institutions are told of it. Wakes the workers where more can be sent than before. */
export async function foldSightings(tx: Tx, schema: string, sightings: readonly Sighting[]): Promise<NewRecord[]> {
  const pressing = sightings.filter((one) => one.probe || one.proved || one.gone || one.sign === "down");
  const well = sightings.filter(({ sign }) => sign === "up");
  if (pressing.length + well.length === 0) return [];
  prove(
    tx,
    schema,
    sightings.filter(({ proved }) => proved),
  );
  const names = (some: readonly Pick<Sighting, "institution">[]) => [
    ...new Set(some.map(({ institution }) => institution)),
  ];
  const rows = await lockEndpoints(tx, schema, names(pressing), names(well));
  const caps = await capsOf(tx, schema, names(pressing.filter(({ sign }) => sign !== "up")));
  const changed: EndpointRow[] = [];
  const records: NewRecord[] = [];
  const probed = new Set<string>();
  for (const row of rows) {
    const mine = sightings.filter((one) => one.institution === row.institution && one.fingerprint === row.fingerprint);
    const { row: next, record } = fold(row, mine, caps.get(row.institution) ?? Number.POSITIVE_INFINITY);
    changed.push(next);
    if (mine.some(({ probe }) => probe)) probed.add(row.institution);
    if (record) records.push(record);
  }
  writeEndpoints(tx, schema, changed, probed);
  const disabled = changed.filter(({ disabledAt }, i) => disabledAt && !rows[i]?.disabledAt);
  // What waits for it is parked now, not when its next try would be due.
  await pullForward(tx, schema, names(disabled), "all");
  const turned = changed.some(
    ({ breaker, disabledAt }, i) =>
      rows[i]?.breaker.openedAt !== breaker.openedAt || rows[i]?.disabledAt !== disabledAt,
  );
  if (turned || sightings.some(({ proved }) => proved)) await tx.query(sql`SELECT pg_notify(${channelOf(schema)}, '')`);
  return records;
}

function fold(row: EndpointRow, mine: readonly Sighting[], cap: number): { row: EndpointRow; record?: NewRecord } {
  const at = row.now.getTime();
  let { breaker } = row;
  for (const { sign, probe } of mine) if (sign) breaker = after(breaker, { sign, probe, at, capMs: cap });
  const next = { ...row, breaker };
  if (row.disabledAt) return { row: next };
  const why: DisabledReason | undefined = mine.some(({ gone }) => gone)
    ? "gone"
    : isUseless(breaker)
      ? "failing"
      : undefined;
  if (why) return disable(next, why);
  const well = breaker.failures === 0 && breaker.openedAt === undefined && mine.some(({ sign }) => sign === "up");
  if (row.told === null || !well) return { row: next };
  const { institution, endpointId } = row;
  return { row: { ...next, told: null }, record: endpointRecord({ institution, endpointId, word: "recovered", at }) };
}

/** The endpoint disabled, and what its institution is told. */
export function disable(row: EndpointRow, reason: DisabledReason): { row: EndpointRow; record: NewRecord } {
  const { institution, endpointId, breaker, now } = row;
  const since = breaker.firstFailedAt;
  const notice = { institution, endpointId, word: "disabled" as const, at: now.getTime(), reasonCode: reason };
  return {
    row: { ...row, disabledAt: now, disabledReason: reason, told: "disabled" },
    record: endpointRecord({ ...notice, ...(since === undefined ? {} : { since }) }),
  };
}

function prove(tx: Tx, schema: string, proved: readonly Sighting[]): void {
  if (proved.length === 0) return;
  tx.send(sql`
    INSERT INTO ${sql.id(schema, "proofs")} (institution, fingerprint, proved_at)
    SELECT DISTINCT institution, fingerprint, now()
    FROM unnest(${proved.map(({ institution }) => institution)}::text[], ${proved.map((one) => one.fingerprint)}::text[])
      AS p (institution, fingerprint)
    ORDER BY institution, fingerprint ON CONFLICT DO NOTHING`);
}

/** How long the most urgent of what waits for each institution may wait for a try, in milliseconds. */
async function capsOf(tx: Tx, schema: string, institutions: readonly string[]): Promise<Map<string, number>> {
  if (institutions.length === 0) return new Map();
  const rows = await tx.query<{ institution: string; priorities: Priority[] }>(sql`
    SELECT institution, array_agg(DISTINCT priority::integer) AS priorities FROM ${sql.id(schema, "deliveries")}
    WHERE state = 'waiting' AND institution = ANY(${institutions}::text[]) GROUP BY institution`);
  return new Map(rows.map(({ institution, priorities }) => [institution, Math.min(...priorities.map(capMs))]));
}
