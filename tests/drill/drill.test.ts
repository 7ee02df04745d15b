// The first drill: twenty times kill -9 at random over processes under load, on each log.
import { expect, test } from "vitest";
import { SHAPES } from "../city.ts";
import { drill, inWords, killsOf } from "./drill.ts";

const DRIVERS = [...new Set(SHAPES.map(({ driver }) => driver))];

test.each(DRIVERS)(
  "on %s, twenty kills lose nothing and nothing is decided twice",
  { timeout: 300_000 },
  async (driver) => {
    const found = await drill({ driver, kills: 20, pauseMs: [300, 2_000], senders: 4, say: () => {} });
    console.info(inWords(driver, found));
    expect(killsOf(found)).toBe(20);
    expect(found.referrals).toBeGreaterThan(20);
    expect(found).toMatchObject({ lostCommands: 0, undecided: 0, decidedTwice: 0, gaps: 0, untold: 0 });
  },
);
