// `idle`: each service a process of its own, nothing to do: its share of a core, and its memory.
import { setTimeout as delay } from "node:timers/promises";
import type { Bed } from "./bed.ts";
import { SERVICES } from "./hub.ts";
import type { Row } from "./shape.ts";
import { rounded } from "./times.ts";

/** Until what a start leaves to do is done. */
const QUIET_MS = 10_000;

/** Measures. */
export async function idle(bed: Bed): Promise<Row[]> {
  const { hub, signal } = bed;
  await hub.run(
    SERVICES.map((name) => [name]),
    bed.execArgv,
  );
  await delay(Math.min(QUIET_MS, bed.seconds * 1000), undefined, { signal });
  const look = () => Promise.all(SERVICES.map((service) => hub.usage(service)));
  const [before, from] = [await look(), performance.now()];
  await delay(bed.seconds * 1000, undefined, { signal });
  const after = await look();
  const seconds = (performance.now() - from) / 1000;
  return SERVICES.map((service, index) => ({
    backend: bed.backend,
    measure: "idle" as const,
    service,
    cpu_percent: rounded(((after[index]!.cpuS - before[index]!.cpuS) / seconds) * 100),
    rss_mb: rounded(after[index]!.rssMb),
  }));
}
