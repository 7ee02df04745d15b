// How each service of a process gets on with the log, in numbers: the same for every service, over its engine.
import { Counter } from "@ruta/kit";
import type { Metrics } from "@ruta/kit";
import type { Engine } from "@ruta/log";
import { byTopic } from "./status.ts";

/** Registers them once for a process; what it answers adds a service. */
export function createEngineMetrics(metrics: Metrics): (service: string, engine: Engine) => void {
  const engines = new Map<string, Engine>();
  const registers = [metrics.registry];
  void new Counter({
    name: "ruta_consumer_records_total",
    help: "Records that a group has worked off in this process",
    labelNames: ["group", "topic"],
    registers,
    collect() {
      this.reset();
      for (const engine of engines.values())
        for (const { group, topic, consumed } of engine.progress().consumers) this.inc({ group, topic }, consumed);
    },
  });
  void new Counter({
    name: "ruta_outbox_relayed_total",
    help: "Records that this process has put into the log from the outbox of a service",
    labelNames: ["service"],
    registers,
    collect() {
      this.reset();
      for (const [service, engine] of engines) this.inc({ service }, engine.progress().relayed);
    },
  });
  metrics.readings({
    part: "consumers",
    gauges: {
      ruta_consumer_stopped_partitions: {
        help: "Partitions held by this process that it does not consume any more, until it starts anew",
        labels: ["group", "topic"],
      },
      ruta_consumer_standing_seconds: {
        help: "How long a partition held by this process has lag without progress; the longest",
        labels: ["group", "topic"],
      },
    },
    read: () =>
      [...engines.values()].flatMap((engine) =>
        engine.progress().consumers.flatMap(({ group, topic, stopped, standingSeconds }) => [
          { gauge: "ruta_consumer_stopped_partitions" as const, labels: { group, topic }, value: stopped },
          { gauge: "ruta_consumer_standing_seconds" as const, labels: { group, topic }, value: standingSeconds },
        ]),
      ),
  });
  metrics.readings({
    part: "lag",
    gauges: {
      ruta_consumer_lag_records: {
        help: "Records of a topic that a group has not consumed, whoever holds its partitions",
        labels: ["group", "topic"],
      },
      ruta_consumer_lag_seconds: { help: "Age of the oldest of them", labels: ["group", "topic"] },
    },
    async read() {
      const lags = await Promise.all([...engines.values()].map((engine) => engine.lag()));
      return byTopic(lags.flat()).flatMap(({ group, topic, records, seconds }) => [
        { gauge: "ruta_consumer_lag_records" as const, labels: { group, topic }, value: records },
        { gauge: "ruta_consumer_lag_seconds" as const, labels: { group, topic }, value: seconds },
      ]);
    },
  });
  metrics.readings({
    part: "backlog",
    gauges: {
      ruta_outbox_records: {
        help: "Records that a service has decided and that are not in the log yet; counted up to 10000",
        labels: ["service"],
      },
      ruta_outbox_oldest_seconds: {
        help: "How long this process has seen the first of them wait",
        labels: ["service"],
      },
      ruta_parked_records: {
        help: "Records that a service could not process, with those that wait behind them; counted up to 10000",
        labels: ["service"],
      },
      ruta_parked_oldest_seconds: { help: "How long the oldest of them has been parked", labels: ["service"] },
    },
    read: async () =>
      (
        await Promise.all(
          [...engines].map(async ([service, engine]) => {
            const { outbox, parked } = await engine.backlog();
            const labels = { service };
            return [
              { gauge: "ruta_outbox_records" as const, labels, value: outbox.records },
              { gauge: "ruta_outbox_oldest_seconds" as const, labels, value: outbox.oldestSeconds },
              { gauge: "ruta_parked_records" as const, labels, value: parked.records },
              { gauge: "ruta_parked_oldest_seconds" as const, labels, value: parked.oldestSeconds },
            ];
          }),
        )
      ).flat(),
  });
  return (service, engine) => void engines.set(service, engine);
}
