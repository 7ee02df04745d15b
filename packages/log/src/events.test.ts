// Which events of a batch are new: repeats fall out, gaps stop.
import { toBinary } from "@bufbuild/protobuf";
import { ReferralEventSchema, TOPICS, create } from "@ruta/events";
import type { ReferralEvent } from "@ruta/events";
import fc from "fast-check";
import { expect, test } from "vitest";
import { unknownKind } from "./engine/consumer.ts";
import { VersionGap, decodeEvent, newEvents, placeOf } from "./events.ts";

interface Taken {
  readonly message: ReferralEvent;
}

const CASE = "a-case";
const taken = (caseId: string, version: number): Taken => ({
  message: create(ReferralEventSchema, { caseId, version: BigInt(version) }),
});
const versions = (events: readonly Taken[]): number[] => events.map(({ message }) => Number(message.version));

test("repeats are dropped, of what was folded and inside the batch", () => {
  const batch = [1, 2, 3, 2, 3, 4, 1].map((version) => taken("a", version));
  expect(versions(newEvents(new Map([["a", 1n]]), batch))).toEqual([2, 3, 4]);
});

test("a gap is never passed over", () => {
  expect(() => newEvents(new Map([["a", 1n]]), [taken("a", 3)])).toThrow(VersionGap);
  expect(() => newEvents(new Map(), [taken("a", 2)])).toThrow(VersionGap);
});

test("whatever old records come again, each version counts once and in order", () => {
  const replayed = fc.array(fc.integer({ min: 1, max: 8 }), { maxLength: 30 });
  fc.assert(
    fc.property(replayed, (noise) => {
      let top = 0;
      // The log gives each version first in order; anything up to there may come again in between.
      const all = noise.flatMap((again) => {
        top += 1;
        return [top, Math.min(again, top)];
      });
      expect(
        versions(
          newEvents(
            new Map(),
            all.map((v) => taken("a", v)),
          ),
        ),
      ).toEqual(Array.from({ length: top }, (_, i) => i + 1));
    }),
  );
});

const record = { topic: TOPICS.events, partition: 0, offset: 0n, time: 0, key: CASE, headers: { ce_id: "e" } } as const;
const bytesOf = (event: ReferralEvent): Uint8Array => toBinary(ReferralEventSchema, event);
const addressed = create(ReferralEventSchema, { caseId: CASE, fact: { case: "addressed", value: {} } });

test("an event is read under the key of its own case and with an id", () => {
  expect(decodeEvent({ ...record, value: bytesOf(addressed) })).toEqual(addressed);
  expect(() => decodeEvent({ ...record, key: "another", value: bytesOf(addressed) })).toThrow(
    "the key of another case",
  );
  expect(() => decodeEvent({ ...record, headers: {}, value: bytesOf(addressed) })).toThrow("has no id");
});

test("a fact that this version does not know waits for one that does", () => {
  expect(decodeEvent({ ...record, value: bytesOf(create(ReferralEventSchema)) })).toBe(unknownKind);
});

test("bytes that are no event are not read as one", () => {
  expect(() => decodeEvent({ ...record, value: Buffer.from("no protobuf") })).toThrow(/./);
});

test("an event that was given up leaves its place where it can be read, and none where it cannot", () => {
  const event = create(ReferralEventSchema, { caseId: CASE, version: 4n, requester: "sender" });
  expect(placeOf({ key: CASE, value: bytesOf(event) })).toEqual(
    create(ReferralEventSchema, { caseId: CASE, version: 4n }),
  );
  expect(placeOf({ key: "another", value: bytesOf(event) })).toBeUndefined();
  expect(placeOf({ key: CASE, value: bytesOf(create(ReferralEventSchema, { caseId: CASE })) })).toBeUndefined();
  expect(placeOf({ key: CASE, value: Buffer.from("no protobuf") })).toBeUndefined();
});
