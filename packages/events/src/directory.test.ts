// The directory as it is folded: a revision counts all at once, repeats change nothing, and a gap or a wrong count stops it.
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { expect, test } from "vitest";
import { Directory, DirectoryFold, isValid } from "./directory.ts";
import { DirectoryRecordSchema } from "./gen/ruta/directory/v1/directory_pb.ts";
import type { DirectoryRecord } from "./gen/ruta/directory/v1/directory_pb.ts";
import { create } from "./record.ts";

type Init = NonNullable<Parameters<typeof create<typeof DirectoryRecordSchema>>[1]>["entry"];

const record = (revision: number, entry: Init): DirectoryRecord =>
  create(DirectoryRecordSchema, { revision: BigInt(revision), ...(entry ? { entry } : {}) });
const institution = (revision: number, id: string, name = id): DirectoryRecord =>
  record(revision, { case: "institution", value: { id, name } });
const committed = (revision: number, entries: number): DirectoryRecord =>
  record(revision, { case: "revisionCommitted", value: { staff: "op-1", entries } });

function fold(...records: DirectoryRecord[]): DirectoryFold {
  const folding = new DirectoryFold();
  for (const one of records) folding.apply(one);
  return folding;
}
const names = ({ current }: DirectoryFold): string[] => current.all("institution").map(({ name }) => name);

test("entries count when their revision is committed, all at once", () => {
  const folding = fold(institution(1, "a"), institution(1, "b"));
  expect([folding.current.revision, names(folding)]).toEqual([0n, []]);
  expect(folding.apply(committed(1, 2))).toBe(true);
  expect([folding.current.revision, names(folding)]).toEqual([1n, ["a", "b"]]);
  expect(folding.current.committed?.staff).toBe("op-1");
});

test("a revision that was read is never changed by the next", () => {
  const folding = fold(institution(1, "a"), committed(1, 1));
  const before = folding.current;
  folding.apply(institution(2, "a", "renamed"));
  folding.apply(committed(2, 1));
  expect(before.get("institution", "a")?.name).toBe("a");
  expect(names(folding)).toEqual(["renamed"]);
});

test("what comes again changes nothing, in whole or in part", () => {
  const all = [institution(1, "a"), institution(1, "b"), committed(1, 2)];
  const folding = fold(...all, ...all, institution(1, "c"));
  expect(names(folding)).toEqual(["a", "b"]);
  folding.apply(institution(2, "d"));
  for (const one of all) expect(folding.apply(one)).toBe(false);
  folding.apply(committed(2, 1));
  expect(names(folding)).toEqual(["a", "b", "d"]);
});

test("entries that come again before their revision is committed count once", () => {
  expect(
    names(fold(institution(1, "a"), institution(1, "b"), institution(1, "a"), institution(1, "b"), committed(1, 2))),
  ).toEqual(["a", "b"]);
});

test("entries of a revision that was never committed are left out of the one that took its number", () => {
  const cut = [institution(1, "a", "lost"), institution(1, "b"), institution(1, "c")];
  expect(names(fold(...cut, institution(1, "d"), institution(1, "a"), committed(1, 2)))).toEqual(["d", "a"]);
  expect(names(fold(...cut, committed(1, 0)))).toEqual([]);
});

test("a gap between revisions, or fewer entries than were committed, stops the fold", () => {
  expect(() => fold(institution(2, "a"))).toThrow("revision 2 follows 0");
  expect(() => fold(committed(1, 0), institution(3, "a"))).toThrow("revision 3 follows 1");
  expect(() => fold(institution(1, "a"), committed(1, 2))).toThrow("1 of 2 entries");
});

test("an empty validity counts always; from is inside, until is outside", () => {
  expect(isValid(undefined, 0)).toBe(true);
  const validity = {
    $typeName: "ruta.directory.v1.Validity",
    from: timestampFromMs(10),
    until: timestampFromMs(20),
  } as const;
  expect([9, 10, 19, 20].map((at) => isValid(validity, at))).toEqual([false, true, true, false]);
});

test("look-ups with a time give only what counts then", () => {
  const until = { until: timestampFromMs(20) };
  const { current } = fold(
    record(1, { case: "institution", value: { id: "a", validity: until } }),
    record(1, { case: "endpoint", value: { id: "e-1", institution: "a", validity: until } }),
    record(1, { case: "endpoint", value: { id: "e-2", institution: "a", validity: { from: timestampFromMs(20) } } }),
    record(1, { case: "institutionKey", value: { id: "k", institution: "a", validity: until } }),
    record(1, { case: "staff", value: { id: "s", validity: until } }),
    record(1, { case: "service", value: { id: "x", validity: until } }),
    committed(1, 6),
  );
  const at = (time: number) => [
    current.institution("a", time)?.id,
    current.endpointOf("a", time)?.id,
    current.keysOf("a", time).length,
    current.staff("s", time)?.id,
    current.services(time).length,
  ];
  expect(at(19)).toEqual(["a", "e-1", 1, "s", 1]);
  expect(at(20)).toEqual([undefined, "e-2", 0, undefined, 0]);
});

test("a territory lies in all that contain it, also where they contain each other in a circle", () => {
  const { current } = fold(
    record(1, { case: "territory", value: { id: "parish", within: ["zone", "district"] } }),
    record(1, { case: "territory", value: { id: "zone", within: ["canton"] } }),
    record(1, { case: "territory", value: { id: "canton", within: ["zone"] } }),
    committed(1, 3),
  );
  expect([...current.territoriesAround("parish")].toSorted()).toEqual(["canton", "district", "parish", "zone"]);
  expect([...new Directory().territoriesAround("none")]).toEqual(["none"]);
});
