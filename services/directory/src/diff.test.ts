// What would change: told by field, in the words of the files, without telling secrets.
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { Directory, EndpointSchema, InstitutionKeySchema, InstitutionSchema, SignatureScheme } from "@ruta/events";
import { describe, expect, it } from "vitest";
import { decide } from "./decide.ts";
import { diff } from "./diff.ts";
import { entryOf, fromEntry, toEntry } from "./form.ts";
import { NOON, SAMPLE, actOf, commit, entriesOf, firstRevision, validOf } from "./sample.ts";

function standing(): Directory {
  const fold = firstRevision();
  commit(fold, decide(actOf(validOf(SAMPLE, fold.current)), fold.current, NOON));
  return fold.current;
}

describe("a diff", () => {
  it("of a new directory adds everything", () => {
    const changes = diff(validOf(SAMPLE, new Directory()), new Directory());
    expect(changes).toHaveLength(11);
    expect(changes.every(({ change }) => change === "added")).toBe(true);
  });

  it("of what stands changes nothing, whatever the order in which fields are written", () => {
    const swapped = SAMPLE.replace(
      "  - { id: otra, name: Otra, type: public }",
      "  - { type: public, name: Otra, id: otra }",
    );
    expect(diff(validOf(swapped, standing()), standing()).filter(({ change }) => change !== "unchanged")).toEqual([]);
  });

  it("names the fields that differ", () => {
    const text = "institutions:\n  - { id: otra, name: Otra Casa, type: private, functions: [control] }";
    expect(diff(validOf(text, standing()), standing())).toEqual([
      { change: "changed", kind: "institution", id: "otra", fields: ["name", "type", "functions"] },
    ]);
  });

  it("calls an end an end only when nothing else changes", () => {
    const change = (fields: string): string | undefined =>
      diff(validOf(`institutions:\n  - { id: otra, ${fields} }`, standing()), standing())[0]?.change;
    expect(change('name: Otra, type: public, until: "2027-01-01"')).toBe("ended");
    expect(change('name: Nueva, type: public, until: "2027-01-01"')).toBe("changed");
    expect(change('name: Otra, type: public, from: "2027-01-01"')).toBe("changed");
  });

  it("says that a secret differs, and not what it is", () => {
    const endpoint = (byte: number) =>
      entryOf(
        "endpoint",
        create(EndpointSchema, {
          id: "endpoint-otra",
          institution: "otra",
          url: "https://otra.example/",
          scheme: SignatureScheme.V1,
          wrappedSecret: new Uint8Array(32).fill(byte),
        }),
      );
    const fold = firstRevision();
    commit(fold, decide(actOf([...validOf(SAMPLE, fold.current), endpoint(1)]), fold.current, NOON));
    expect(diff([endpoint(2)], fold.current)).toEqual([
      { change: "changed", kind: "endpoint", id: "endpoint-otra", fields: ["secret"] },
    ]);
  });
});

describe("the written form", () => {
  it("comes back from the message as it was written", () => {
    for (const { kind, value } of entriesOf(SAMPLE)) expect(fromEntry(toEntry(kind, value as never))).toEqual(value);
  });

  it("survives the bytes of a record, with periods at every depth in UTC", () => {
    const text = `institutions:
  - id: a
    name: A
    type: civil-society
    from: "2026-01-01"
    memberships: [{ network: mesa, until: "2026-06-01T12:00:00-05:00" }]`;
    const [entry] = validOf(text, new Directory());
    if (entry?.case !== "institution") throw new Error("no institution");
    const again = fromBinary(InstitutionSchema, toBinary(InstitutionSchema, entry.value));
    expect(fromEntry(entryOf("institution", again))).toEqual({
      id: "a",
      name: "A",
      type: "civil-society",
      from: "2026-01-01T05:00:00Z",
      memberships: [{ network: "mesa", until: "2026-06-01T17:00:00Z" }],
    });
  });

  it("never shows a secret, not even wrapped", () => {
    const key = create(InstitutionKeySchema, {
      id: "k",
      institution: "a",
      scheme: SignatureScheme.V1,
      wrappedSecret: new Uint8Array(40),
    });
    const again = fromBinary(InstitutionKeySchema, toBinary(InstitutionKeySchema, key));
    expect(fromEntry(entryOf("institutionKey", again))).toEqual({ id: "k", institution: "a", scheme: "v1" });
  });
});
