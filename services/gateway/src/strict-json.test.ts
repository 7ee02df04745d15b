// The parser of the door against what a body must not be.
import { expect, test } from "vitest";
import { MAX_DEPTH, parseStrictJson } from "./strict-json.ts";

const parse = (text: string) => parseStrictJson(Buffer.from(text, "utf8"));
const fault = (bytes: Uint8Array | string) => {
  const result = parseStrictJson(typeof bytes === "string" ? Buffer.from(bytes, "utf8") : bytes);
  return result.ok ? undefined : result.fault;
};

test("a document is read as JSON.parse reads it", () => {
  const text = ' { "a" : [1, {"b":"c: \\"d\\" {"}, "e"], "b": {"a": null} } ';
  expect(parse(text)).toEqual({ ok: true, value: JSON.parse(text) });
});

test.each([
  ["a name given twice", '{"a":1,"a":1}'],
  ["a name given twice, once escaped", '{"a":1,"\\u0061":2}'],
  ["a name given twice deep inside an array", '[{"x":[{"a":1,"b":2,"a":3}]}]'],
])("%s is refused", (_, text) => {
  expect(fault(text)).toBe("body-duplicate-name");
});

test("the same name in two objects, and the same string as name and value, are fine", () => {
  expect(parse('[{"a":"a"},{"a":{"a":"a"}}]').ok).toBe(true);
});

test.each(["__proto__", "\\u005f_proto__"])("the name %s is refused wherever it stands", (name) => {
  expect(fault(`{"data":{"${name}":{"x":1}}}`)).toBe("body-forbidden-name");
});

test.each(["", " ", "{", '{"a":', '{"a":1', '{"a":1}x', "{'a':1}", "nul", '"unclosed', '"\\'])(
  "half a document is refused: %j",
  (text) => {
    expect(fault(text)).toBe("body-not-json");
  },
);

test("a byte order mark is refused", () => {
  expect(fault("\uFEFF{}")).toBe("body-not-json");
});

test.each([
  ["a lone continuation byte", [0x22, 0x80, 0x22]],
  ["an overlong slash", [0x22, 0xc0, 0xaf, 0x22]],
  ["an encoded surrogate", [0x22, 0xed, 0xa0, 0x80, 0x22]],
])("%s is refused", (_, bytes) => {
  expect(fault(Uint8Array.from(bytes))).toBe("body-not-utf8");
});

test("half of a surrogate pair, escaped, is refused; a whole pair is not", () => {
  expect(fault('{"a":"\\ud83d"}')).toBe("body-not-utf8");
  expect(parse('{"a":"\\ud83d\\ude00"}').ok).toBe(true);
});

test("the character 0, escaped, is refused in a value and in a name; a backslash before u0000 is not", () => {
  expect(fault('{"a":["x\\u0000"]}')).toBe("body-forbidden-character");
  expect(fault('{"\\u0000":1}')).toBe("body-forbidden-character");
  expect(parse('{"a":"\\\\u0000"}').ok).toBe(true);
});

test("nesting is taken to the limit and not beyond it, brackets in strings aside", () => {
  expect(parse("[".repeat(MAX_DEPTH) + "]".repeat(MAX_DEPTH)).ok).toBe(true);
  expect(fault("[".repeat(MAX_DEPTH + 1) + "]".repeat(MAX_DEPTH + 1))).toBe("body-too-deep");
  expect(fault("[".repeat(250_000))).toBe("body-too-deep");
  expect(parse(`{"a":"${"[".repeat(100)}"}`).ok).toBe(true);
});
