// The alert rules, the one source of them: from here come infra/prometheus/ruta.rules.yml and what the hub evaluates itself. Their
// texts are in Spanish in messages.es.json; each has its entry in docs/operate.md.
import type { Expression } from "./expression.ts";

/** What an operator is told, and when. */
export interface Rule {
  /** Also the heading of its entry in docs/operate.md. */
  readonly name: string;
  /** critical: work stands still or a person in danger waits; somebody acts now. warning: within the day. */
  readonly severity: "critical" | "warning";
  readonly when: Expression;
  /** For how long it must have held, in seconds. */
  readonly forSeconds: number;
  readonly summary: string;
  readonly remedy: string;
}

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Series above a number, one alert for each combination of `by`. */
function above(metric: string, than: number, by: readonly string[] = [], where?: Expression["where"]): Expression {
  return { metric, ...(where ? { where } : {}), by, is: "above", than };
}

/** Series below a number. */
function below(metric: string, than: number, by: readonly string[] = [], where?: Expression["where"]): Expression {
  return { metric, ...(where ? { where } : {}), by, is: "below", than };
}

/** The name of the rule that says that a process does not answer; where the hub looks itself, `ruta status` finds that out. */
export const PROCESS_DOWN = "RutaProcessDown";

/** Every rule, in the order of docs/operate.md. */
export const RULES: readonly Rule[] = [
  {
    name: PROCESS_DOWN,
    severity: "critical",
    when: below("up", 1, ["instance"], { job: ["ruta"] }),
    forSeconds: MINUTE,
    summary: "A process of the hub does not answer",
    remedy:
      "Look at its log for why it ended or does not start, mend that, and start it; nothing taken before is lost.",
  },
  {
    name: "RutaNotReady",
    severity: "critical",
    when: below("ruta_ready", 1, ["check"]),
    forSeconds: 30,
    summary: "A part of the hub cannot do its work",
    remedy: "`ruta doctor` says which and why: bring back the database or the log first, the rest follows by itself.",
  },
  {
    name: "RutaMetricsMissing",
    severity: "warning",
    when: above("ruta_metrics_failed", 0, ["part"]),
    forSeconds: 2 * MINUTE,
    summary: "A part of the metrics cannot be read, so that alerts on it are blind",
    remedy: "Mend what else fires first; if nothing does, the database is too slow: see RutaDatabaseSlow.",
  },
  {
    name: "RutaPartitionStopped",
    severity: "critical",
    when: above("ruta_consumer_stopped_partitions", 0, ["group", "topic"]),
    forSeconds: 0,
    summary:
      "A service has stopped a partition: too many records could not be processed, or some are gone from the log",
    remedy:
      "`ruta doctor` says why. Release a version that can process them, or go back to the one before, and start the service anew.",
  },
  {
    name: "RutaConsumerStanding",
    severity: "critical",
    when: above("ruta_consumer_standing_seconds", 30, ["group", "topic"]),
    forSeconds: 0,
    summary: "A service has records to work off and does not move",
    remedy: "Look in its log for what it tries again; if it says nothing, start it anew: it goes on where it stood.",
  },
  {
    name: "RutaLag",
    severity: "warning",
    when: above("ruta_consumer_lag_seconds", MINUTE, ["group", "topic"]),
    forSeconds: MINUTE,
    summary: "A service is behind the log by more than a minute",
    remedy:
      "If it is stopped, start it; if it moves, wait or start another instance; if the load stays, give it more processor.",
  },
  {
    name: "RutaRecordsParked",
    severity: "warning",
    when: above("ruta_parked_records", 0, ["service"]),
    forSeconds: 0,
    summary: "A service could not process a record: its case waits",
    remedy:
      "`ruta parked records` lists them; release them once the cause is mended, or set them aside with a second person.",
  },
  {
    name: "RutaOutboxStanding",
    severity: "critical",
    when: above("ruta_outbox_oldest_seconds", 30, ["service"]),
    forSeconds: 0,
    summary: "What was decided does not reach the log",
    remedy:
      "The log does not take records: bring back the broker, or the database where the log is kept in it. They follow by themselves.",
  },
  {
    name: "RutaEmergencyUndelivered",
    severity: "critical",
    when: above("ruta_delivery_oldest_undelivered_seconds", 5 * MINUTE, [], { priority: ["emergency"] }),
    forSeconds: 0,
    summary: "What concerns an emergency has not reached its institution for five minutes",
    remedy: "`ruta stuck` says whose; call the institution, and test its endpoint by `ruta endpoint test`.",
  },
  {
    name: "RutaUndelivered",
    severity: "warning",
    when: above("ruta_delivery_oldest_undelivered_seconds", HOUR, ["priority"]),
    forSeconds: 0,
    summary: "Something has not reached its institution for more than an hour",
    remedy: "`ruta stuck` says whose; test its endpoint by `ruta endpoint test`, or remind an institution that pulls.",
  },
  {
    name: "RutaEndpointFailing",
    severity: "warning",
    when: above("ruta_delivery_endpoints", 0, [], { state: ["open"] }),
    forSeconds: 5 * MINUTE,
    summary: "The endpoint of an institution fails, and is asked only now and then",
    remedy:
      "`ruta endpoint list` says whose; tell the institution, and test it once it is mended: then everything is sent.",
  },
  {
    name: "RutaEndpointDisabled",
    severity: "warning",
    when: above("ruta_delivery_endpoints", 0, [], { state: ["disabled"] }),
    forSeconds: 0,
    summary: "The endpoint of an institution is disabled: what is for it is parked",
    remedy: "Mend it with the institution, `ruta endpoint resume`, then send again what was parked by `ruta redrive`.",
  },
  {
    name: "RutaDeliveriesParked",
    severity: "warning",
    when: above("ruta_delivery_deliveries", 0, [], { state: ["parked"] }),
    forSeconds: 0,
    summary: "Deliveries were given up and wait for an operator",
    remedy: "`ruta parked list` says what and why; once mended, `ruta redrive --what failed` sends them again.",
  },
  {
    name: "RutaEmergencyUnassigned",
    severity: "critical",
    when: above("ruta_router_worklist_oldest_seconds", 10 * MINUTE, [], {
      priority: ["emergency"],
      assigned: ["nobody"],
    }),
    forSeconds: 0,
    summary: "An emergency is on the worklist and nobody has taken it",
    remedy: "`ruta worklist list --priority emergency`: assign it, then find somebody or act by telephone.",
  },
  {
    name: "RutaWorklistOld",
    severity: "warning",
    when: above("ruta_router_worklist_oldest_seconds", DAY, ["assigned"]),
    forSeconds: 0,
    summary: "Something has been on the worklist for more than a day",
    remedy: "`ruta worklist list` shows the oldest first: assign it to somebody, or resolve it.",
  },
  {
    name: "RutaKeyEnds",
    severity: "warning",
    when: below("ruta_key_expiry_seconds", 14 * DAY, ["kind"], {
      kind: ["institution-key", "access-token", "staff-key"],
    }),
    forSeconds: 0,
    summary: "The last key, or token, of somebody ends within two weeks",
    remedy: "`ruta keys ending` says whose; give a new one in time: two may be in force at once.",
  },
  {
    name: "RutaEndpointSecretEnds",
    severity: "warning",
    when: below("ruta_key_expiry_seconds", DAY, [], { kind: ["endpoint-secret"] }),
    forSeconds: 0,
    summary: "The former secret of an endpoint ends within a day",
    remedy:
      "Ask the institution whether it verifies by the new one; where it cannot in time, rotate again once this has ended, and give it that secret.",
  },
  {
    name: "RutaCertificateEnds",
    severity: "critical",
    when: below("ruta_gateway_certificate_expiry_seconds", 7 * DAY),
    forSeconds: 0,
    summary: "The gateway's certificate ends within a week",
    remedy:
      "Put a new one in the files of RUTA_TLS_CERT and RUTA_TLS_KEY and start the gateway anew: it reads them at its start.",
  },
  {
    name: "RutaDiskLow",
    severity: "warning",
    when: below("ruta_data_disk_free_ratio", 0.15),
    forSeconds: MINUTE,
    summary: "Less than 15 % of the disk of the embedded database is free",
    remedy:
      "Make room or enlarge it: when it is full the door answers 503 until there is room again; nothing taken is lost.",
  },
  {
    name: "RutaDiskFull",
    severity: "critical",
    when: below("ruta_data_disk_free_ratio", 0.05),
    forSeconds: 0,
    summary: "Less than 5 % of the disk of the embedded database is free",
    remedy: "Make room now: when it is full the door answers 503 until there is room again; nothing taken is lost.",
  },
  {
    name: "RutaDatabaseSlow",
    severity: "warning",
    when: above("ruta_database_answer_seconds", 0.5),
    forSeconds: MINUTE,
    summary: "The database takes more than half a second to answer the smallest question",
    remedy: "Look at its load, its disk and the way to it; a query that holds locks shows in pg_stat_activity.",
  },
  {
    name: "RutaClockSkew",
    severity: "warning",
    when: above("ruta_database_clock_skew_seconds", 5),
    forSeconds: MINUTE,
    summary: "The clocks of a process and of its database are more than five seconds apart",
    remedy: "Set the clocks by NTP on both machines. From 300 s on, signatures are refused.",
  },
  {
    name: "RutaEventLoopSlow",
    severity: "warning",
    when: above("nodejs_eventloop_lag_p99_seconds", 0.5),
    forSeconds: 2 * MINUTE,
    summary: "A process is too busy to answer in time",
    remedy: "Give it more processor, or start another instance of its service.",
  },
  {
    name: "RutaDegraded",
    severity: "warning",
    when: above("ruta_degraded", 0, ["check"]),
    forSeconds: MINUTE,
    summary: "Redis does not answer: each gateway limits the rate of its senders by itself",
    remedy: "Bring back Redis; nothing is lost meanwhile, and the limits are shared again by themselves.",
  },
];
