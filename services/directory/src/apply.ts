// The one way into the directory: every act, whatever its route, is validated, decided and recorded here, alone.
import { TOPICS, derivedId, encodeRecord } from "@ruta/events";
import type { Directory, DirectoryRecord, NewRecord } from "@ruta/events";
import type { Engine } from "@ruta/log";
import { decide, roleRefusal } from "./decide.ts";
import type { Act } from "./decide.ts";
import type { Change } from "./diff.ts";
import type { RefusalCode } from "./errors.ts";
import type { Problem } from "./problem.ts";
import type { State } from "./state.ts";
import type { Validated } from "./validate.ts";

/** A signed request to change the directory, before it is known what stands. */
export interface Request extends Omit<Act, "entries"> {
  /** Looks and changes nothing. */
  readonly dryRun?: boolean;
  /** Makes valid entries over the directory that stands, or says why not. Pure: it runs inside the writer's transaction. */
  readonly prepare: (current: Directory, now: number) => Validated | { readonly ok: false; readonly code: RefusalCode };
}

/** What came of it. */
export type Applied =
  | { readonly ok: true; readonly revision: bigint; readonly changes: readonly Change[] }
  | { readonly ok: false; readonly code: RefusalCode; readonly problems: readonly Problem[] };

/** Key of every record of the directory: one partition, one order. */
const KEY = "directory";

/** What applying needs. */
export interface ApplyDeps {
  readonly engine: Engine;
  readonly state: State;
  readonly now: () => number;
}

/** Applies a request, all or nothing. Resolves when the log has acknowledged the revision. */
export function createApply({ engine, state, now }: ApplyDeps): (request: Request) => Promise<Applied> {
  return (request) =>
    engine.transact<Applied>(
      async (tx) => {
        const current = await state.lock(tx);
        const at = now();
        const refuse = (code: RefusalCode, problems: readonly Problem[] = []) => ({
          result: { ok: false as const, code, problems },
          records: [],
        });
        const signed = request.signature.length > 0 && request.dryRun !== true;
        if (signed && !(await state.remember(tx, request.signature, at))) return refuse("act-repeated");
        const refused = roleRefusal(request.staff, current, at);
        if (refused) return refuse(refused);
        const prepared = request.prepare(current, at);
        if (!prepared.ok)
          return "code" in prepared ? refuse(prepared.code) : refuse("directory-invalid", prepared.problems);
        const decision = decide({ ...request, entries: prepared.entries }, current, at);
        if (!decision.ok) return refuse(decision.code);
        const { revision, changes, records } = decision;
        if (request.dryRun === true) return { result: { ok: true, revision: current.revision, changes }, records: [] };
        if (records.length > 0) await state.write(tx, records);
        return {
          result: { ok: true, revision, changes },
          records: records.map((record, index) => encode(record, index, at)),
        };
      },
      { waitForLog: true },
    );
}

/** A record whose id follows from its revision and place in it: sent twice, it is seen as one. */
function encode(record: DirectoryRecord, index: number, time: number): NewRecord {
  return encodeRecord(TOPICS.directory, KEY, record, {
    id: derivedId(KEY, String(record.revision), String(index + 1)),
    source: "/ruta/directory",
    type: `ruta.directory.${(record.entry.case ?? "").replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`,
    time,
  });
}
