// The published table of statuses says what the code does; each act of an institution stands in it once for its party.
import { readFileSync } from "node:fs";
import { ACTS, CASE_ACTS } from "@ruta/events";
import { expect, test } from "vitest";
import { BUSINESS, actSaid } from "./status.ts";
import type { Known, TaskStatus } from "./status.ts";

const PAGE = readFileSync(new URL("../../../docs/fhir.md", import.meta.url), "utf8");
const ROWS = PAGE.split("\n").flatMap((line) => {
  const [, status = "", business = "", performer = "", requester = ""] = line.split("|").map((cell) => cell.trim());
  const isRow = /^(`[a-z-]+`|any open one)$/.test(status) && /^(`\d[\d.]+`|any)$/.test(business);
  return isRow
    ? [{ status: status.replaceAll("`", ""), business: business.replaceAll("`", ""), performer, requester }]
    : [];
});
const actsIn = (cell: string): string[] => [...cell.matchAll(/`([a-z-]+)`/g)].map(([, act = ""]) => act);

/** What no status of a Task says: it comes by the other door. */
const UNSAID: ReadonlySet<string> = new Set([
  "request",
  "supplement",
  "acknowledge-supplement",
  "dispute",
  "choose",
  ...CASE_ACTS,
]);

test("docs/fhir.md has every status, and every act that a status can say", () => {
  const statuses = new Set(ROWS.map(({ status }) => status));
  const known = Object.keys(BUSINESS).filter((status) => status !== "draft");
  expect(known.filter((status) => !statuses.has(status))).toEqual([]);
  const acts = new Set(ROWS.flatMap(({ performer, requester }) => [...actsIn(performer), ...actsIn(requester)]));
  expect([...acts].toSorted()).toEqual(ACTS.filter((act) => !UNSAID.has(act)).toSorted());
});

test.each(ROWS.filter(({ status }) => status !== "requested"))("$status $business says what its row says", (row) => {
  const status = (row.status === "any open one" ? "accepted" : row.status) as TaskStatus;
  const business = row.business === "any" ? "5.1" : row.business;
  expect(BUSINESS[status]).toContain(business);
  for (const role of ["performer", "requester"] as const) {
    const written = actsIn(row[role]);
    const known: Known = { referral: "r", role, status: "accepted" };
    const said = [actSaid(status, business, known), actSaid(status, business, { ...known, status: "on-hold" })];
    const other = actsIn(row[role === "performer" ? "requester" : "performer"]);
    expect([...new Set(said)]).toEqual(written.length > 0 ? written : other);
  }
});
