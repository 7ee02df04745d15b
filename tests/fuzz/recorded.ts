// What the hub has recorded against what it was rightly asked: claims, the log's commands, the router's cases and the gateway's view.
import { setTimeout as delay } from "node:timers/promises";
import { openDb, sql } from "@ruta/db";
import type { Db } from "@ruta/db";
import { TOPICS, decodeRecord } from "@ruta/events";
import { openLog } from "@ruta/log";
import type { City } from "../city.ts";

/** What the fuzz knows of what it sent. Keys are institution and webhook-id. */
export interface Sent {
  /** Answered 2xx, with the cases of the answer. */
  readonly taken: ReadonlyMap<string, readonly string[]>;
  /** Sent whole and rightly signed, but nobody read the answer, or it said to come again. */
  readonly open: ReadonlySet<string>;
}

const SETTLE_MS = 60_000;

/** Looks into the tables and the log of a city. */
export interface Records {
  /** Waits until everything that was taken is decided and in the view. */
  settled(): Promise<boolean>;
  /** What is recorded and should not be, or the other way round, in words. */
  faults(sent: Sent): Promise<string[]>;
  close(): Promise<void>;
}

const keyOf = (institution: string, webhookId: string): string => `${institution} ${webhookId.split("#")[0]}`;

/** Opens them. */
export async function openRecords(city: City): Promise<Records> {
  const prefix = city.env.RUTA_PREFIX ?? "";
  const db: Db = openDb({ url: city.databaseUrl, name: "fuzz", max: 2 });
  const table = (service: string, name: string) => sql.id(`${prefix}_${service}`, name);
  const casesOf = async (service: string, name: string): Promise<ReadonlySet<string>> =>
    new Set(
      (await db.query<{ id: string }>(sql`SELECT DISTINCT case_id AS id FROM ${table(service, name)}`)).map(
        ({ id }) => id,
      ),
    );

  /** Claims whose command the router has not decided. */
  async function undecided(): Promise<number> {
    const [row] = await db.query<{ count: number }>(sql`
      SELECT count(*)::int AS count FROM ${table("gateway", "claim")} c
      WHERE NOT EXISTS (SELECT FROM ${table("router", "decided")} d WHERE d.case_id = c.case_id AND d.command_id = c.command_id)`);
    return row?.count ?? 0;
  }

  async function requested(): Promise<ReadonlySet<string>> {
    const { KAFKA_BROKERS: kafkaBrokers } = city.env;
    const log = await openLog({
      ...(kafkaBrokers === undefined ? {} : { kafkaBrokers }),
      databaseUrl: city.databaseUrl,
      prefix: `${prefix}.`,
      clientId: "fuzz",
    });
    const cases = new Set<string>();
    for (const { partition, start } of await log.offsets(TOPICS.commands))
      for (let next = start; ;) {
        const page = await log.read(TOPICS.commands, partition, next, { max: 500 });
        for (const record of page) {
          const command = decodeRecord(TOPICS.commands, record.value);
          if (command.act.case === "request") cases.add(command.caseId);
        }
        const last = page.at(-1);
        if (!last) break;
        next = last.offset + 1n;
      }
    await log.close();
    return cases;
  }

  return {
    async settled() {
      for (const end = performance.now() + SETTLE_MS; performance.now() < end; await delay(100)) {
        if ((await undecided()) > 0) continue;
        const [cases, seen] = [await casesOf("router", "cases"), await casesOf("gateway", "case_event")];
        if (cases.isSubsetOf(seen)) return true;
      }
      return false;
    },

    async faults({ taken, open }) {
      const claims = await db.query<{ institution: string; webhook_id: string; case_id: string }>(
        sql`SELECT institution, webhook_id, case_id FROM ${table("gateway", "claim")}`,
      );
      const claimed = new Set(claims.map(({ case_id }) => case_id));
      const keys = new Set(claims.map(({ institution, webhook_id }) => keyOf(institution, webhook_id)));
      const faults = claims
        // The simulated institutions acknowledge by themselves, under ids of this form.
        .filter(({ webhook_id }) => !/^[0-9a-f]{32}$/.test(webhook_id))
        .filter(({ institution, webhook_id }) => {
          const key = keyOf(institution, webhook_id);
          return !taken.has(key) && !open.has(key);
        })
        .map(({ institution, webhook_id }) => `recorded, but never answered 2xx: ${institution} ${webhook_id}`);
      for (const [key, cases] of taken)
        if (!keys.has(key) || !cases.every((id) => claimed.has(id)))
          faults.push(`answered 2xx, but not recorded: ${key}`);
      const places = {
        "the log's commands": await requested(),
        "the router's cases": await casesOf("router", "cases"),
        "the gateway's view": await casesOf("gateway", "case_event"),
      };
      const count = (cases: ReadonlySet<string>): number => cases.size;
      for (const [place, cases] of Object.entries(places)) {
        if (count(cases.difference(claimed)) > 0)
          faults.push(`${count(cases.difference(claimed))} cases in ${place} that nobody asked for`);
        if (count(claimed.difference(cases)) > 0)
          faults.push(`${count(claimed.difference(cases))} cases that were asked for are not in ${place}`);
      }
      return faults;
    },

    close: () => db.close(),
  };
}
