// `receivers`: what slow and hanging receivers do to the healthy ones, whose load is the same with and without them.
import type { Bed } from "./bed.ts";
import { delays, warm } from "./loop.ts";
import type { Row } from "./shape.ts";
import { MANNERS } from "./sink.ts";
import { percentiles, rounded } from "./times.ts";

const RATE = 100;
/** To hostile receivers, beside: each gets more than it ever takes. */
const HOSTILE_RATE = 20;
/** Turns with and without them, one after the other, so that what else happens falls on both. */
const TURNS = 3;

/** Measures. */
export async function receivers(bed: Bed): Promise<Row[]> {
  const hostile = await bed.receivers(
    MANNERS.filter((manner) => manner !== "prompt"),
    "hostile",
  );
  await warm(bed, RATE);
  const healthy = { without: [] as number[], with: [] as number[] };
  for (let turn = 0; turn < TURNS; turn += 1)
    for (const service of ["without", "with"] as const) {
      await bed.open();
      const beside =
        service === "with"
          ? bed.send({ rate: HOSTILE_RATE, seconds: bed.seconds, performers: hostile, apart: true })
          : undefined;
      healthy[service].push(...(await delays(bed, RATE, bed.seconds)).map(({ ms }) => ms));
      await beside;
    }
  const row = (service: "without" | "with"): Row => ({
    backend: bed.backend,
    measure: "receivers",
    rate: RATE,
    service,
    ...percentiles(healthy[service]),
  });
  const [alone, beside] = [row("without"), row("with")];
  return [alone, { ...beside, ratio: rounded((beside.p99_ms ?? 0) / (alone.p99_ms ?? 1)) }];
}
