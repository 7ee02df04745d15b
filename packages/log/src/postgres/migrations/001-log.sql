-- The log kept in PostgreSQL: topics, counters of their partitions, records, and the groups that consume them.

CREATE TABLE :schema.topic (
  id           integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name         text NOT NULL UNIQUE,
  partitions   integer NOT NULL CHECK (partitions > 0),
  retention_ms bigint NOT NULL -- -1 keeps for ever
);

-- One counter a partition. Its row lock orders the writers; the low fillfactor keeps its updates on its own page.
CREATE TABLE :schema.topic_partition (
  topic_id    integer NOT NULL REFERENCES :schema.topic,
  partition   integer NOT NULL,
  first       bigint NOT NULL DEFAULT 0, -- offset of the first record kept
  next        bigint NOT NULL DEFAULT 0, -- offset of the next record
  last_time   bigint NOT NULL DEFAULT 0, -- time of the last record, ms since the epoch
  PRIMARY KEY (topic_id, partition)
) WITH (fillfactor = 20, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);

CREATE TABLE :schema.record (
  topic_id  integer NOT NULL,
  partition integer NOT NULL,
  "offset"  bigint NOT NULL,
  time      bigint NOT NULL, -- ms since the epoch, never falling inside a partition
  key       text NOT NULL,
  value     bytea NOT NULL,
  headers   text NOT NULL, -- a JSON object of strings, kept as it came
  PRIMARY KEY (topic_id, partition, "offset")
);
ALTER TABLE :schema.record ALTER COLUMN value SET STORAGE EXTERNAL; -- ciphertext does not compress

-- Appends records and answers their offsets in the order given. All values come in one piece, cut by `lengths`.
-- All partitions are locked in one order before anything is written, so writers never deadlock; offsets are given under
-- those locks and commit with them, so no reader passes an offset that fills later; the clock is read after the lock.
CREATE FUNCTION :schema.append(topics integer[], partitions integer[], keys text[], lengths integer[], "values" bytea, headers text[])
RETURNS TABLE ("offset" bigint) LANGUAGE plpgsql AS $$
#variable_conflict use_column
BEGIN
  PERFORM 1 FROM :schema.topic_partition p
    WHERE (p.topic_id, p.partition) IN (SELECT DISTINCT t, n FROM unnest(topics, partitions) AS i (t, n))
    ORDER BY p.topic_id, p.partition FOR UPDATE;
  RETURN QUERY
  WITH input AS (
    SELECT t, n, k, h, ord,
      row_number() OVER (PARTITION BY t, n ORDER BY ord) AS nth,
      sum(l) OVER (ORDER BY ord) - l + 1 AS cut, l
    FROM unnest(topics, partitions, keys, lengths, headers) WITH ORDINALITY AS i (t, n, k, l, h, ord)
  ), taken AS (
    UPDATE :schema.topic_partition p
    SET next = p.next + c.count,
        last_time = greatest(p.last_time, floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint)
    FROM (SELECT t, n, count(*) AS count FROM input GROUP BY t, n) c
    WHERE p.topic_id = c.t AND p.partition = c.n
    RETURNING p.topic_id AS t, p.partition AS n, p.next - c.count - 1 AS base, p.last_time
  ), written AS (
    INSERT INTO :schema.record (topic_id, partition, "offset", time, key, value, headers)
    SELECT i.t, i.n, taken.base + i.nth, taken.last_time, i.k, substr("values", i.cut::integer, i.l), i.h
    FROM input i JOIN taken ON taken.t = i.t AND taken.n = i.n
  )
  SELECT taken.base + i.nth FROM input i JOIN taken ON taken.t = i.t AND taken.n = i.n ORDER BY i.ord;
END $$;

-- The first offset at or after a time, else the end: by halving, since time never falls and offsets have no gaps.
CREATE FUNCTION :schema.offset_at(of_topic integer, of_partition integer, at bigint) RETURNS bigint LANGUAGE plpgsql STABLE AS $$
DECLARE
  low bigint;
  high bigint;
  middle bigint;
BEGIN
  SELECT p.first, p.next INTO low, high FROM :schema.topic_partition p
    WHERE p.topic_id = of_topic AND p.partition = of_partition;
  WHILE low < high LOOP
    middle := (low + high) / 2;
    IF (SELECT r.time FROM :schema.record r
        WHERE r.topic_id = of_topic AND r.partition = of_partition AND r."offset" = middle) >= at
    THEN high := middle;
    ELSE low := middle + 1;
    END IF;
  END LOOP;
  RETURN low;
END $$;

-- Processes that use the log, alive while `seen_at` is young on this clock; what an ended one held goes with its row.
CREATE TABLE :schema.process (
  id      text PRIMARY KEY,
  seen_at timestamptz NOT NULL
) WITH (fillfactor = 20);

-- Who has joined which group for which topic.
CREATE TABLE :schema.member (
  grp        text NOT NULL,
  topic      text NOT NULL,
  id         text NOT NULL,
  process_id text NOT NULL REFERENCES :schema.process ON DELETE CASCADE,
  PRIMARY KEY (grp, topic, id)
);

-- Who holds which partition. A row is given up by its holder, or goes with the holder's process.
CREATE TABLE :schema.holding (
  grp       text NOT NULL,
  topic     text NOT NULL,
  partition integer NOT NULL,
  member_id text NOT NULL,
  PRIMARY KEY (grp, topic, partition),
  FOREIGN KEY (grp, topic, member_id) REFERENCES :schema.member ON DELETE CASCADE
);
