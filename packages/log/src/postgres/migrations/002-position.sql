-- How far each group has consumed, as its members say now and then: what it has not read is kept, however old.
CREATE TABLE :schema.position (
  grp       text NOT NULL,
  topic_id  integer NOT NULL,
  partition integer NOT NULL,
  next      bigint NOT NULL,
  seen_at   timestamptz NOT NULL,
  PRIMARY KEY (topic_id, partition, grp)
) WITH (fillfactor = 50);
