// The inbox against a hub on loopback: what was handed over is acknowledged, and what was not comes again.
import { afterEach, beforeEach, expect, test } from "vitest";
import { createClient } from "./client.ts";
import type { InboxOptions } from "./inbox.ts";
import { testHub } from "./test-hub.ts";
import type { TestHub } from "./test-hub.ts";

const SOON = { timeout: 15_000, interval: 10 };
const contentType = "application/cloudevents+json";
const item = (n: number) => ({
  webhookId: `w-${n}`,
  contentType,
  event: {
    id: `e-${n}`,
    type: "ruta.referral.request",
    sequence: String(n),
    data: { case: "case", referral: "case-1" },
  },
});

let hub: TestHub;
beforeEach(async () => void (hub = await testHub()));
afterEach(() => hub.close());

function follow(options: Partial<InboxOptions> & Pick<InboxOptions, "onEvent">, token = "rt_token") {
  const stop = new AbortController();
  const done = createClient({ url: hub.url, institution: "casa", token }).inbox({ signal: stop.signal, ...options });
  return { done, stop: () => stop.abort() };
}
const polls = () => hub.seen.filter(({ path }) => path.startsWith("/v1/inbox?"));

test("items are handed over in order and acknowledged, page after page, what comes later too", async () => {
  hub.items.push(item(1), item(2), item(3));
  const took: string[] = [];
  const { done, stop } = follow({ onEvent: (_event, { webhookId }) => void took.push(webhookId) });
  await expect.poll(() => hub.acknowledged, SOON).toEqual(["2", "3"]);
  hub.items.push(item(4));
  await expect.poll(() => hub.acknowledged, SOON).toEqual(["2", "3", "4"]);
  stop();
  await done;
  expect(took).toEqual(["w-1", "w-2", "w-3", "w-4"]);
  expect(new Set(polls().map(({ path }) => path))).toEqual(new Set(["/v1/inbox?wait=30"]));
});

test("what the handler throws at is not acknowledged; what came before it is, and it comes again", async () => {
  hub.items.push(item(1), item(2));
  let fail = true;
  const errors: unknown[] = [];
  const took: string[] = [];
  const { done, stop } = follow({
    onEvent(_event, { webhookId }) {
      if (webhookId === "w-2" && fail) throw new Error("no disk");
      took.push(webhookId);
    },
    onError(error) {
      errors.push(error);
      fail = false;
    },
  });
  await expect.poll(() => hub.acknowledged, SOON).toEqual(["1", "2"]);
  stop();
  await done;
  expect(errors).toEqual([expect.objectContaining({ message: "no disk" })]);
  expect(took).toEqual(["w-1", "w-2"]);
});

test("without onError following ends at what the handler threw, and what came before is acknowledged", async () => {
  hub.items.push(item(1), item(2));
  const { done } = follow({
    onEvent(_event, { webhookId }) {
      if (webhookId === "w-2") throw new Error("no disk");
    },
  });
  await expect(done).rejects.toThrow("no disk");
  expect(hub.acknowledged).toEqual(["1"]);
});

test("an item whose acknowledgement got lost comes again and is not handed over again", async () => {
  hub.items.push(item(1));
  let calls = 0;
  const { done, stop } = follow({
    onEvent() {
      calls += 1;
      // The acknowledgement that follows is cut, and so is its repeat.
      hub.stumbles.push("cut", { status: 503 });
    },
  });
  await expect.poll(() => hub.acknowledged, SOON).toEqual(["1"]);
  hub.items.unshift(item(1));
  await expect.poll(() => hub.acknowledged.length, SOON).toBe(2);
  stop();
  await done;
  expect(calls).toBe(1);
});

test("a hub that is away is waited for; one that refuses the token is not", async () => {
  hub.items.push(item(1));
  hub.stumbles.push("cut", { status: 502 }, { status: 503, headers: { "retry-after": "1" } });
  const { done, stop } = follow({ onEvent: () => {} });
  await expect.poll(() => hub.acknowledged, SOON).toEqual(["1"]);
  stop();
  await done;
  await expect(follow({ onEvent: () => {} }, "rt_other").done).rejects.toMatchObject({ code: "invalid-token" });
});

test("a signal that comes while an item is at hand lets it be acknowledged, and no other be begun", async () => {
  hub.items.push(item(1), item(2));
  const stop = new AbortController();
  const client = createClient({ url: hub.url, institution: "casa", token: "rt_token" });
  await client.inbox({ signal: stop.signal, onEvent: () => stop.abort() });
  expect(hub.acknowledged).toEqual(["1"]);
});

test("following begins where it is told to", async () => {
  hub.items.push(item(1), item(2));
  const took: string[] = [];
  const { done, stop } = follow({ after: "1", onEvent: (_event, { webhookId }) => void took.push(webhookId) });
  await expect.poll(() => hub.acknowledged, SOON).toEqual(["2"]);
  stop();
  await done;
  expect(took).toEqual(["w-2"]);
  expect(polls()[0]?.path).toBe("/v1/inbox?wait=30&after=1");
});
