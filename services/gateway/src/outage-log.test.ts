// An outage is said once and counted, not written down for each try.
import { expect, test } from "vitest";
import { createOutageLog } from "./outage-log.ts";

test("one line in ten seconds says that the door cannot record, and how often since the last", () => {
  let at = 0;
  const lines: object[] = [];
  const tell = createOutageLog({ error: (fields: object) => lines.push(fields) } as never, () => at);
  const failure = new Error("away");
  for (at = 0; at < 25_000; at += 100) tell(failure);
  expect(lines).toEqual([
    { err: failure, count: 1 },
    { err: failure, count: 100 },
    { err: failure, count: 100 },
  ]);
});

test("an outage after a quiet time is said at once", () => {
  let at = 0;
  let lines = 0;
  const tell = createOutageLog({ error: () => (lines += 1) } as never, () => at);
  tell(new Error("away"));
  at = 3_600_000;
  tell(new Error("away again"));
  expect(lines).toBe(2);
});
