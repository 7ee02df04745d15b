// A connection to the hub that is used again for the next request, and one for a single raw exchange; nothing here knows HTTP rules
// beyond where an answer ends, so that anything can be sent.
import { createConnection } from "node:net";
import type { Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { answersIn, streaming } from "./answers.ts";
import type { Answer } from "./answers.ts";
import type { Step } from "./raw.ts";

/** What came of one exchange. */
export interface Outcome {
  readonly answers: readonly Answer[];
  /** Bytes behind the last answer that are none. */
  readonly rest: number;
  readonly timedOut: boolean;
}

/** More than any route waits: a long poll of an inbox takes 30 s. */
const LIMIT_MS = 45_000;
/** As long as the hub may take to end a request that does not go on. */
const PATIENCE_MS = 75_000;

const OPENED = { answers: [{ status: 200, headers: {}, body: "" }], rest: 0 } as const;

/** Connects; `bytes` grows with what comes. */
function connect(port: number): {
  socket: Socket;
  bytes: () => Buffer;
  closed: () => boolean;
  changed: () => Promise<void>;
} {
  const socket = createConnection({ port, host: "127.0.0.1", allowHalfOpen: true, noDelay: true });
  let chunks: Buffer[] = [];
  let closed = false;
  let next = Promise.withResolvers<void>();
  const ring = (): void => {
    next.resolve();
    next = Promise.withResolvers();
  };
  socket.on("data", (chunk: Buffer) => {
    chunks.push(chunk);
    ring();
  });
  for (const name of ["end", "close", "error"] as const)
    socket.on(name, () => {
      closed = true;
      ring();
    });
  return {
    socket,
    closed: () => closed,
    changed: () => next.promise,
    bytes: () => {
      if (chunks.length > 1) chunks = [Buffer.concat(chunks)];
      return chunks[0] ?? Buffer.alloc(0);
    },
  };
}

/** Sends steps on a connection of their own and reads until it ends, or until the first answer when nothing else ends it. */
export async function exchange(
  port: number,
  steps: readonly Step[],
  method: string,
  hurried: boolean,
): Promise<Outcome> {
  const { socket, bytes, closed, changed } = connect(port);
  let last = "";
  for (const step of steps) {
    if (closed()) break;
    if ("write" in step) socket.write(step.write);
    else if ("pauseMs" in step) await Promise.race([delay(step.pauseMs), changed()]);
    else {
      last = step.finish;
      if (last === "end") socket.end();
      else if (last === "reset") {
        // What was written is on its way before the reset.
        await delay(5);
        socket.resetAndDestroy();
      }
    }
  }
  const patient = last === "until-closed";
  const end = performance.now() + (patient ? (hurried ? 200 : PATIENCE_MS) : LIMIT_MS);
  let timedOut = false;
  for (;;) {
    if (closed() || streaming(bytes())) break;
    const left = end - performance.now();
    if (left <= 0) {
      timedOut = !(patient && hurried);
      break;
    }
    const stop = new AbortController();
    await Promise.race([changed(), delay(left, undefined, { signal: stop.signal }).catch(() => {})]);
    stop.abort();
  }
  socket.destroy();
  const all = bytes();
  return { ...(streaming(all) ? OPENED : answersIn(all, method, true)), timedOut };
}

/** A connection that is kept. */
export interface Line {
  /** Sends the bytes of one request; on a new connection when the old one is gone. */
  ask(port: number, bytes: Buffer, method: string): Promise<Outcome>;
  close(): void;
}

/** Opens a line; it connects with its first request to each port. */
export function openLine(): Line {
  const open = new Map<number, ReturnType<typeof connect>>();

  async function once(port: number, bytes: Buffer, method: string): Promise<Outcome & { readonly stale: boolean }> {
    const used = open.get(port);
    const connection = used && !used.closed() ? used : connect(port);
    open.set(port, connection);
    const before = connection.bytes().length;
    connection.socket.write(bytes);
    const end = performance.now() + LIMIT_MS;
    for (;;) {
      const come = connection.bytes().subarray(before);
      const found = answersIn(come, method, connection.closed());
      const [answer] = found.answers;
      const done = answer !== undefined || connection.closed() || streaming(come);
      if (!done && performance.now() < end) {
        const stop = new AbortController();
        const left = end - performance.now();
        await Promise.race([connection.changed(), delay(left, undefined, { signal: stop.signal }).catch(() => {})]);
        stop.abort();
        continue;
      }
      const stale = used === connection && come.length === 0 && connection.closed();
      const kept =
        answer !== undefined && found.rest === 0 && answer.headers.connection !== "close" && before < 1_000_000;
      if (!kept) {
        open.delete(port);
        connection.socket.destroy();
      }
      return { ...(streaming(come) ? OPENED : found), timedOut: !done, stale };
    }
  }

  return {
    async ask(port, bytes, method) {
      const first = await once(port, bytes, method);
      // The hub may have ended an idle connection as the request set out.
      return first.stale ? once(port, bytes, method) : first;
    },
    close() {
      for (const { socket } of open.values()) socket.destroy();
      open.clear();
    },
  };
}
