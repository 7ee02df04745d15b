// The worker: claims due lanes, sends their first deliveries, writes back what came of them; offers to those who pull. Woken by
// notices, and by a slow look.
import { setTimeout as sleep } from "node:timers/promises";
import { listen } from "@ruta/db";
import type { Db, Tx } from "@ruta/db";
import { DeliveryMode } from "@ruta/events";
import type { Directory } from "@ruta/events";
import { batcher } from "@ruta/kit";
import type { Engine, LogLogger } from "@ruta/log";
import { channelOf } from "./intake.ts";
import { openLanes } from "./lanes.ts";
import type { Head } from "./lanes.ts";
import { syncEndpoints } from "./endpoint-rows.ts";
import { tellFailing } from "./failing.ts";
import { foldSightings } from "./fare.ts";
import { tellLate } from "./late.ts";
import type { Limits } from "./limits.ts";
import type { DeliveryMetrics } from "./metrics.ts";
import { openOffers } from "./offers.ts";
import { createPace } from "./pace.ts";
import { prove } from "./prove.ts";
import { settle } from "./results.ts";
import type { Result, Settled } from "./results.ts";
import { fingerprintOf } from "./send.ts";
import type { Sender } from "./send.ts";

/** What a worker is built on. */
export interface WorkerDeps {
  readonly engine: Pick<Engine, "transact" | "unsent">;
  readonly db: Db;
  readonly schema: string;
  /** Names this process; two living workers must not share one. */
  readonly name: string;
  readonly directory: () => Directory;
  readonly sender: Sender;
  readonly limits: Limits;
  readonly metrics: DeliveryMetrics;
  readonly logger: LogLogger;
  readonly now: () => number;
}

/** A running worker. */
export interface Worker {
  /** Why it does not get on, if it does not. */
  reasons(): string[];
  /** Claims nothing more, finishes what runs (ends it after a while), writes the results, and leaves. */
  stop(): Promise<void>;
}

/** A look or sign of life that fails for this long makes the worker unready. */
const STUCK_MS = 10_000;
/** Between two tries to write a result. */
const AGAIN_MS = 500;
/**
 * After a look that failed: a COMMIT that got no answer may have claimed lanes, or may still do so for as long as the server takes
 * to end it. This worker lives, so that nobody else would ever take them.
 */
const UNSURE_MS = 30_000;
/** Before a lane is looked at again whose endpoint was not the one that was looked up. */
const ANEW_MS = 100;
/** How often a worker that stops tries to write a result: what it leaves is sent again by another. */
const LAST_TRIES = 3;
const BATCH = 100;

