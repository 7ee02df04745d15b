-- Giving up a parked record: who proposed it, that it was confirmed, and the records that were given up, readable for good.
ALTER TABLE :schema.parked ADD COLUMN give_up boolean NOT NULL DEFAULT false;
ALTER TABLE :schema.parked ADD COLUMN note text NOT NULL DEFAULT ''; -- of whoever proposes and confirms; nothing to the engine

CREATE TABLE :schema.set_aside (
  grp          text NOT NULL,
  topic        text NOT NULL,
  partition    integer NOT NULL,
  "offset"     bigint NOT NULL,
  key          text NOT NULL,
  time         bigint NOT NULL, -- of the record, ms since the epoch
  value        bytea NOT NULL,
  headers      text NOT NULL,
  reason       text NOT NULL,
  error        text NOT NULL,
  attempts     integer NOT NULL,
  note         text NOT NULL,
  parked_at    timestamptz NOT NULL,
  set_aside_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (grp, topic, partition, "offset")
);
