// Signed access to the hub's admin routes, as its first administrator: what `ruta` does, for the set-up and the timeline.
import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { decodeSecretKey, signRequest } from "@ruta/proof";

/** Makes signed requests. */
export interface Admin {
  post<T>(path: string, body: object): Promise<T>;
  get<T>(path: string): Promise<T>;
  /** Calls `onData` for each server-sent event until the signal aborts or the stream ends. */
  stream(path: string, onData: (data: string) => void, signal: AbortSignal): Promise<void>;
}

/** Access with the administrator's key of a data folder; `urls` are tried in order until one has the route. */
export async function openAdmin(data: string, urls: readonly string[]): Promise<Admin> {
  const file = await readFile(join(data, "keys", "staff", "administrator.key"), "utf8");
  const { staff, secretKey } = JSON.parse(file) as { staff: string; secretKey: string };
  const seed = decodeSecretKey(secretKey);
  if (!seed) throw new Error("the administrator's key file holds no key");

  async function ask(method: string, path: string, text: string, signal: AbortSignal): Promise<Response> {
    let last: Response | undefined;
    for (const url of urls) {
      const body = Buffer.from(text);
      const signed = signRequest({ method, path, body, staff, now: Date.now(), id: randomUUID() }, seed!);
      const headers = { ...signed, ...(text === "" ? {} : { "content-type": "application/json" }) };
      last = await fetch(new URL(path, url), { method, headers, signal, ...(text === "" ? {} : { body: text }) });
      if (last.status !== 404) break;
    }
    if (!last?.ok) throw new Error(`${method} ${path} was refused with ${last?.status}: ${await last?.text()}`);
    return last;
  }
  const json = async <T>(method: string, path: string, text: string): Promise<T> =>
    (await (await ask(method, path, text, AbortSignal.timeout(30_000))).json()) as T;

  return {
    post: (path, body) => json("POST", path, JSON.stringify(body)),
    get: (path) => json("GET", path, ""),
    async stream(path, onData, signal) {
      const response = await ask("GET", path, "", signal);
      let rest = "";
      for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
        const lines = (rest + chunk).split("\n");
        rest = lines.pop() ?? "";
        for (const line of lines) if (line.startsWith("data:")) onData(line.slice(5).trim());
      }
    },
  };
}
