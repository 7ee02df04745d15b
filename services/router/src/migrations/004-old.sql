-- What is old is found by these.
CREATE INDEX CONCURRENTLY decided_old ON decided (decided_at);
CREATE INDEX CONCURRENTLY disputes_old ON disputes (resolved_at) WHERE resolution IS NOT NULL;
