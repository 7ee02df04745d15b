// `growth`: intake and loop again with more and more stored, from a seed: what is slower for it is no better than its indexes.
import type { Bed } from "./bed.ts";
import { closedLoop } from "./intake.ts";
import { delays, warm } from "./loop.ts";
import type { Row } from "./shape.ts";
import { openStored } from "./stored.ts";
import { percentiles, rounded } from "./times.ts";

const SIZES = [10_000, 100_000, 1_000_000] as const;
const RATE = 200;

/** Measures: `per_s` and `cpu_us` are of intake in closed loop, the percentiles of loop at `rate`. */
export async function growth(bed: Bed, sizes: readonly number[] = SIZES): Promise<Row[]> {
  const { backend, hub } = bed;
  const rows: Row[] = [];
  const filling = await openStored(bed);
  try {
    for (const size of sizes) {
      bed.say(`  storing ${size} events …`);
      const stored = await filling.fill(size);
      await bed.open();
      await hub.run([["gateway"]], bed.execArgv);
      const { perS, cpuUs } = await closedLoop(bed, hub.gateway, () => hub.usage("gateway"));
      await hub.run(bed.everything);
      await bed.settle();
      await warm(bed, RATE);
      await bed.open();
      const times = percentiles((await delays(bed, RATE, bed.seconds)).map(({ ms }) => ms));
      await hub.stop();
      const [least] = rows;
      const worse = least && Math.max(least.per_s! / perS, times.p95_ms! / least.p95_ms!);
      const row: Row = {
        backend,
        measure: "growth",
        stored,
        per_s: rounded(perS),
        cpu_us: rounded(cpuUs),
        rate: RATE,
        ...times,
      };
      rows.push({ ...row, ...(worse === undefined ? {} : { ratio: rounded(worse) }) });
    }
    return rows;
  } finally {
    await filling.close();
  }
}
