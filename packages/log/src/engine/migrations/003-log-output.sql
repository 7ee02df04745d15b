-- Up to where everything that this service put into a topic is known to be in its tables: what lies behind it, a database that was
-- restored may lack.
CREATE TABLE :schema.output_position (
  topic     text NOT NULL,
  partition integer NOT NULL,
  next      bigint NOT NULL,
  PRIMARY KEY (topic, partition)
) WITH (fillfactor = 50);

-- Written by a restore, taken back by the first start after it.
CREATE TABLE :schema.restored (
  taken_at timestamptz NOT NULL -- of the backup
);
