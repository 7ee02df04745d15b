// How long the hub keeps what goes, made short for a soak by changes of its sources while they are loaded: what takes days there
// takes seconds here, and by the same statements.
import type { Edit } from "../source-edits.ts";

const DAY_MS = 86_400_000;
const DELIVERY = "services/delivery/src/retention.ts";
const ROUTER = "services/router/src/retention.ts";

function constant(file: string, name: string, days: number): (share: number) => Edit {
  return (share) => ({
    file,
    find: `const ${name} = ${days};`,
    replace: `const ${name} = ${days} * ${share};`,
  });
}

/** What makes the time short for which a table keeps what goes; by table. `share` is the length of a day, of a real one. */
const WINDOWS = {
  "gateway.claim": constant("services/gateway/src/retention.ts", "CLAIM_DAYS", 30),
  "gateway.inbox_item": (share: number): Edit => ({
    file: "services/gateway/src/retention.ts",
    find: 'older("offered_at", INBOX_DAYS)',
    replace: `older("offered_at", INBOX_DAYS * ${share})`,
  }),
  "router.decided": constant(ROUTER, "DECIDED_DAYS", 45),
  "router.disputes": constant(ROUTER, "DISPUTE_DAYS", 90),
  "router.assignments": constant(ROUTER, "ASSIGNED_DAYS", 1),
  "delivery.deliveries": constant(DELIVERY, "BODY_DAYS", 14),
  "delivery.attempts": constant(DELIVERY, "ATTEMPT_DAYS", 90),
  "delivery.redrives": constant(DELIVERY, "REDRIVE_DAYS", 90),
  "delivery.proofs": constant(DELIVERY, "PROOF_DAYS", 90),
  "log.record": (share: number): Edit => ({
    file: "packages/events/src/topics.ts",
    find: "const DAY_MS = 86_400_000;",
    replace: `const DAY_MS = ${Math.round(DAY_MS * share)};`,
  }),
} as const;

/** A table from which something goes by age. */
export type Swept = keyof typeof WINDOWS;

/** Tables from which something goes by age. */
export const SWEPT = Object.keys(WINDOWS) as Swept[];

/** Whether a text names one. */
export function isSwept(name: string): name is Swept {
  return Object.hasOwn(WINDOWS, name);
}

/** The longest time for which something is kept that goes, in days. */
export const LONGEST_DAYS = 90;

/** The changes for days of this length; `without` keeps its real time, so that nothing of it goes. */
export function editsFor(dayMs: number, without: Swept | undefined): Edit[] {
  const windows = SWEPT.filter((name) => name !== without).map((name) => WINDOWS[name](dayMs / DAY_MS));
  return [
    ...windows,
    {
      file: "packages/db/src/sweep.ts",
      find: "const EVERY_MS = 60_000;",
      replace: `const EVERY_MS = ${2 * dayMs};`,
    },
    {
      // A broker drops whole segments: they have to end as soon as what is in them.
      file: "packages/log/src/kafka/topic-config.ts",
      find: '"retention.bytes": "-1",',
      replace: `"retention.bytes": "-1",\n    "segment.ms": "${Math.max(1_000, 7 * dayMs)}",\n    "file.delete.delay.ms": "1000",`,
    },
  ];
}
