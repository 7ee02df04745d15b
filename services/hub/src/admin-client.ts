// How `ruta` speaks to the services: signed requests to their admin routes, to whichever instance answers.
import { randomId } from "@ruta/events";
import { signRequest } from "@ruta/proof";
import type { StaffKey } from "./keys.ts";
import { say } from "./language.ts";
import { CommandError, EXIT } from "./output.ts";
import { refusal } from "./refusal.ts";
import type { Refusal } from "./refusal.ts";

/** Makes administrative requests as one staff member. */
export interface AdminClient {
  /** JSON in, JSON out. Throws CommandError with the hub's own words when refused. */
  request<T>(method: "GET" | "POST", path: string, body?: unknown): Promise<T>;
  /** Asks every address: its answer, or undefined where none came. Throws CommandError when one of them refuses. */
  each(path: string): Promise<{ readonly url: string; readonly answer: unknown }[]>;
  /** The lines of a stream of server-sent events, until the signal ends it. */
  stream(path: string, onEvent: (data: string) => void, signal: AbortSignal): Promise<void>;
}

/** A client for the admin addresses, tried in order. A route another instance has is found by its 404 here. */
export function adminClient(urls: readonly string[], key: StaffKey, now: () => number): AdminClient {
  /** The answer of one address; undefined when none comes. */
  async function ask(url: string, method: string, path: string, body: Uint8Array, signal?: AbortSignal) {
    const headers = signRequest({ method, path, body, staff: key.staff, now: now(), id: randomId() }, key.seed);
    const init: RequestInit = { method, headers: { ...headers, "content-type": "application/json" } };
    if (method !== "GET") init.body = new Uint8Array(body);
    init.signal = signal ?? AbortSignal.timeout(30_000);
    return fetch(new URL(path, url), init).catch((error: unknown) => {
      if (signal?.aborted) throw error;
      return undefined;
    });
  }

  async function send(method: string, path: string, body: Uint8Array, signal?: AbortSignal): Promise<Response> {
    let missing: Response | undefined;
    for (const url of urls) {
      const response = await ask(url, method, path, body, signal);
      if (response && response.status !== 404) return response;
      missing = response ?? missing;
    }
    if (missing) return missing;
    throw new CommandError(
      say`no service answers at ${urls.join(", ")}`,
      EXIT.unreachable,
      say`start the hub with \`ruta start\`, or set RUTA_ADMIN_URLS to where its admin routes are`,
    );
  }

  async function refuse(response: Response): Promise<never> {
    const problem = (await response.json().catch(() => ({}))) as Refusal;
    throw refusal(problem, response.status);
  }

  return {
    async request<T>(method: "GET" | "POST", path: string, body?: unknown): Promise<T> {
      const response = await send(method, path, Buffer.from(body === undefined ? "" : JSON.stringify(body)));
      if (!response.ok) await refuse(response);
      return (await response.json()) as T;
    },
    each: (path) =>
      Promise.all(
        urls.map(async (url) => {
          const response = await ask(url, "GET", path, new Uint8Array());
          if (response && !response.ok) await refuse(response);
          return { url, answer: response && (await response.json()) };
        }),
      ),
    async stream(path, onEvent, signal): Promise<void> {
      const response = await send("GET", path, new Uint8Array(), signal);
      if (!response.ok || !response.body) await refuse(response);
      let rest = "";
      for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
        const lines = (rest + chunk).split("\n");
        rest = lines.pop() ?? "";
        for (const line of lines) if (line.startsWith("data:")) onEvent(line.slice(5).trim());
      }
    },
  };
}
