// ARCHITECTURE.md says of every table what bounds it: each table is there, and the times are those of the code.
import { globSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";

const read = (file: string): string => readFileSync(file, "utf8");
const section = read("ARCHITECTURE.md").split("## What grows, and what bounds it")[1]?.split("\n## ")[0] ?? "";
const rows = [...section.matchAll(/^\| `([^`]+)` \| ([^|]+) \| ([^|]+) \|$/gm)];
const goes = new Map(rows.map(([, table = "", , when = ""]) => [table, when]));

/** Whose schema the migrations of a folder are for; `*` for what every service has. */
function schemaOf(file: string): string {
  if (file.startsWith("packages/log/src/engine/")) return "*";
  if (file.startsWith("packages/log/src/postgres/")) return "log";
  if (file.startsWith("packages/seal/")) return "keyring";
  return /^services\/(\w+)\//.exec(file)?.[1] ?? "unknown";
}

test("every table is there once, and no other", () => {
  const tables = new Set(["*.migrations"]);
  for (const file of globSync("{packages,services}/*/src/**/migrations/*.sql").toSorted())
    for (const [, act = "", name = ""] of read(file).matchAll(
      /^\s*(CREATE|DROP) TABLE (?:IF EXISTS )?(?::schema\.)?(\w+)/gim,
    ))
      if (act.toUpperCase() === "CREATE") tables.add(`${schemaOf(file)}.${name}`);
      else tables.delete(`${schemaOf(file)}.${name}`);
  expect(new Set(rows.map(([, table]) => table))).toEqual(tables);
  expect(rows).toHaveLength(tables.size);
});

test.each([
  ["gateway.claim", "services/gateway/src/retention.ts", /CLAIM_DAYS = (\d+);/],
  ["gateway.inbox_item", "packages/events/src/topics.ts", /INBOX_DAYS = (\d+);/],
  ["router.decided", "services/router/src/retention.ts", /DECIDED_DAYS = (\d+);/],
  ["router.disputes", "services/router/src/retention.ts", /DISPUTE_DAYS = (\d+);/],
  ["delivery.deliveries", "services/delivery/src/retention.ts", /BODY_DAYS = (\d+);/],
  ["delivery.attempts", "services/delivery/src/retention.ts", /ATTEMPT_DAYS = (\d+);/],
  ["delivery.redrives", "services/delivery/src/retention.ts", /REDRIVE_DAYS = (\d+);/],
  ["delivery.proofs", "services/delivery/src/retention.ts", /PROOF_DAYS = (\d+);/],
  ["log.position", "packages/log/src/postgres/retention.ts", /GROUP_DAYS = (\d+);/],
  ["log.record", "packages/events/src/topics.ts", /TOPICS\.commands, partitions: 12, retentionMs: (\d+) \* DAY_MS/],
  ["log.record", "packages/events/src/topics.ts", /TOPICS\.attempts, partitions: 12, retentionMs: (\d+) \* DAY_MS/],
])("what is said of %s is what %s does: %s", (table, file, form) => {
  const time = form.exec(read(file))?.[1];
  expect(time).toBeDefined();
  expect(goes.get(table)).toContain(`${time} days`);
});

test("decided commands are remembered for longer than they stay in the log, and claims for as long", () => {
  const days = (file: string, form: RegExp): number => Number(form.exec(read(file))?.[1]);
  const commands = days(
    "packages/events/src/topics.ts",
    /TOPICS\.commands, partitions: 12, retentionMs: (\d+) \* DAY_MS/,
  );
  expect(days("services/router/src/retention.ts", /DECIDED_DAYS = (\d+);/)).toBeGreaterThan(commands);
  expect(days("services/gateway/src/retention.ts", /CLAIM_DAYS = (\d+);/)).toBe(commands);
});
