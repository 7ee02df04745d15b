// The examples that follow the inbox, against a hub on loopback; and the README's first lines are the first example.
import { execFile, execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterEach, beforeEach, expect, test } from "vitest";
import { testHub } from "./test-hub.ts";
import type { TestHub } from "./test-hub.ts";

const run = promisify(execFile);
const SOON = { timeout: 15_000, interval: 20 };
const example = (name: string): string => fileURLToPath(new URL(`../examples/${name}`, import.meta.url));

/** Whether programs are there; where not, their test is skipped with a line, and in CI it fails. */
function missing(...names: readonly string[]): boolean {
  const absent = names.filter((name) => {
    try {
      return execFileSync("sh", ["-c", `command -v ${name}`]).length === 0;
    } catch {
      return true;
    }
  });
  if (absent.length > 0)
    console.error(`tests: the examples with ${names.join(" and ")} are skipped: no ${absent.join(", no ")}`);
  return absent.length > 0 && !process.env.CI;
}

let hub: TestHub;
let folder: string;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "ruta-examples-"));
  hub = await testHub();
  for (const n of [1, 2])
    hub.items.push({
      webhookId: `w-${n}`,
      contentType: "application/cloudevents+json",
      event: { id: `e-${n}`, type: "ruta.referral.request", data: { referral: `case-${n}` } },
    });
});
afterEach(async () => {
  await hub.close();
  rmSync(folder, { recursive: true, force: true });
});
const environment = () => ({
  ...process.env,
  RUTA_URL: hub.url,
  RUTA_INSTITUTION: "casa",
  RUTA_TOKEN: "rt_token",
  WAIT: "0",
});

test("the README's ten lines are the first example", () => {
  const readme = readFileSync(fileURLToPath(new URL("../README.md", import.meta.url)), "utf8");
  expect(readme).toContain(`\`\`\`js\n${readFileSync(example("first-referral.mjs"), "utf8")}\`\`\`\n`);
});

test("inbox.mjs prints and acknowledges, and Ctrl-C ends it", async () => {
  const child = spawn(process.execPath, [example("inbox.mjs")], { cwd: folder, env: environment() });
  let printed = "";
  child.stdout.on("data", (chunk: Buffer) => void (printed += chunk.toString()));
  await expect.poll(() => hub.acknowledged, SOON).toEqual(["2"]);
  child.kill("SIGINT");
  expect(await new Promise((resolve) => void child.on("close", resolve))).toBe(0);
  expect(printed).toBe("ruta.referral.request case-1\nruta.referral.request case-2\n");
});

test.skipIf(missing("bash", "curl"))(
  "inbox.sh prints a page and acknowledges it; nothing new is nothing acknowledged",
  async () => {
    const { stdout } = await run("bash", [example("inbox.sh")], { env: environment() });
    expect(JSON.parse(stdout)).toMatchObject({ items: [{ webhookId: "w-1" }, { webhookId: "w-2" }] });
    expect(hub.acknowledged).toEqual(["2"]);
    await run("bash", [example("inbox.sh")], { env: environment() });
    expect(hub.acknowledged).toEqual(["2"]);
  },
);

test.skipIf(missing("python3"))("inbox.py prints each event and acknowledges it", async () => {
  const { stdout } = await run("python3", [example("inbox.py"), "--once"], { env: environment() });
  expect(stdout).toBe("ruta.referral.request case-1\nruta.referral.request case-2\n");
  expect(hub.acknowledged).toEqual(["1", "2"]);
});
