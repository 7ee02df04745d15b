// The institution of a soak that cannot host a server: it pulls what is for it, answers, and acknowledges.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { City } from "../city.ts";

/** One that pulls. */
export interface Puller {
  /** Whether it has ended by itself, and why. */
  readonly ended: unknown;
  /** Cases of which it was told this type of event. */
  told(type: string): ReadonlySet<string>;
  stop(): Promise<void>;
}

interface Item {
  readonly cursor: string;
  readonly webhookId: string;
  readonly event: { readonly type: string; readonly subject?: string; readonly data: { readonly referral: string } };
}

const PAUSE_MS = 250;
const ANSWERS = [
  ["accept", {}],
  ["start", {}],
  ["complete", { outcomeCode: "served" }],
] as const;

/** Turns an institution of the city to pulling and lets it answer until it is stopped. */
export async function startPuller(city: City, id: string): Promise<Puller> {
  await city.admin.post("/admin/directory/endpoints", { institution: id, mode: "inbox", reason: "no server" });
  const token = readFileSync(join(city.folder, "keys", "institutions", `${id}.token`), "utf8").trim();
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
  const heard = new Map<string, Set<string>>();
  let stopping = false;
  let ended: unknown;

  async function take({ event, webhookId }: Item): Promise<void> {
    const { referral } = event.data;
    const type = event.type.split(".").at(-1) ?? "";
    heard.set(type, (heard.get(type) ?? new Set()).add(referral.slice(0, 26)));
    if (type !== "request") return;
    for (const [act, data] of ANSWERS)
      await city.citizen(id).send(`${webhookId}-${act}`, act, { referral, worker: "op-1", ...data });
  }
  async function pull(): Promise<void> {
    while (!stopping) {
      const { status, body } = await city.citizen(id).read("/v1/inbox?wait=2");
      if (status !== 200) throw new Error(`the inbox answered ${status}`);
      const items = body["items"] as readonly Item[];
      await Promise.all(items.map(take));
      const cursor = items.at(-1)?.cursor;
      if (cursor !== undefined) {
        const said = await fetch(new URL("/v1/inbox/ack", city.gateway), {
          method: "POST",
          headers,
          body: JSON.stringify({ cursor }),
        });
        await said.arrayBuffer();
      }
      await delay(PAUSE_MS);
    }
  }
  const pulling = pull().catch((error: unknown) => (ended = error));
  return {
    get ended() {
      return ended;
    },
    told: (type) => heard.get(type) ?? new Set(),
    async stop() {
      stopping = true;
      await pulling;
    },
  };
}
