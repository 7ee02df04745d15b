// Which holders of keys are left without one, and when: overlaps are one key, what was ended long ago is nobody's worry.
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { DirectoryFold, DirectoryRecordSchema, create } from "@ruta/events";
import type { DirectoryRecord } from "@ruta/events";
import { expect, test } from "vitest";
import { keyEnds } from "./key-ends.ts";

const DAY = 86_400_000;
const NOW = Date.parse("2026-11-20T12:00:00Z");
const until = (ms?: number) => (ms === undefined ? {} : { validity: { until: timestampFromMs(NOW + ms) } });

function directoryOf(...entries: DirectoryRecord["entry"][]) {
  const fold = new DirectoryFold();
  const end = { case: "revisionCommitted", value: { entries: entries.length } };
  for (const entry of [...entries, end]) fold.apply(create(DirectoryRecordSchema, { revision: 1n, entry } as never));
  return fold.current;
}
const house = (id: string, ms?: number) => ({ case: "institution", value: { id, ...until(ms) } }) as never;
const key = (institution: string, id: string, ms?: number) =>
  ({ case: "institutionKey", value: { id, institution, ...until(ms) } }) as never;

test("a holder's last key counts, the soonest first", () => {
  const directory = directoryOf(
    house("casa"),
    house("otra"),
    key("casa", "k1", DAY),
    key("casa", "k2", 9 * DAY),
    key("otra", "k3", 3 * DAY),
    { case: "staff", value: { id: "op-1", ...until(2 * DAY) } } as never,
    { case: "accessToken", value: { id: "t", institution: "otra", ...until(DAY) } } as never,
    { case: "endpoint", value: { id: "e", institution: "otra", previousUntil: timestampFromMs(NOW + 1) } } as never,
  );
  expect(keyEnds(directory, NOW).map(({ kind, holder, end }) => [kind, holder, end - NOW])).toEqual([
    ["endpoint-secret", "otra", 1],
    ["access-token", "otra", DAY],
    ["staff-key", "op-1", 2 * DAY],
    ["institution-key", "otra", 3 * DAY],
    ["institution-key", "casa", 9 * DAY],
  ]);
});

test("a key without an end is followed by nothing; what ended is told for a day", () => {
  const rotated = directoryOf(house("casa"), key("casa", "old", DAY), key("casa", "new"));
  expect(keyEnds(rotated, NOW)).toEqual([]);
  const ended = directoryOf(house("casa"), key("casa", "k", -DAY / 2));
  expect(keyEnds(ended, NOW)).toMatchObject([{ holder: "casa", end: NOW - DAY / 2 }]);
  expect(keyEnds(ended, NOW + DAY)).toEqual([]);
});

test("who is not in the directory any more needs no key", () => {
  expect(keyEnds(directoryOf(house("casa", -1), key("casa", "k", DAY)), NOW)).toEqual([]);
});
