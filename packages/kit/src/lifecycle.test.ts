// A process's life, with real processes: what was begun is finished, whoever says stop, and however often.
import { fork, spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { stopAll } from "./lifecycle.ts";

const FILE = fileURLToPath(new URL("test-process.ts", import.meta.url));

/** Runs it, sends signals at words, and answers its words and how it ended. */
async function run(
  how: string,
  signals: Readonly<Record<string, NodeJS.Signals>>,
): Promise<{ words: string[]; code: number | null }> {
  const child = spawn(process.execPath, [FILE, how], { stdio: ["ignore", "pipe", "inherit"] });
  let text = "";
  const sent = new Set<string>();
  child.stdout.on("data", (chunk: Buffer) => {
    text += chunk.toString();
    for (const [word, signal] of Object.entries(signals)) {
      if (!text.includes(`${word}\n`) || sent.has(word)) continue;
      sent.add(word);
      child.kill(signal);
    }
  });
  const code = await new Promise<number | null>((resolve) => void child.on("close", resolve));
  return { words: text.split("\n").filter(Boolean), code };
}

test.each(["SIGTERM", "SIGINT"] as const)("%s stops in order", async (signal) => {
  expect(await run("", { started: signal })).toEqual({
    words: ["starting", "started", "stopping", "stopped"],
    code: 0,
  });
});

test("a stop that comes while the start is under way waits for it, then stops", async () => {
  const { words, code } = await run("slow-start", { starting: "SIGTERM" });
  expect([words, code]).toEqual([["starting", "started", "stopping", "stopped"], 0]);
});

test("an unexpected rejection stops in order and ends with 1", async () => {
  const { words, code } = await run("rejection", {});
  expect([words, code]).toEqual([["starting", "started", "failure", "stopping", "stopped"], 1]);
});

test("a second signal ends it at once", async () => {
  const { words, code } = await run("slow-stop", { started: "SIGTERM", stopping: "SIGTERM" });
  expect(words).not.toContain("stopped");
  expect(code).not.toBe(0);
});

test("a stop that does not end is cut off", async () => {
  const { words, code } = await run("endless-stop", { started: "SIGTERM" });
  expect([words.at(-1), code]).toEqual(["stopping", 1]);
}, 20_000);

test("a start that fails is told, and leaves nothing running", async () => {
  expect(await run("no-start", {})).toEqual({ words: ["starting", "rejected"], code: 1 });
});

test("a child whose start fails ends, though its parent's channel is open", { timeout: 20_000 }, async () => {
  const child = fork(FILE, ["no-start"], { execArgv: [], stdio: ["ignore", "pipe", "inherit", "ipc"] });
  await expect.poll(() => child.exitCode, { timeout: 10_000 }).toBe(1);
  expect(child.connected).toBe(false);
});

test("a child whose parent is gone stops by itself", { timeout: 20_000 }, async () => {
  const child: ChildProcess = fork(FILE, [""], { execArgv: [], stdio: ["ignore", "pipe", "inherit", "ipc"] });
  let text = "";
  child.stdout?.on("data", (chunk: Buffer) => (text += chunk.toString()));
  await expect.poll(() => text, { timeout: 10_000 }).toContain("started");
  child.disconnect(); // what a child sees of a parent that died
  await expect.poll(() => child.exitCode, { timeout: 10_000 }).toBe(0);
  await expect.poll(() => text).toContain("stopped");
});

test("a child whose parent went before it had begun does not begin", { timeout: 20_000 }, async () => {
  const child = fork(FILE, ["late"], { execArgv: [], stdio: ["ignore", "pipe", "inherit", "ipc"] });
  let text = "";
  child.stdout?.on("data", (chunk: Buffer) => (text += chunk.toString()));
  await expect.poll(() => child.exitCode, { timeout: 10_000 }).toBe(0);
  expect(text).toBe("");
});

test("one part that does not stop keeps no other from it, and all failures come together", async () => {
  const stopped: string[] = [];
  const step = (name: string, fails = false) => ({
    name,
    async stop() {
      stopped.push(name);
      if (fails) throw new Error("x");
    },
  });
  await expect(stopAll([step("a", true), step("b"), step("c", true)])).rejects.toThrow(
    "a did not stop, c did not stop",
  );
  expect(stopped).toEqual(["a", "b", "c"]);
});
