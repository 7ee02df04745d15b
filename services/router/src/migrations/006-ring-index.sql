-- A look for what rings reads what is due, and nothing of what waits.
CREATE INDEX CONCURRENTLY cases_ring ON cases (ring_at) WHERE ring_at IS NOT NULL;
