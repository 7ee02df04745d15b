// The case table: all cases of a batch read in one go, and written in one go.
import { sql } from "@ruta/db";
import type { Querying, Tx } from "@ruta/db";
import { WAITING } from "./phase.ts";
import { decodeCase, encodeCase } from "./case-codec.ts";
import { nextRingAt } from "./clocks.ts";
import { emptyCase } from "./state.ts";
import type { CaseState, ReferralState } from "./state.ts";
import { unservedOf } from "./unserved.ts";

/** A command as the table remembers that it was decided. */
export interface DecidedCommand {
  readonly caseId: string;
  readonly commandId: string;
}

/** The cases of one schema. */
export interface CaseTable {
  /** The cases named, each knowing which of the commands named it has decided. */
  load(tx: Tx, commands: readonly DecidedCommand[]): Promise<Map<string, CaseState>>;
  /** Writes cases, and remembers the commands. */
  save(tx: Tx, states: readonly CaseState[], decided: readonly DecidedCommand[]): void;
  /** One case, or undefined. */
  get(on: Querying, caseId: string): Promise<CaseState | undefined>;
}

/** Opens the table in a schema that has been migrated. */
export function openCaseTable(schema: string): CaseTable {
  const cases = sql.id(schema, "cases");
  const decidedTable = sql.id(schema, "decided");
  return {
    async load(tx, commands) {
      const caseIds = commands.map(({ caseId }) => caseId);
      const states = new Map(caseIds.map((id) => [id, emptyCase(id)]));
      const [rows, decided] = await Promise.all([
        tx.query<{ state: string }>(sql`
          SELECT state FROM ${cases} WHERE case_id = ANY(${[...states.keys()]}::text[])`),
        tx.query<DecidedCommand>(sql`
          SELECT d.case_id AS "caseId", d.command_id AS "commandId" FROM ${decidedTable} d
          JOIN unnest(${caseIds}::text[], ${commands.map(({ commandId }) => commandId)}::text[]) AS c (case_id, command_id)
            USING (case_id, command_id)`),
      ]);
      for (const { state } of rows) {
        const loaded = decodeCase(state);
        states.set(loaded.caseId, loaded);
      }
      for (const [caseId, known] of Map.groupBy(decided, ({ caseId }) => caseId)) {
        const state = states.get(caseId) ?? emptyCase(caseId);
        states.set(caseId, { ...state, decided: new Set(known.map(({ commandId }) => commandId)) });
      }
      return states;
    },

    save(tx, states, decided) {
      if (states.length === 0) return;
      const waiting = states.map(waitingOf);
      const unserved = states.map(unservedOf);
      tx.send(sql`
        INSERT INTO ${cases} AS c
          (case_id, version, state, waiting_referral, waiting_kind, waiting_since, waiting_priority, ring_at,
            unserved, unserved_since)
        SELECT * FROM unnest(${states.map(({ caseId }) => caseId)}::text[], ${states.map(({ version }) => version)}::bigint[],
          ${states.map(encodeCase)}::text[], ${waiting.map((w) => w?.id ?? null)}::text[],
          ${waiting.map((w) => w?.phase ?? null)}::text[],
          ${waiting.map((w) => (w ? new Date(w.requestedAt) : null))}::timestamptz[],
          ${waiting.map((w) => w?.priority ?? null)}::smallint[], ${states.map(ringAt)}::timestamptz[],
          ${unserved.map((u) => u?.json ?? null)}::jsonb[], ${unserved.map((u) => u?.since ?? null)}::timestamptz[])
        ON CONFLICT (case_id) DO UPDATE SET version = excluded.version, state = excluded.state,
          waiting_referral = excluded.waiting_referral, waiting_kind = excluded.waiting_kind,
          waiting_since = excluded.waiting_since, waiting_priority = excluded.waiting_priority, ring_at = excluded.ring_at,
          unserved = excluded.unserved, unserved_since = excluded.unserved_since`);
      tx.send(sql`
        INSERT INTO ${decidedTable} (case_id, command_id)
        SELECT * FROM unnest(${decided.map(({ caseId }) => caseId)}::text[], ${decided.map(({ commandId }) => commandId)}::text[])
        ON CONFLICT DO NOTHING`);
    },

    async get(on, caseId) {
      const [row] = await on.query<{ state: string }>(sql`SELECT state FROM ${cases} WHERE case_id = ${caseId}`);
      return row && decodeCase(row.state);
    },
  };
}

function ringAt(state: CaseState): Date | null {
  const at = nextRingAt(state);
  return at === undefined ? null : new Date(at);
}

/** A rehearsal waits for nobody: no person stands behind it. */
function waitingOf(state: CaseState): ReferralState | undefined {
  if (state.rehearsal !== "") return undefined;
  return Object.values(state.referrals).find(({ phase }) => WAITING.includes(phase));
}
