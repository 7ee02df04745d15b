-- After a restore: what became of deliveries whose event is yet to be read again, and a number below which no holding is counted anew.
CREATE TABLE :schema.outcomes (
  delivery_id text PRIMARY KEY,
  state text NOT NULL CHECK (state IN ('delivered', 'parked')),
  attempts integer NOT NULL,
  at timestamptz NOT NULL,
  parked_reason text
);

-- Holdings of lanes are numbered above it, so that records of before and after a restore never share an id. One row.
CREATE TABLE :schema.token_base (
  base bigint NOT NULL
);
INSERT INTO :schema.token_base (base) VALUES (0);
