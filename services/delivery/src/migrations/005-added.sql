-- Since when a delivery waits: how old the oldest undelivered one is, an operator has to see at a glance.
ALTER TABLE :schema.deliveries ADD COLUMN added_at timestamptz NOT NULL DEFAULT now();

CREATE INDEX deliveries_added ON :schema.deliveries (added_at) WHERE state NOT IN ('delivered', 'parked');
