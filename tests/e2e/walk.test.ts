// The walk of one referral shows every station that the architecture names.
import { afterAll, beforeAll, expect, test } from "vitest";
import { SHAPES, openCity } from "../city.ts";
import type { City } from "../city.ts";
import { HOUSE, SILENT } from "../walk/houses.ts";
import { inWords, walk } from "../walk/walk.ts";

let city: City;
beforeAll(async () => {
  const shape = SHAPES.find(({ processes }) => processes === "one");
  city = await openCity(shape!, { sender: undefined, casa: HOUSE }, SILENT);
});
afterAll(async () => city?.stop());

test("one referral is seen at the door, decided, told, answered and acknowledged, each with its place in the log", async () => {
  const shown = await walk(city, "sender", "casa", "walked", AbortSignal.timeout(60_000));
  const whats = shown.steps.map(({ who, what }) => `${who} ${what}`);
  for (const station of [
    "sender posts the request",
    "gateway command: request",
    "sender has the receipt (202)",
    "router event: requested",
    "router event: addressed",
    "delivery posts to casa",
    "casa answers 200",
    "delivery command: delivered",
    "gateway command: accept",
    "router event: completed",
    "delivery posts to sender",
    "router event: acknowledged",
  ])
    expect(whats).toContain(station);
  expect(shown.steps[0]).toMatchObject({ ms: 0, who: "sender" });
  const tables = shown.tables.map(({ table }) => table);
  for (const table of ["gateway.claim", "gateway.case_event", "router.cases", "delivery.lanes", "delivery.deliveries"])
    expect(tables).toContain(table);
  expect(inWords(shown)).toMatch(/router +event: addressed +ruta\.referral\.events\.v1 \d+\/\d+/);
});
