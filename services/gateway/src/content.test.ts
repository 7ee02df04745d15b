// How an act's content is cut into sections, and that every reason of absence stays what it was.
import { SectionKind } from "@ruta/events";
import { expect, test } from "vitest";
import type { ActInput } from "./acts.ts";
import { keyIdOf, plainSections, rawSection } from "./content.ts";
import type { PlainSection } from "./content.ts";
import { isRefusal, readEnvelope } from "./envelope.ts";
import { NOON, REFERRAL, answer, familyRequest, smallRequest } from "./examples.ts";
import type { Body } from "./examples.ts";

const ids = { caseId: "case", referralId: "case-1", personId: "p-a", memberIds: ["p-b"] };

function inputOf(body: Body): ActInput {
  const envelope = readEnvelope(body, NOON);
  if (isRefusal(envelope)) throw new Error(envelope.code);
  return envelope.input;
}

const text = (section: PlainSection | undefined): unknown =>
  section && JSON.parse(Buffer.from(section.plaintext).toString("utf8"));
const find = (sections: PlainSection[], subject: string, kind: SectionKind) =>
  sections.find((s) => s.subject === subject && s.kind === kind);

test("each person's identity, narrative and routing are sections of its own, under its own key", () => {
  const sections = plainSections(inputOf(familyRequest()), ids);
  expect(sections.map((s) => [s.subject, s.kind, s.keyId])).toEqual([
    ["p-a", SectionKind.IDENTITY, keyIdOf("p-a")],
    ["p-a", SectionKind.NARRATIVE, keyIdOf("p-a")],
    ["p-a", SectionKind.ROUTING, keyIdOf("p-a")],
    ["p-b", SectionKind.IDENTITY, keyIdOf("p-b")],
    ["p-b", SectionKind.ROUTING, keyIdOf("p-b")],
    ["case", SectionKind.NARRATIVE, keyIdOf("case")],
  ]);
});

test("routing holds what choosing needs, and nothing of identity or narrative", () => {
  const sections = plainSections(inputOf(familyRequest()), ids);
  expect(text(find(sections, "p-a", SectionKind.ROUTING))).toEqual({
    ageBand: "18-59",
    sex: "female",
    nationality: ["VEN"],
    papers: { absent: "asked-declined" },
    territory: "parish-calderon",
    accused: ["hotel-centro"],
  });
});

test("unknown, declined and not asked are sealed as three different things", () => {
  const sexes = [{ absent: "unknown" }, { absent: "asked-declined" }, { absent: "not-asked" }];
  for (const sex of sexes) {
    const sections = plainSections(inputOf(smallRequest({ person: { sex } })), ids);
    expect(text(find(sections, "p-a", SectionKind.ROUTING))).toEqual({ sex });
  }
  const leftOut = plainSections(inputOf(smallRequest({ person: { ageBand: "60+" } })), ids);
  expect(text(find(leftOut, "p-a", SectionKind.ROUTING))).toEqual({ ageBand: "60+" });
});

test("an identity that was declined as a whole is sealed as declined", () => {
  const sections = plainSections(inputOf(smallRequest({ person: { identity: { absent: "asked-declined" } } })), ids);
  expect(text(find(sections, "p-a", SectionKind.IDENTITY))).toEqual({ absent: "asked-declined" });
});

test("a request about nobody described has no section", () => {
  expect(plainSections(inputOf(smallRequest()), ids)).toEqual([]);
});

test("a note of an answer is a narrative of the case, with the act it came with", () => {
  const [section, ...rest] = plainSections(inputOf(answer("report", { note: "Vino a la cita." })), {
    caseId: "case",
    referralId: REFERRAL,
  });
  expect(rest).toEqual([]);
  expect(section).toMatchObject({ subject: "case", kind: SectionKind.NARRATIVE, keyId: keyIdOf("case") });
  expect(text(section)).toEqual({ act: "report", note: "Vino a la cita." });
});

test("the raw body stays byte for byte behind one line that names path, headers and salt", () => {
  const body = Buffer.from('{"a":"\\n"}\n\u00e1', "utf8");
  const salt = Uint8Array.from([1, 2, 3]);
  const raw = rawSection("case", { path: "/v1/in/x", headers: { "webhook-id": "w" }, salt, body });
  const bytes = Buffer.from(raw.plaintext);
  const end = bytes.indexOf(0x0a);
  expect(JSON.parse(bytes.subarray(0, end).toString("utf8"))).toEqual({
    path: "/v1/in/x",
    headers: { "webhook-id": "w" },
    salt: "AQID",
  });
  expect(bytes.subarray(end + 1).equals(body)).toBe(true);
});

test("a supplement is cut as a request is, under the ids that it names", () => {
  const [first, second] = [`p-${REFERRAL.slice(0, 26)}`, "p-zzzzzzzzzzzzzzzzzzzzzzzzzz"];
  const body = answer("supplement", {
    person: { id: first, identity: { name: { given: "Yuleima" } }, territory: "parish-calderon" },
    members: [{ id: second, narrative: "Va a la escuela." }],
    note: "Corrige el nombre.",
  });
  const sections = plainSections(inputOf(body), { caseId: "case", referralId: "case-1" });
  expect(sections.map((s) => [s.subject, s.kind, s.keyId])).toEqual([
    [first, SectionKind.IDENTITY, keyIdOf(first)],
    [first, SectionKind.ROUTING, keyIdOf(first)],
    [second, SectionKind.NARRATIVE, keyIdOf(second)],
    ["case", SectionKind.NARRATIVE, keyIdOf("case")],
  ]);
  expect(text(sections[1])).toEqual({ territory: "parish-calderon" });
  expect(text(sections[3])).toEqual({ act: "supplement", note: "Corrige el nombre." });
});
