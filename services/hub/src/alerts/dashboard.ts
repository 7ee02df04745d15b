// The dashboard of Grafana: its panels as rows of data, and the JSON that Grafana imports.

/** One curve of a panel: PromQL, and how its legend reads. */
type Curve = readonly [expression: string, legend: string];

/** A panel; `unit` as Grafana names units. */
interface Panel {
  readonly title: string;
  readonly unit: "reqps" | "ops" | "s" | "short" | "bytes" | "percentunit";
  readonly curves: readonly Curve[];
}

const RATE = "[$__rate_interval]";

/** Quantiles of the time to answer. */
function quantiles(routes: string): Curve[] {
  return [0.5, 0.95, 0.99].map((q) => [
    `histogram_quantile(${q}, sum by (le) (rate(ruta_http_request_seconds_bucket{route=~"${routes}"}${RATE})))`,
    `p${q * 100}`,
  ]);
}

/** The panels, two to a row. */
const PANELS: readonly Panel[] = [
  {
    title: "Intake: acts by answer",
    unit: "reqps",
    curves: [
      [
        `sum by (status) (rate(ruta_http_request_seconds_count{route=~"/v1/in/.*",method="POST"}${RATE}))`,
        "{{status}}",
      ],
    ],
  },
  { title: "Intake: time to answer", unit: "s", curves: quantiles("/v1/in/.*") },
  {
    title: "Decisions and folds: records worked off",
    unit: "ops",
    curves: [[`sum by (group, topic) (rate(ruta_consumer_records_total${RATE}))`, "{{group}} {{topic}}"]],
  },
  {
    title: "Records put into the log",
    unit: "ops",
    curves: [[`sum by (service) (rate(ruta_outbox_relayed_total${RATE}))`, "{{service}}"]],
  },
  {
    title: "Deliveries: attempts by what they led to",
    unit: "ops",
    curves: [
      [`sum by (verdict, failure) (rate(ruta_delivery_attempts_total${RATE}))`, "{{verdict}} {{failure}}"],
      [`sum by (failure) (rate(ruta_delivery_challenges_total${RATE}))`, "challenge {{failure}}"],
    ],
  },
  {
    title: "Deliveries: oldest that nobody has taken",
    unit: "s",
    curves: [
      ["max by (priority) (ruta_delivery_oldest_undelivered_seconds)", "{{priority}}"],
      ["max(ruta_delivery_oldest_due_seconds)", "due"],
      ["max(ruta_gateway_inbox_oldest_seconds)", "in an inbox"],
    ],
  },
  {
    title: "Deliveries that wait, lie in an inbox or are parked",
    unit: "short",
    curves: [
      ["max by (state) (ruta_delivery_deliveries)", "{{state}}"],
      ["max(ruta_delivery_redrive_remaining)", "to be redriven"],
    ],
  },
  {
    title: "Endpoints in whose way something stands",
    unit: "short",
    curves: [
      ['max by (state) (ruta_delivery_endpoints{state!~"ok|inbox|none"})', "{{state}}"],
      ["max by (seconds) (ruta_delivery_institutions_undelivered)", "institutions undelivered > {{seconds}} s"],
    ],
  },
  {
    title: "Lag of each group",
    unit: "s",
    curves: [
      ["max by (group, topic) (ruta_consumer_lag_seconds)", "{{group}} {{topic}}"],
      ["max by (group, topic) (ruta_consumer_standing_seconds)", "standing: {{group}} {{topic}}"],
    ],
  },
  {
    title: "Lag in records",
    unit: "short",
    curves: [["max by (group, topic) (ruta_consumer_lag_records)", "{{group}} {{topic}}"]],
  },
  {
    title: "Parked records and stopped partitions",
    unit: "short",
    curves: [
      ["max by (service) (ruta_parked_records)", "{{service}}"],
      ["sum by (group) (ruta_consumer_stopped_partitions)", "stopped: {{group}}"],
    ],
  },
  {
    title: "Outbox",
    unit: "s",
    curves: [["max by (service) (ruta_outbox_oldest_seconds)", "{{service}}"]],
  },
  {
    title: "Worklist",
    unit: "short",
    curves: [["max by (priority, assigned) (ruta_router_worklist_items)", "{{priority}}, taken by {{assigned}}"]],
  },
  {
    title: "Worklist: the oldest",
    unit: "s",
    curves: [
      ["max by (priority, assigned) (ruta_router_worklist_oldest_seconds)", "{{priority}}, taken by {{assigned}}"],
    ],
  },
  { title: "Reads: time to answer", unit: "s", curves: quantiles("/v1/(referrals|directory|inbox).*") },
  {
    title: "Ready, degraded, and metrics that cannot be read",
    unit: "short",
    curves: [
      ["min by (instance, check) (ruta_ready)", "ready: {{check}} {{instance}}"],
      ["max by (check) (ruta_degraded)", "degraded: {{check}}"],
      ["max by (part) (ruta_metrics_failed)", "not measured: {{part}}"],
    ],
  },
  {
    title: "Database: time to answer, and clock skew",
    unit: "s",
    curves: [
      ["max by (instance) (ruta_database_answer_seconds)", "{{instance}}"],
      ["max by (instance) (ruta_database_clock_skew_seconds)", "skew {{instance}}"],
    ],
  },
  {
    title: "Database connections",
    unit: "short",
    curves: [["sum by (instance, state) (ruta_database_connections)", "{{instance}} {{state}}"]],
  },
  { title: "Memory", unit: "bytes", curves: [["max by (instance) (process_resident_memory_bytes)", "{{instance}}"]] },
  {
    title: "Processor and event loop",
    unit: "s",
    curves: [
      [`sum by (instance) (rate(process_cpu_seconds_total${RATE}))`, "CPU seconds a second {{instance}}"],
      ["max by (instance) (nodejs_eventloop_lag_p99_seconds)", "event loop p99 {{instance}}"],
    ],
  },
  {
    title: "Until keys and certificate end",
    unit: "s",
    curves: [
      ["min by (kind) (ruta_key_expiry_seconds)", "{{kind}}"],
      ["min(ruta_gateway_certificate_expiry_seconds)", "certificate"],
    ],
  },
  {
    title: "Disk of the embedded database, free",
    unit: "percentunit",
    curves: [["min(ruta_data_disk_free_ratio)", "share"]],
  },
];

