// A drill: institutions send and answer without pause while processes of the hub are killed at random; then everything is counted.
import { setTimeout as delay } from "node:timers/promises";
import type { Personality } from "@ruta/client/simulator";
import { openLog } from "@ruta/log";
import { openCity } from "../city.ts";
import type { City, Shape } from "../city.ts";
import { audit } from "./audit.ts";
import type { Findings, Sent } from "./audit.ts";
import { explain, tries } from "./explain.ts";

/** How a drill runs; it ends by itself. */
export interface DrillOptions {
  readonly driver: Shape["driver"];
  readonly kills: number;
  /** Shortest and longest pause between two kills, in milliseconds. */
  readonly pauseMs: readonly [number, number];
  /** Requests sent at the same time. */
  readonly senders: number;
  readonly say: (line: string) => void;
}

/** What came of it. */
export interface Drilled extends Findings {
  readonly seconds: number;
  readonly killed: Readonly<Record<string, number>>;
}

const SETTLE_MS = 120_000;

const serves: Personality = {
  label: "serves",
  answers: () => [
    { act: "accept", afterMs: 20 },
    { act: "start", afterMs: 20 },
    { act: "complete", afterMs: 20, data: { outcomeCode: "served" } },
  ],
  replyAfterMs: 0,
  downForMs: 0,
};
const silent: Personality = { ...serves, label: "silent", answers: () => [] };

function request(n: number): object {
  return {
    serviceType: "ALO-FAM",
    priority: "urgent",
    performer: n % 2 === 0 ? "casa-par" : "casa-impar",
    number: `D-${n}`,
    consent: { basis: "E", recipientClass: "any", givenOn: "2026-11-20", evidence: "F-1" },
    person: { ageBand: "18-59", identity: { name: { given: `Persona ${n}` } } },
  };
}

/** Sends until told to stop; one sender after the other's answer, so that a hub that is away slows it down. */
async function send(city: City, senders: number, signal: AbortSignal): Promise<Sent[]> {
  const sent: Sent[] = [];
  let n = 0;
  async function one(): Promise<void> {
    while (!signal.aborted) {
      n += 1;
      const webhookId = `drill-${n}`;
      const { status, body } = await city.citizen("sender").send(webhookId, "request", request(n));
      if (status !== 202) throw new Error(`request ${webhookId} was refused with ${status} ${String(body.code)}`);
      sent.push({ institution: "sender", webhookId, caseId: String(body.case) });
      await delay(50);
    }
  }
  await Promise.all(Array.from({ length: senders }, one));
  return sent;
}

/** Runs a drill on servers that RUTA_TEST_DATABASE_URL and RUTA_TEST_KAFKA_BROKERS name. */
export async function drill(options: DrillOptions): Promise<Drilled> {
  const { driver, kills, pauseMs, say } = options;
  const began = performance.now();
  const city = await openCity(
    { driver, processes: "many" },
    { sender: undefined, "casa-par": serves, "casa-impar": serves },
    silent,
  );
  const killed: Record<string, number> = {};
  try {
    const stop = new AbortController();
    const sending = send(city, options.senders, stop.signal);
    sending.catch(() => stop.abort());
    for (let kill = 0; kill < kills && !stop.signal.aborted;) {
      const [least, most] = pauseMs;
      await delay(least + Math.random() * (most - least));
      const victim = city.processes[Math.floor(Math.random() * city.processes.length)]!;
      // One that is down already is no kill.
      if (!victim.crash()) continue;
      kill += 1;
      killed[victim.name] = (killed[victim.name] ?? 0) + 1;
      say(`${driver}: kill -9 number ${kill} of ${kills}: ${victim.name}`);
    }
    stop.abort();
    const sent = await sending;
    say(`${driver}: ${sent.length} referrals were taken; waiting for the last of them`);
    const citizens = ["sender", "casa-par", "casa-impar"].map((id) => city.citizen(id));
    const log = await openLog({
      ...(driver === "kafka" ? { kafkaBrokers: city.env.KAFKA_BROKERS ?? "" } : {}),
      databaseUrl: city.databaseUrl,
      prefix: `${city.env.RUTA_PREFIX}.`,
      clientId: "drill",
    });
    try {
      const end = performance.now() + SETTLE_MS;
      let findings = await audit(log, sent, citizens);
      while (findings.untold + findings.undecided > 0 && performance.now() < end) {
        await delay(500);
        findings = await audit(log, sent, citizens);
      }
      say(await tries(log));
      if (findings.untold > 0)
        for (const line of await explain(
          { log, databaseUrl: city.databaseUrl, schema: `${city.env.RUTA_PREFIX}_delivery`, citizens },
          findings.untoldCases,
        ))
          say(line);
      return { ...findings, seconds: Math.round((performance.now() - began) / 1000), killed };
    } finally {
      await log.close();
    }
  } finally {
    await city.stop();
  }
}

/** How many processes a drill killed. */
export function killsOf({ killed }: Drilled): number {
  return Object.values(killed).reduce((sum, count) => sum + count, 0);
}

/** A drill in one line. */
export function inWords(driver: string, drilled: Drilled): string {
  const { killed: _, untoldCases: __, seconds, ...counts } = drilled;
  const kills = killsOf(drilled);
  const figures = Object.entries(counts).map(([name, count]) => `${name} ${count}`);
  return `drill on ${driver}: ${kills} kills in ${seconds} s, ${figures.join(", ")}`;
}
