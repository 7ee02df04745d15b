// The process of the simulated institutions: starts them, lets them send the bundled referrals once, and reports the truth.
import { readFile } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { createInstitution, openJournal, today } from "@ruta/client/simulator";
import type { Institution } from "@ruta/client/simulator";
import { z } from "zod";
import { PERSONALITIES } from "./personality.ts";
import { truthOf } from "./truth.ts";

/** What the parent gives to this process, in a file that only its user can read. */
export const plan = z.object({
  gateway: z.url(),
  hubKey: z.string(),
  journal: z.string(),
  institutions: z.array(
    z.object({ id: z.string(), port: z.number(), key: z.string(), deliverySecret: z.string().optional() }),
  ),
});

/** One bundled referral: who sends it and what it says; `givenOn` of the consent is the day of sending. */
interface Bundled {
  readonly from: string;
  readonly data: { readonly consent: object; readonly [field: string]: unknown };
}

const SEND_EVERY_MS = 150;
const REPORT_EVERY_MS = 200;

const settings = plan.parse(JSON.parse(await readFile(process.argv[2] ?? "", "utf8")));
const journal = openJournal(settings.journal);
const institutions = new Map<string, Institution>();
for (const { id, port, key, deliverySecret } of settings.institutions) {
  const personality = PERSONALITIES[id];
  if (!personality) throw new Error(`no personality for ${id}`);
  const institution = createInstitution({
    id,
    personality,
    gateway: settings.gateway,
    key,
    hubKeys: [settings.hubKey, ...(deliverySecret === undefined ? [] : [deliverySecret])],
    journal,
  });
  await institution.listen(port);
  institutions.set(id, institution);
}

const bundled = JSON.parse(await readFile(new URL("../referrals.json", import.meta.url), "utf8")) as Bundled[];
let sending = true;

function report(): void {
  const pending = [...institutions.values()].reduce((sum, institution) => sum + institution.pending(), 0);
  process.send?.({ truth: truthOf(journal.entries), total: bundled.length, pending: pending + (sending ? 1 : 0) });
}

async function sendAll(): Promise<void> {
  const sent = new Set(journal.entries.flatMap((entry) => (entry.kind === "sent" ? [entry.n] : [])));
  for (const [n, { from, data }] of bundled.entries()) {
    const institution = institutions.get(from);
    if (sent.has(n) || !institution) continue;
    const consent = { ...data.consent, givenOn: today(Date.now()) };
    // The id is the referral's own: sent again after a kill, it is the same referral.
    const { status, body } = await institution.send(`demo-referral-${n}`, "request", { ...data, consent });
    if (status !== 202)
      throw new Error(`bundled referral ${n} was refused: ${JSON.stringify({ code: body.code, field: body.field })}`);
    journal.add({ kind: "sent", n, institution: from, referral: String(body.referral), case: String(body.case) });
    await delay(SEND_EVERY_MS);
  }
}

async function stop(): Promise<void> {
  clearInterval(reporting);
  await Promise.all([...institutions.values()].map((institution) => institution.close()));
  journal.close();
  process.exit(0);
}
const reporting = setInterval(report, REPORT_EVERY_MS);
// Without its parent there is nothing to simulate for.
process.once("disconnect", () => void stop());
if (!process.connected) await stop();
process.once("SIGTERM", () => void stop());
process.on("SIGINT", () => {});

for (const institution of institutions.values()) institution.resume();
await sendAll();
sending = false;
