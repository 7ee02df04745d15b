// Deciding an act: given a directory and who acts, then these records or this refusal.
import { create } from "@bufbuild/protobuf";
import { timestampFromMs, timestampMs } from "@bufbuild/protobuf/wkt";
import { Directory, DirectoryFold, StaffRole, ValiditySchema } from "@ruta/events";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BOOTSTRAP, decide } from "./decide.ts";
import type { Decision } from "./decide.ts";
import { entryOf, fromEntry, toEntry } from "./form.ts";
import type { Entry } from "./form.ts";
import { NOON, SAMPLE, actOf, commit, firstRevision, staffEntry, validOf } from "./sample.ts";
import { validateEntries } from "./validate.ts";

const codeOf = (decision: Decision): string => (decision.ok ? "ok" : decision.code);

function ended(entry: Entry, at: number): Entry {
  if (entry.case !== "staff") throw new Error("not staff");
  const validity = create(ValiditySchema, { until: timestampFromMs(at) });
  return entryOf("staff", { ...entry.value, validity });
}

describe("an act of an administrator", () => {
  it("makes one revision: its entries, then the mark with who, why, when and the evidence", () => {
    const { current } = firstRevision();
    const entries = validOf(SAMPLE, current);
    const decision = decide(actOf(entries), current, NOON);
    if (!decision.ok) throw new Error(decision.code);
    expect(decision.revision).toBe(2n);
    expect(decision.records.map(({ revision }) => revision)).toEqual(entries.map(() => 2n).concat(2n));
    const mark = decision.records.at(-1)?.entry;
    if (mark?.case !== "revisionCommitted") throw new Error("no mark");
    expect(mark.value).toMatchObject({ staff: "ana", reason: "test", entries: 11 });
    expect(timestampMs(mark.value.committedAt!)).toBe(NOON);
    expect([mark.value.signature.length, mark.value.requestSha256.length]).toEqual([64, 32]);
  });

  it("applied twice changes nothing and makes no empty revision", () => {
    const fold = firstRevision();
    commit(fold, decide(actOf(validOf(SAMPLE, fold.current)), fold.current, NOON));
    const again = decide(actOf(validOf(SAMPLE, fold.current)), fold.current, NOON);
    expect(again).toMatchObject({ ok: true, revision: 2n, records: [] });
    expect(again.ok && again.changes.every(({ change }) => change === "unchanged")).toBe(true);
  });

  it("records only what changes", () => {
    const fold = firstRevision();
    commit(fold, decide(actOf(validOf(SAMPLE, fold.current)), fold.current, NOON));
    const renamed = validOf(SAMPLE.replace("name: Otra", "name: Nueva"), fold.current);
    const { records } = commit(fold, decide(actOf(renamed), fold.current, NOON));
    expect(records).toHaveLength(2);
    expect(fold.current.get("institution", "otra")?.name).toBe("Nueva");
    expect(fold.current.get("institution", "casa")?.name).toBe("Casa");
  });
});

