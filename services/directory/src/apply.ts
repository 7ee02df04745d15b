// The one way into the directory: every act, whatever its route, is validated, decided and recorded here, alone.
import type { Tx } from "@ruta/db";
import { TOPICS, derivedId, encodeRecord } from "@ruta/events";
import type { Directory, DirectoryRecord, NewRecord } from "@ruta/events";
import type { Engine } from "@ruta/log";
import type { Folded } from "./consume.ts";
import { decide, roleRefusal } from "./decide.ts";
import type { Act } from "./decide.ts";
import type { Change } from "./diff.ts";
import type { RefusalCode } from "./errors.ts";
import type { Problem } from "@ruta/kit/written";
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

/** An ended process leaves its unsent records to another after 5 s; twice that is waited for them. */
const LOG_WAIT_MS = 10_000;

/** What applying needs. */
export interface ApplyDeps {
  readonly engine: Engine;
  readonly state: State;
  readonly folded: () => Pick<Folded, "current" | "reached">;
  readonly now: () => number;
}

/** Applies a request, all or nothing. Resolves when the log has acknowledged the revision. */
export function createApply({ engine, state, folded, now }: ApplyDeps): (request: Request) => Promise<Applied> {
  const refused = (code: RefusalCode, problems: readonly Problem[] = []): Outcome => ({
    result: { ok: false, code, problems },
    records: [],
  });

  async function decided(tx: Tx, request: Request, current: Directory): Promise<Outcome> {
    const at = now();
    const signed = request.signature.length > 0 && request.dryRun !== true;
    if (signed && !(await state.remember(tx, request.signature, at))) return refused("act-repeated");
    const barred = roleRefusal(request.staff, current, at);
    if (barred) return refused(barred);
    const prepared = request.prepare(current, at);
    if (!prepared.ok)
      return "code" in prepared ? refused(prepared.code) : refused("directory-invalid", prepared.problems);
    const decision = decide({ ...request, entries: prepared.entries }, current, at);
    if (!decision.ok) return refused(decision.code);
    const { revision, changes, records } = decision;
    if (request.dryRun === true) return { result: { ok: true, revision: current.revision, changes }, records: [] };
    if (records.length > 0) await state.write(tx, records);
    const encoded = records.map((record, index) => encode(record, index, at));
    return { result: { ok: true, revision, changes }, records: encoded };
  }

  return async (request) => {
    const deadline = performance.now() + LOG_WAIT_MS;
    for (;;) {
      let standing = 0n;
      const applied = await engine.transact<Applied | undefined>(
        async (tx) => {
          const current = await state.lock(tx);
          standing = current.revision;
          // Each process sends its own records: the next revision waits until the log has this one, whoever made it.
          if (folded().current().revision < standing) return { result: undefined, records: [] };
          return decided(tx, request, current);
        },
        { waitForLog: true },
      );
      if (applied) return applied;
      if (!(await folded().reached(standing, deadline - performance.now())))
        return { ok: false, code: "log-behind", problems: [] };
    }
  };
}

interface Outcome {
  readonly result: Applied;
  readonly records: readonly NewRecord[];
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
