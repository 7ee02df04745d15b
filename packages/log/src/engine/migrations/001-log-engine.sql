-- What a service needs to consume and append exactly once in effect: its offsets, its outbox, its parked records.

-- Processes of this service, alive while `seen_at` is young on this clock.
CREATE TABLE :schema.engine_instance (
  id      text PRIMARY KEY,
  seen_at timestamptz NOT NULL
) WITH (fillfactor = 20);

-- Where each group stands. This is the only truth; the conditional update of a row is the fence against a former holder.
CREATE TABLE :schema.consumer_offset (
  grp       text NOT NULL,
  topic     text NOT NULL,
  partition integer NOT NULL,
  next      bigint NOT NULL,
  PRIMARY KEY (grp, topic, partition)
) WITH (fillfactor = 20, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);

-- Records that were decided and not yet seen in the log. `owner` sends them; a row goes when the log has it.
CREATE TABLE :schema.outbox (
  seq              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  owner            text NOT NULL,
  grp              text,    -- the consumer they come from, null for those of no batch
  source_topic     text,
  source_partition integer,
  topic            text NOT NULL,
  key              text NOT NULL,
  value            bytea NOT NULL,
  headers          text NOT NULL
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);
ALTER TABLE :schema.outbox ALTER COLUMN value SET STORAGE EXTERNAL;

-- Records that stepped aside, and those of the same key that wait behind them, in order.
CREATE TABLE :schema.parked (
  grp       text NOT NULL,
  topic     text NOT NULL,
  partition integer NOT NULL,
  "offset"  bigint NOT NULL,
  key       text NOT NULL,
  time      bigint NOT NULL, -- of the record, ms since the epoch
  value     bytea NOT NULL,
  headers   text NOT NULL,
  reason    text NOT NULL,   -- undecodable, threw, unknown-kind or waiting
  error     text NOT NULL DEFAULT '', -- name, code and place of what was thrown, never its message
  attempts  integer NOT NULL DEFAULT 0,
  release   boolean NOT NULL DEFAULT false,
  parked_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (grp, topic, partition, "offset")
);