describe("who may act", () => {
  const { current } = firstRevision();
  const sample = validOf(SAMPLE, current);

  it.each([
    ["an operator", "oto", sample, "role-missing"],
    ["nobody known", "eva", sample, "role-missing"],
    ["the name of the first revision", BOOTSTRAP, sample, "role-missing"],
    ["recovery, for anything else", "recovery", sample, "recovery-limited"],
    ["recovery, for an operator", "recovery", [staffEntry("eva", [StaffRole.OPERATOR], 9)], "recovery-limited"],
    [
      "recovery, for an administrator with more roles",
      "recovery",
      [staffEntry("eva", [StaffRole.ADMINISTRATOR, StaffRole.RECOVERY], 9)],
      "recovery-limited",
    ],
    [
      "recovery, over an existing member",
      "recovery",
      [staffEntry("oto", [StaffRole.ADMINISTRATOR], 9)],
      "recovery-limited",
    ],
    [
      "recovery, for two administrators",
      "recovery",
      [staffEntry("eva", [StaffRole.ADMINISTRATOR], 9), staffEntry("ida", [StaffRole.ADMINISTRATOR], 8)],
      "recovery-limited",
    ],
    ["recovery, for one new administrator", "recovery", [staffEntry("eva", [StaffRole.ADMINISTRATOR], 9)], "ok"],
    [
      "an administrator, for the last administrator's end",
      "ana",
      [ended(staffEntry("ana", [StaffRole.ADMINISTRATOR], 1), NOON)],
      "last-administrator",
    ],
    [
      "an administrator, for an end yet to come",
      "ana",
      [ended(staffEntry("ana", [StaffRole.ADMINISTRATOR], 1), NOON + 1)],
      "last-administrator",
    ],
    [
      "an administrator, who gives up the role",
      "ana",
      [staffEntry("ana", [StaffRole.OPERATOR], 1)],
      "last-administrator",
    ],
    [
      "an administrator, who hands over",
      "ana",
      [staffEntry("ana", [StaffRole.OPERATOR], 1), staffEntry("eva", [StaffRole.ADMINISTRATOR], 9)],
      "ok",
    ],
  ])("%s", (_name, staff, entries, expected) => {
    expect(codeOf(decide(actOf(entries, staff), current, NOON))).toBe(expected);
  });

  it("an administrator whose time has ended may not", () => {
    const fold = firstRevision();
    const change = [
      staffEntry("eva", [StaffRole.ADMINISTRATOR], 9),
      ended(staffEntry("ana", [StaffRole.ADMINISTRATOR], 1), NOON + 10),
    ];
    commit(fold, decide(actOf(change), fold.current, NOON));
    const entries = validOf(SAMPLE, fold.current);
    expect(codeOf(decide(actOf(entries), fold.current, NOON + 9))).toBe("ok");
    expect(codeOf(decide(actOf(entries), fold.current, NOON + 10))).toBe("role-missing");
  });

  it("before the first revision only the start of the hub may, and only with an administrator", () => {
    const empty = new Directory();
    expect(codeOf(decide(actOf([staffEntry("ana", [StaffRole.ADMINISTRATOR])]), empty, NOON))).toBe("directory-empty");
    expect(codeOf(decide(actOf([staffEntry("oto", [StaffRole.OPERATOR])], BOOTSTRAP), empty, NOON))).toBe(
      "last-administrator",
    );
  });
});

describe("keys", () => {
  it("of two members of staff are never the same", () => {
    const { current } = firstRevision();
    const at = { file: "request", line: 0 };
    const checked = validateEntries([{ entry: staffEntry("eva", [StaffRole.AUDITOR], 2), at }], current, {
      allowLoopback: false,
    });
    expect(checked.ok ? [] : checked.problems.map(String)).toEqual([
      "request staff member eva, public_key: is held by oto already; make a new pair: each holder has keys of its own",
    ]);
  });
});

describe("any sequence of acts", () => {
  const institution = fc.record({
    id: fc.constantFrom("a", "b", "c", "d"),
    name: fc.constantFrom("Uno", "Dos", "Tres"),
    type: fc.constantFrom("municipal" as const, "public" as const),
  });
  const act = fc.uniqueArray(institution, { selector: ({ id }) => id, minLength: 1, maxLength: 4 });

  it("folds to the last that was said of each entry, whatever is sent twice", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(act, fc.nat(5)), { maxLength: 12 }), (acts) => {
        const fold = firstRevision();
        const said = new Map<string, unknown>();
        const log = [...recordsOfFirst()];
        for (const [written, back] of acts) {
          const entries = written.map((value) => toEntry("institution", value));
          const { records } = commit(fold, decide(actOf(entries), fold.current, NOON));
          log.push(...records);
          // A sender that stopped and woke sends its last records again.
          log.push(
            ...log.slice(Math.max(0, log.length - back)).filter(({ revision }) => revision <= fold.current.revision),
          );
          for (const value of written) said.set(value.id, value);
        }
        const late = new DirectoryFold();
        for (const record of log) late.apply(record);
        for (const { current } of [fold, late]) {
          const held = current.all("institution").map((value) => fromEntry(entryOf("institution", value)));
          expect(new Map(held.map((value) => [value.id, value]))).toEqual(said);
        }
        expect(late.current.revision).toBe(fold.current.revision);
      }),
    );
  });

  function recordsOfFirst() {
    const staff = [
      staffEntry("ana", [StaffRole.ADMINISTRATOR], 1),
      staffEntry("oto", [StaffRole.OPERATOR], 2),
      staffEntry("recovery", [StaffRole.RECOVERY], 3),
    ];
    const decision = decide(actOf(staff, BOOTSTRAP), new Directory(), NOON);
    return decision.ok ? decision.records : [];
  }
});
