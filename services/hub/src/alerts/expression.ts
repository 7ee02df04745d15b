// What a rule watches, as data: series of one metric, brought together by some labels, above or below a number. Small enough that
// the hub evaluates it as Prometheus does.

/** The worst of the series of a metric that have these labels, for each combination of the labels in `by`. */
export interface Expression {
  readonly metric: string;
  /** Labels that a series must have, each with one of these values. */
  readonly where?: Readonly<Record<string, readonly string[]>>;
  /** Labels that tell one alert from another; series that differ in others only are one, of which the worst counts. */
  readonly by: readonly string[];
  readonly is: "above" | "below";
  readonly than: number;
}

/** One value of one series. */
export interface Sample {
  readonly metric: string;
  readonly labels: Readonly<Record<string, string | number>>;
  readonly value: number;
}

/** One series, after bringing together, for which an expression holds. */
export interface Match {
  /** Values of the labels in `by`. */
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** In PromQL. */
export function promql({ metric, where = {}, by, is, than }: Expression): string {
  const matchers = Object.entries(where).map(([label, values]) =>
    values.length === 1 ? `${label}="${values[0]}"` : `${label}=~"${values.join("|")}"`,
  );
  const series = matchers.length === 0 ? metric : `${metric}{${matchers.join(",")}}`;
  const worst = is === "above" ? "max" : "min";
  const together = by.length === 0 ? `${worst}(${series})` : `${worst} by (${by.join(", ")}) (${series})`;
  return `${together} ${is === "above" ? ">" : "<"} ${than}`;
}

/** The series for which it holds now. */
export function matchesOf({ metric, where = {}, by, is, than }: Expression, samples: readonly Sample[]): Match[] {
  const found = samples.filter(
    (sample) =>
      sample.metric === metric &&
      Object.entries(where).every(([label, values]) => values.includes(String(sample.labels[label] ?? ""))),
  );
  const groups = Map.groupBy(found, ({ labels }) => JSON.stringify(by.map((label) => String(labels[label] ?? ""))));
  return [...groups.values()].flatMap((group) => {
    const values = group.map(({ value }) => value);
    const value = is === "above" ? Math.max(...values) : Math.min(...values);
    const holds = is === "above" ? value > than : value < than;
    const labels = Object.fromEntries(by.map((label) => [label, String(group[0]?.labels[label] ?? "")]));
    return holds ? [{ labels, value }] : [];
  });
}
