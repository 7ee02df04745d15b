// Logs: whatever is given to them, only fields that are known to be safe get out.
import fc from "fast-check";
import { expect, test } from "vitest";
import { createLogger } from "./logger.ts";

const CANARY = "Yuleima Zambrano";

function written(log: (logger: ReturnType<typeof createLogger>) => void): string {
  let text = "";
  log(createLogger({ service: "test", level: "debug", destination: { write: (line) => void (text += line) } }));
  return text;
}

test("a line has its level, time, service and words, and the fields that are allowed", () => {
  const line = JSON.parse(
    written((logger) => logger.warn({ topic: "t", offset: 7n, count: 2 }, "some words")),
  ) as object;
  expect(line).toMatchObject({ level: "warn", service: "test", topic: "t", offset: "7", count: 2, msg: "some words" });
});

test("a field that is not on the list does not get out, however it is given", () => {
  fc.assert(
    fc.property(
      fc.string({ minLength: 1 }).filter((name) => !/^(err|msg|level|time)$/.test(name)),
      fc.anything(),
      (name, value) => {
        const text = written((logger) => {
          logger.info({ [`x-${name}`]: CANARY, nested: { topic: CANARY }, body: value }, "words");
          logger.child({ person: CANARY }).info({ identity: { name: CANARY } }, "words");
          logger
            .child({ name: { given: CANARY } })
            .child({ url: CANARY })
            .error({ headers: [CANARY] }, "words");
        });
        expect(text).not.toContain(CANARY);
      },
    ),
  );
});

test("an error shows its kind, its code and where, never its message or what hangs on it", () => {
  const error = Object.assign(new TypeError(CANARY, { cause: new Error(CANARY) }), {
    code: "E_X",
    body: CANARY,
    detail: CANARY,
  });
  const text = written((logger) => logger.error({ err: error }, "it failed"));
  expect(text).not.toContain(CANARY);
  expect(JSON.parse(text)).toMatchObject({ error: "TypeError", code: "E_X", frames: expect.any(Array) });
  expect(text).not.toContain("file:///");
  expect(written((logger) => logger.error({ err: CANARY }, "it failed"))).not.toContain(CANARY);
  expect(written((logger) => logger.error({ err: { code: "late" } }, "it failed"))).toContain('"code":"late"');
});

test("a value that is no plain word is not printed", () => {
  const text = written((logger) =>
    logger.info({ reason: "línea\nnueva", code: "x".repeat(300), status: { a: 1 } }, "words"),
  );
  expect(text).toContain('"reason":"(unprintable)"');
  expect(text).not.toMatch(/xxx|"a"/);
});
