// A key of the hub changed over in a data folder, and what a process is given of it.
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { KeyProblem, hubKeys, initialise } from "./keys.ts";
import { newHubKey, putNewKey } from "./new-hub-key.ts";

let data: string;
beforeEach(async () => {
  data = mkdtempSync(join(tmpdir(), "ruta-keys-"));
  await initialise(data, { staff: "ops-1", demonstration: false, now: 0 });
});
afterEach(() => rmSync(data, { recursive: true }));

const inFolder = () => hubKeys({ data, external: false });

test.each([
  ["master", "masterKey", "previousMasterKey"],
  ["signing", "signingSeed", "previousSigningSeed"],
] as const)(
  "a new %s key takes its place in the folder, and the former stays beside it until it is put away",
  async (kind, current, previous) => {
    const before = await inFolder();
    expect(before[previous]).toBeUndefined();
    const text = newHubKey(kind);
    const put = await putNewKey(data, kind, text);
    const after = await inFolder();
    expect(after[previous]).toEqual(before[current]);
    expect(after[current]).not.toEqual(before[current]);
    expect(readFileSync(put.file, "utf8")).toBe(`${text}\n`);
    for (const file of [put.file, put.previous]) expect(statSync(file).mode & 0o077).toBe(0);
    // A second one would push the former out while it is still needed.
    await expect(putNewKey(data, kind, newHubKey(kind))).rejects.toThrow(/put this file away/);
    expect(await inFolder()).toEqual(after);
    rmSync(put.previous);
    expect((await inFolder())[previous]).toBeUndefined();
  },
);

test("what the environment gives stands alone, and a wrong former key is told by its variable", async () => {
  await putNewKey(data, "master", newHubKey("master"));
  const { signingSeed } = await inFolder();
  const given = { data, external: false, masterKey: newHubKey("master") };
  expect(await hubKeys(given)).toMatchObject({ previousMasterKey: undefined, signingSeed });
  const previousMasterKey = newHubKey("master");
  const both = await hubKeys({ ...given, previousMasterKey });
  expect(Buffer.from(both.previousMasterKey!).toString("base64")).toBe(previousMasterKey);
  await expect(hubKeys({ ...given, previousMasterKey: "short" })).rejects.toThrow(/^RUTA_MASTER_KEY_PREVIOUS must be/);
  writeFileSync(join(data, "keys", "signing-previous.key"), "whsk_short\n");
  await expect(inFolder()).rejects.toThrow(KeyProblem);
});
