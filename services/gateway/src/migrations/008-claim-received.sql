-- Claims go by their age.
CREATE INDEX CONCURRENTLY claim_received ON claim (received_at);
