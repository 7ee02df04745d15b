// `intake`: what the door takes, the other services stopped; beside it, in the same run, `bare` and `floor`.
import type { Bed } from "./bed.ts";
import { Lost } from "./books.ts";
import { startChild } from "./child.ts";
import type { Usage } from "./hub.ts";
import type { Kind, PeerJob } from "./peer.ts";
import type { Row } from "./shape.ts";
import { percentiles, rounded } from "./times.ts";

const WARM_S = 3;
const RATES = [500, 1100] as const;

interface Closed {
  readonly perS: number;
  readonly times: readonly number[];
  readonly cpuUs: number;
}

/** A server under 64 connections, after a warm-up: what it takes, and its CPU for each. */
export async function closedLoop(bed: Bed, target: string, usage: () => Promise<Usage>): Promise<Closed> {
  await bed.send({ target, seconds: Math.min(WARM_S, bed.seconds) });
  const before = await usage();
  const { accepted, others, perS } = await bed.send({ target, seconds: bed.seconds });
  const after = await usage();
  if (Object.keys(others).length > 0) bed.say(`  other answers: ${JSON.stringify(others)}`);
  const times = accepted.map(({ from, until }) => until - from);
  return { perS, times, cpuUs: ((after.cpuS - before.cpuS) * 1e6) / accepted.length };
}

async function peer(bed: Bed, kind: Kind): Promise<Closed> {
  const child = startChild(new URL("peer.ts", import.meta.url), bed.execArgv);
  try {
    const { databaseUrl, kafkaBrokers } = bed.servers;
    const ask = <T>(job: PeerJob): Promise<T> => child.ask<T>(job);
    const port = await ask<number>({ listen: kind, databaseUrl, kafkaBrokers, senders: bed.hub.senders });
    const taken = await closedLoop(bed, `http://127.0.0.1:${port}`, () => ask<Usage>({ usage: true }));
    const count = await ask<number>({ count: true });
    if (count < taken.times.length) throw new Lost(`${kind}: ${taken.times.length} taken, ${count} in its log`);
    return taken;
  } finally {
    await child.stop();
  }
}

/** Measures. */
export async function intake(bed: Bed): Promise<Row[]> {
  const { backend, hub } = bed;
  const rows: Row[] = [];
  const add = (row: Omit<Row, "backend">): void => void rows.push({ backend, ...row });
  const closed = ({ perS, times, cpuUs }: Closed) => ({
    per_s: rounded(perS),
    ...percentiles(times),
    cpu_us: rounded(cpuUs),
  });
  const bare = await peer(bed, "bare");
  add({ measure: "bare", ...closed(bare) });
  const floor = await peer(bed, "floor");
  add({ measure: "floor", ...closed(floor) });

  await bed.open();
  await hub.run([["gateway"]], bed.execArgv);
  const own = await closedLoop(bed, hub.gateway, () => hub.usage("gateway"));
  const { rssMb } = await hub.usage("gateway");
  const beside = {
    floor_cpu_us: rounded(floor.cpuUs),
    bare_cpu_us: rounded(bare.cpuUs),
    ratio: rounded(own.cpuUs / floor.cpuUs),
  };
  add({ measure: "intake", ...closed(own), ...beside, rss_mb: rounded(rssMb) });
  for (const rate of RATES) {
    const before = await hub.usage("gateway");
    const { accepted, perS } = await bed.send({ rate, seconds: bed.seconds });
    const cpuUs = (((await hub.usage("gateway")).cpuS - before.cpuS) * 1e6) / accepted.length;
    const times = accepted.map(({ from, until }) => until - from);
    add({ measure: "intake", rate, per_s: rounded(perS), ...percentiles(times), cpu_us: rounded(cpuUs) });
  }
  await hub.run(bed.everything);
  await bed.settle();
  return rows;
}