const SOURCE = { type: "prometheus", uid: "${DS_PROMETHEUS}" };

/** The file that Grafana imports; it asks for the data source then. */
export function dashboard(): string {
  const panels = PANELS.map(({ title, unit, curves }, index) => ({
    id: index + 1,
    type: "timeseries",
    title,
    datasource: SOURCE,
    gridPos: { h: 8, w: 12, x: (index % 2) * 12, y: Math.floor(index / 2) * 8 },
    fieldConfig: { defaults: { unit, min: unit === "s" ? null : 0 }, overrides: [] },
    options: { legend: { displayMode: "list", placement: "bottom" }, tooltip: { mode: "multi", sort: "desc" } },
    targets: curves.map(([expr, legendFormat], n) => ({
      refId: String.fromCodePoint(65 + n),
      datasource: SOURCE,
      expr,
      legendFormat,
    })),
  }));
  const whole = {
    __inputs: [
      {
        name: "DS_PROMETHEUS",
        label: "Prometheus",
        type: "datasource",
        pluginId: "prometheus",
        pluginName: "Prometheus",
      },
    ],
    __requires: [
      { type: "grafana", id: "grafana", name: "Grafana", version: "10.0.0" },
      { type: "datasource", id: "prometheus", name: "Prometheus", version: "1.0.0" },
      { type: "panel", id: "timeseries", name: "Time series", version: "" },
    ],
    id: null,
    uid: "ruta",
    title: "Ruta",
    tags: ["ruta"],
    timezone: "browser",
    schemaVersion: 38,
    refresh: "30s",
    time: { from: "now-6h", to: "now" },
    panels,
  };
  return `${JSON.stringify(whole, null, 2)}\n`;
}
