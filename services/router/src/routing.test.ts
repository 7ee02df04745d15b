// What the door seals for choosing, and what is refused instead of guessed.
import { describe, expect, it } from "vitest";
import { parseRouting } from "./routing.ts";

const read = (value: unknown) => parseRouting(Buffer.from(JSON.stringify(value)));

describe("a routing section", () => {
  it("gives the values it has", () => {
    const facts = {
      ageBand: "18-59",
      sex: "female",
      nationality: ["VEN"],
      papers: "none",
      territory: "parish-lloa",
      accused: ["x"],
    };
    expect(read(facts)).toEqual(facts);
  });

  it.each(["unknown", "asked-declined", "not-asked"])("treats a value that is absent (%s) as not known", (absent) => {
    expect(read({ sex: { absent }, nationality: { absent } })).toMatchObject({
      sex: undefined,
      nationality: undefined,
    });
  });

  it("may be empty, and may hold what a newer door adds", () => {
    expect(read({ disability: "x" })).toEqual({ accused: [] });
  });

  it.each([[null], ["text"], [{ sex: 3 }], [{ accused: "police" }], [{ territory: { absent: "lost" } }], [[]]])(
    "of another form is an error that repeats nothing of it: %j",
    (value) => {
      expect(() => read(value)).toThrow(/^a routing section has not the form that the door writes$/);
    },
  );

  it("that is not JSON is an error that repeats nothing of it", () => {
    expect(() => parseRouting(Buffer.from("María"))).toThrow(/^a routing section is not JSON$/);
  });
});
