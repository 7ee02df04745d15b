// The load, a process of its own: sends signed requests one behind the other, or by the clock whatever the answers do.
import { setTimeout as delay } from "node:timers/promises";
import { Pool } from "undici";
import { serve } from "./child.ts";
import { requestsOf } from "./sample.ts";
import type { Plan } from "./sample.ts";
import { clock } from "./times.ts";

/** One run. */
export interface LoadJob extends Plan {
  /** http://host:port. */
  readonly target: string;
  /** So many a second by the clock; not said: each connection sends when it has its answer. */
  readonly rate?: number | undefined;
  /** Connections in closed loop, most connections by the clock. */
  readonly connections: number;
  readonly seconds: number;
}

/** A request that was answered 202. Times are those of `clock`. */
export interface Accepted {
  readonly n: number;
  readonly institution: string;
  readonly webhookId: string;
  readonly caseId: string;
  /** When it was to be sent, by the clock, or was sent. */
  readonly from: number;
  readonly until: number;
}

/** What came of a run. */
export interface Loaded {
  readonly accepted: readonly Accepted[];
  /** Other answers and failures, by status or code. */
  readonly others: Readonly<Record<string, number>>;
}

/** By the clock: more than this under way means that the hub does not keep up, and nothing more is sent. */
const MOST_WAITING = 20_000;
const CASE = /"case":"([^"]+)"/;

/** Posts with as little work as there can be: what the load uses, the hub on the same cores has not. */
function post(
  pool: Pool,
  path: string,
  headers: Record<string, string>,
  body: Buffer,
): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    let status = 0;
    let text = "";
    pool.dispatch(
      { method: "POST", path, headers, body },
      {
        onRequestStart() {},
        onResponseStart: (_controller, code) => void (status = code),
        onResponseData: (_controller, chunk) => void (text += chunk.toString("latin1")),
        onResponseEnd: () => resolve({ status, text }),
        onResponseError: (_controller, error) => reject(error),
      },
    );
  });
}

async function load(job: LoadJob): Promise<Loaded> {
  const { target, rate, connections, seconds } = job;
  const pool = new Pool(target, { connections, pipelining: 1, headersTimeout: 30_000, bodyTimeout: 30_000 });
  const signed = requestsOf(job);
  const accepted: Accepted[] = [];
  const others: Record<string, number> = {};
  const begin = clock();
  const end = begin + seconds * 1000;
  let waiting = 0;

  async function send(n: number, from: number): Promise<void> {
    const { institution, webhookId, path, headers, body } = signed(n, Date.now());
    waiting += 1;
    try {
      const { status, text } = await post(pool, path, headers, body);
      const until = clock();
      const caseId = CASE.exec(text)?.[1] ?? "";
      if (status === 202) accepted.push({ n, institution, webhookId, caseId, from, until });
      else note(String(status));
    } catch (error) {
      note(error instanceof Error && "code" in error ? String(error.code) : "failed");
    } finally {
      waiting -= 1;
    }
  }
  function note(what: string): void {
    others[what] = (others[what] ?? 0) + 1;
  }
  async function line(first: number): Promise<void> {
    for (let n = first; clock() < end; n += connections) await send(n, clock());
  }
  async function byTheClock(perMs: number): Promise<void> {
    const all: Promise<void>[] = [];
    for (let n = 0; ;) {
      // The n-th is due at begin + n / perMs, the first at once.
      const due = (Math.min(clock(), end) - begin) * perMs;
      for (; n <= due; n += 1) all.push(send(n, begin + n / perMs));
      if (clock() >= end) break;
      if (waiting > MOST_WAITING) {
        note("not kept up");
        break;
      }
      await delay(1);
    }
    await Promise.all(all);
  }

  if (rate === undefined) await Promise.all(Array.from({ length: connections }, (_, n) => line(n)));
  else await byTheClock(rate / 1000);
  await pool.close();
  return { accepted, others };
}

serve(load);