/** Starts a worker. Throws when the database does not take its first sign of life. */
export async function startWorker(deps: WorkerDeps): Promise<Worker> {
  const { engine, db, schema, name, directory, sender, limits, metrics, logger, now } = deps;
  const lanes = openLanes(db, schema, name, limits.expiryMs);
  const offers = openOffers({ engine, schema, directory, now, expiryMs: limits.expiryMs });
  const pace = createPace();
  const abort = new AbortController();
  const running = new Map<Promise<void>, Head>();
  let bell = Promise.withResolvers<void>();
  let stopping = false;
  let looked = performance.now();
  let lived = performance.now();
  let unwritten = 0;
  let synced = -1n;
  let unsureUntil = 0;

  function ring(): void {
    bell.resolve();
    bell = Promise.withResolvers();
  }

  const write = batcher<Result, Settled>({
    maxItems: BATCH,
    maxWaitMs: 1,
    run: (results) =>
      engine.transact(async (tx) => {
        const { settled, records } = await settle(tx, schema, name, results, Math.random);
        return { result: settled, records };
      }),
  });

  /** Writes a result, again and again: until then nobody else sends the lane's next delivery. Answers whether more of it waits. */
  async function finish(result: Result): Promise<boolean> {
    for (let tries = 1; ; tries += 1) {
      try {
        const settled = await write(result);
        if (settled === undefined) metrics.fenced();
        else if ("tried" in result && settled.verdict.kind !== "wait")
          metrics.attempted(result.tried.outcome, settled.verdict);
        return settled?.waits ?? false;
      } catch (error) {
        logger.warn({ count: tries, err: error }, "the result of a delivery could not be written");
        if (stopping && tries >= LAST_TRIES) return false;
        unwritten += 1;
        await sleep(AGAIN_MS);
        unwritten -= 1;
      }
    }
  }

  async function deliver(head: Head): Promise<boolean> {
    const endpoint = directory().endpointOf(head.institution, now());
    if (!endpoint) return finish({ head, park: "no-endpoint", endpointId: "" });
    const pulls = endpoint.mode === DeliveryMode.INBOX;
    if (pulls ? !head.pulls : head.fingerprint !== fingerprintOf(endpoint)) return finish(await anew(head));
    if (head.disabled) return finish({ head, park: "disabled", endpointId: endpoint.id });
    if (pulls) return finish({ head, back: true });
    pace.spend(head.institution);
    if (!head.proved) {
      const { outcome } = await prove(sender, endpoint, abort.signal, now());
      metrics.challenged(outcome);
      if (!outcome.ok) return finish({ head, back: true, challenged: outcome });
      if (!(await proved(head))) return finish({ head, back: true });
    }
    const message = { id: head.id, body: head.body, attempt: head.attempts + 1 };
    const tried = await sender.send(endpoint, message, abort.signal);
    return finish({ head: head.proved ? head : { ...head, probe: false }, tried });
  }

  /** Writes a proof down before anything is sent: from here on others may send too. False when it could not be written. */
  async function proved({ institution, fingerprint }: Head): Promise<boolean> {
    const seen = {
      institution,
      fingerprint: fingerprint ?? "",
      sign: "up",
      probe: true,
      proved: true,
      gone: false,
    } as const;
    const write = async (tx: Tx) => ({ result: true, records: await foldSightings(tx, schema, [seen]) });
    return engine.transact(write).catch((error: unknown) => {
      logger.warn({ err: error }, "the proof of an endpoint could not be written");
      return false;
    });
  }

  /** Another process has another endpoint for it: whose directory is behind finds out, and the lane is looked at again. */
  async function anew(head: Head): Promise<Result> {
    await syncEndpoints(db, schema, directory(), now()).catch(() => {});
    await sleep(ANEW_MS);
    return { head, back: true };
  }

  /** Brings in endpoints that are new, or in force from now on. */
  async function sync(): Promise<void> {
    const current = directory();
    await syncEndpoints(db, schema, current, now());
    synced = current.revision;
  }

  /** Room at the endpoints that take only so many a second. */
  function limited(): Map<string, number> {
    const slow = directory()
      .all("endpoint")
      .filter(({ ratePerSecond }) => ratePerSecond > 0);
    return new Map(slow.map((e) => [e.institution, pace.room(e.institution, e.ratePerSecond, performance.now())]));
  }

  /** Puts what waits for institutions that pull into their inboxes; true when some has to wait for the log. */
  async function offer(pulling: ReadonlySet<string>): Promise<boolean> {
    for (;;) {
      const { moved, held } = await offers.offer(pulling);
      if (moved === 0 || stopping) return held;
    }
  }

  /** Offers, claims and begins what can be now; answers how long nothing more can be. */
  async function look(): Promise<number> {
    for (;;) {
      if (directory().revision !== synced) await sync();
      const pulling = offers.pulling();
      const held = await offer(pulling);
      const total = limits.total - running.size;
      if (stopping || total <= 0) return held ? AGAIN_MS : limits.pollMs;
      // Before anything is claimed: what is held now and not running was claimed without this worker's knowledge.
      if (performance.now() < unsureUntil) await lanes.keepOnly([...running.values()]);
      const rooms = limited();
      const closed = new Map([...rooms, ...[...pulling].map((institution) => [institution, 0] as const)]);
      const heads = await lanes.claim({ total, perEndpoint: limits.perEndpoint, limited: closed });
      looked = performance.now();
      for (const head of heads) {
        const run = deliver(head).then((waits) => {
          running.delete(run);
          // Nothing else can be sent for its end, and a look costs as much as a delivery.
          if (waits || head.last || running.size === limits.total - 1) ring();
        });
        running.set(run, head);
      }
      if (heads.length === total) continue; // there may be more than one claim takes
      const paced = held || [...rooms.values()].some((room) => room === 0) ? AGAIN_MS : limits.pollMs;
      return Math.min(paced, ((await lanes.nextDueMs()) ?? limits.pollMs) + 1);
    }
  }

  async function loop(): Promise<void> {
    while (!stopping) {
      const rung = bell.promise;
      const waitMs = await look().catch((error: unknown) => {
        logger.warn({ err: error }, "due deliveries could not be looked for");
        unsureUntil = performance.now() + UNSURE_MS;
        return AGAIN_MS;
      });
      await either(rung, waitMs);
    }
  }

  async function beat(): Promise<void> {
    try {
      const ended = await lanes.beat();
      lived = performance.now();
      if (ended) ring(); // what they held is free
      await sync();
      await tellFailing(engine, schema, limits.failingMs);
      await tellLate(engine, schema, (institution) => directory().endpointOf(institution, now())?.id ?? "");
      while (!stopping && (await offers.withdraw()) > 0);
      while (!stopping && (await offers.expire()) > 0);
    } catch (error) {
      logger.warn({ err: error }, "a worker's sign of life could not be written");
    }
  }

  await lanes.beat();
  let beating: Promise<void> | undefined;
  const timer = setInterval(() => {
    beating ??= beat().finally(() => {
      beating = undefined;
    });
  }, limits.beatMs);
  const unlisten = await listen(db, channelOf(schema), ring);
  const looping = loop();

  return {
    reasons() {
      const at = performance.now();
      const reasons: string[] = [];
      if (at - lived > STUCK_MS) reasons.push("the worker's sign of life cannot be written");
      if (at - looked > Math.max(STUCK_MS, 2 * limits.pollMs) && running.size < limits.total)
        reasons.push("due deliveries cannot be looked for");
      if (unwritten > 0) reasons.push("results of deliveries cannot be written");
      return reasons;
    },
    async stop() {
      stopping = true;
      ring();
      await looping;
      const end = setTimeout(() => abort.abort(), limits.stopMs);
      await Promise.all(running.keys());
      clearTimeout(end);
      clearInterval(timer);
      await beating;
      await unlisten();
      await lanes.leave().catch(() => {}); // silence says it too
    },
  };
}

/** Resolves with `rung`, or after `ms`. */
function either(rung: Promise<void>, ms: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    void rung.then(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}
