// Gauges that are read when somebody scrapes: those of one source together, bounded in time, once for all who ask at that
// moment, and left out when their source does not answer, so that the rest can still be seen.
import { Gauge } from "prom-client";
import type { Registry } from "prom-client";

/** What a gauge says and by which labels. The values of a label must be few and known: never an institution, never a person. */
interface GaugeSpec {
  readonly help: string;
  readonly labels?: readonly string[];
}

/** One value of one gauge. */
export interface Reading<Name extends string> {
  readonly gauge: Name;
  readonly value: number;
  readonly labels?: Readonly<Record<string, string>>;
}

/** A source of gauges. */
export interface ReadingsOptions<Name extends string> {
  /** Names the source, in `ruta_metrics_failed`. */
  readonly part: string;
  /** By metric name. */
  readonly gauges: Readonly<Record<Name, GaugeSpec>>;
  /** Reads them all; a series that it leaves out is not shown. It must bound the rows it reads itself. */
  readonly read: () => Promise<readonly Reading<Name>[]> | readonly Reading<Name>[];
  /** How long a scrape waits for it, in milliseconds. */
  readonly limitMs?: number;
}

/** A scrape waits no longer for one source. */
const LIMIT_MS = 3_000;
/** What was read is shown for so long, to all who ask: two scrapers cost little more than one. */
const FRESH_MS = 1_000;

/** Registers sources of gauges on one registry. */
export function createReadings(registry: Registry): <Name extends string>(options: ReadingsOptions<Name>) => void {
  const parts = new Map<string, () => Promise<boolean>>();
  void new Gauge({
    name: "ruta_metrics_failed",
    help: "1 where a source of metrics did not answer in time: those are left out until it does",
    labelNames: ["part"],
    registers: [registry],
    async collect() {
      await Promise.all([...parts].map(async ([part, refresh]) => this.set({ part }, (await refresh()) ? 0 : 1)));
    },
  });

  return ({ part, gauges, read, limitMs = LIMIT_MS }) => {
    const made = new Map<string, Gauge>();
    let reading: Promise<boolean> | undefined;
    let readAt = Number.NEGATIVE_INFINITY;
    let readWell = false;

    function clear(): void {
      for (const gauge of made.values()) {
        gauge.reset();
        gauge.remove({}); // one without labels would stand at 0, and not read is not 0
      }
    }
    async function fill(): Promise<boolean> {
      try {
        const found = await read();
        clear();
        for (const { gauge, value, labels = {} } of found) made.get(gauge)?.set(labels, value);
        readWell = true;
      } catch {
        clear();
        readWell = false;
      }
      readAt = performance.now();
      return readWell;
    }
    /** True when what stands in the gauges was read just now. A source that is late is waited for by the next scrape too, never asked twice. */
    async function refresh(): Promise<boolean> {
      if (reading === undefined && performance.now() - readAt < FRESH_MS) return readWell;
      reading ??= fill().finally(() => {
        reading = undefined;
      });
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<"late">((resolve) => {
        timer = setTimeout(resolve, limitMs, "late");
      });
      const found = await Promise.race([reading, late]).finally(() => clearTimeout(timer));
      if (found !== "late") return found;
      clear();
      return false;
    }

    for (const [name, { help, labels = [] }] of Object.entries<GaugeSpec>(gauges))
      made.set(
        name,
        new Gauge({
          name,
          help,
          labelNames: [...labels],
          registers: [registry],
          async collect() {
            await refresh();
          },
        }),
      );
    clear();
    parts.set(part, refresh);
  };
}
