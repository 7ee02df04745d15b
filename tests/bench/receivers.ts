// `receivers`: what slow and hanging receivers do to the healthy ones. The referrals are as many with and without them: without, others
// that answer at once get those of the hostile ones, so that what is measured is how they behave and not how much is sent.
import type { Bed } from "./bed.ts";
import { delays, warm } from "./loop.ts";
import type { Row } from "./shape.ts";
import { MANNERS } from "./sink.ts";
import { percentiles, rounded } from "./times.ts";

const RATE = 100;
/** To hostile receivers, or to those in their place, beside: each hostile one gets more than it ever takes. */
const BESIDE_RATE = 20;
/** Turns with and without them, one after the other, so that what else happens falls on both. */
const TURNS = 3;

/** Measures. */
export async function receivers(bed: Bed): Promise<Row[]> {
  const manners = MANNERS.filter((manner) => manner !== "prompt");
  const beside = {
    with: await bed.receivers(manners, "hostile"),
    without: await bed.receivers(
      manners.map(() => "prompt"),
      "calm",
    ),
  };
  await warm(bed, RATE);
  const healthy = { without: [] as number[], with: [] as number[] };
  for (let turn = 0; turn < TURNS; turn += 1)
    for (const service of ["without", "with"] as const) {
      await bed.open();
      const sent = bed.send({ rate: BESIDE_RATE, seconds: bed.seconds, performers: beside[service], apart: true });
      healthy[service].push(...(await delays(bed, RATE, bed.seconds)).map(({ ms }) => ms));
      await sent;
    }
  const row = (service: "without" | "with"): Row => ({
    backend: bed.backend,
    measure: "receivers",
    rate: RATE,
    service,
    ...percentiles(healthy[service]),
  });
  const [alone, disturbed] = [row("without"), row("with")];
  return [alone, { ...disturbed, ratio: rounded((disturbed.p99_ms ?? 0) / (alone.p99_ms ?? 1)) }];
}
