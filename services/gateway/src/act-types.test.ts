// The types that institutions compile against are those of the schemas that the door checks by.
import { fileURLToPath } from "node:url";
import { ACTS } from "@ruta/events";
import { expect, test } from "vitest";
import { actTypes, typeOf } from "./act-types.ts";

const COMMITTED = fileURLToPath(new URL("../../../packages/client/src/gen/acts.ts", import.meta.url));

test("the types of the client are what the door's schemas say", async () => {
  await expect(actTypes()).toMatchFileSnapshot(COMMITTED);
});

test("every act has its data, required and optional fields told apart", () => {
  const text = actTypes();
  for (const act of ACTS) expect(text).toContain(`readonly "${act}": {`);
  expect(text).toMatch(/readonly "reject": \{[^}]*readonly reasonCode: "no-capacity" \| /);
  expect(text).toMatch(/readonly "accept": \{[^}]*readonly expectedAt\?: string;/);
});

test("a schema that has no type stops the generation", () => {
  expect(() => typeOf({ type: "null" })).toThrow(/no type for the schema/);
});
