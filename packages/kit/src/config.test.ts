// Configuration: a wrong value stops with the variable's name and what it takes; secrets never show.
import { expect, test } from "vitest";
import { z } from "zod";
import { ConfigError, describeConfig, loadConfig, port } from "./config.ts";

const SECRET = "s3cr3t-in-the-environment";
const schema = z.object({
  PORT: port.default(7400).meta({ help: "where it listens" }),
  KEY: z.string().min(30, "at least 30 characters").optional().meta({ secret: true, help: "a key" }),
  MODE: z.enum(["on", "off"]).optional(),
  NEEDED: z.string(),
});

test("values come from the environment, defaults fill in, and what is empty counts as not set", () => {
  expect(loadConfig(schema, { NEEDED: "x", PORT: "80", MODE: "" })).toEqual({ NEEDED: "x", PORT: 80 });
  expect(loadConfig(schema, { NEEDED: "x" })).toEqual({ NEEDED: "x", PORT: 7400 });
});

test.each([
  [{ NEEDED: "x", PORT: "seven" }, "PORT", "a port, 0 to 65535; 0 lets the system choose (where it listens)"],
  [{ NEEDED: "x", PORT: "70000" }, "PORT", "a port, 0 to 65535"],
  [{ NEEDED: "x", PORT: "80.5" }, "PORT", "a port, 0 to 65535"],
  [{ NEEDED: "x", MODE: "maybe" }, "MODE", "on"],
  [{ NEEDED: "" }, "NEEDED", "string"],
  [{ NEEDED: "x", KEY: SECRET }, "KEY", "at least 30 characters"],
])("%o stops with the name and what it takes, and without a secret", (env, variable, words) => {
  const wrong = (): unknown => loadConfig(schema, env);
  expect(wrong).toThrow(ConfigError);
  expect(wrong).toThrow(variable);
  expect(wrong).toThrow(words);
  expect(wrong).not.toThrow(SECRET);
});

test("what is in force is shown with where it comes from, secrets hidden", () => {
  const key = `${SECRET}-${SECRET}`;
  const rows = describeConfig(schema, { NEEDED: "x", KEY: key });
  expect(rows).toEqual([
    { name: "PORT", value: "7400", source: "default", help: "where it listens" },
    { name: "KEY", value: "(hidden)", source: "environment", help: "a key" },
    { name: "MODE", value: "", source: "not set", help: "" },
    { name: "NEEDED", value: "x", source: "environment", help: "" },
  ]);
});
