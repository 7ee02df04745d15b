-- Deliveries to institutions that pull: offered into the inbox, taken when the case has heard of it, given up after a time.

-- Not validated: the rows that are there held the narrower check before.
ALTER TABLE :schema.deliveries DROP CONSTRAINT deliveries_state_check;
ALTER TABLE :schema.deliveries ADD CONSTRAINT deliveries_state_check
  CHECK (state IN ('waiting', 'offered', 'delivered', 'parked')) NOT VALID;

-- When it was last put into the inbox; null while it is not there.
ALTER TABLE :schema.deliveries ADD COLUMN offered_at timestamptz;

CREATE INDEX deliveries_offered ON :schema.deliveries (institution, case_id, sequence) WHERE state = 'offered';
CREATE INDEX deliveries_offered_at ON :schema.deliveries (offered_at) WHERE state = 'offered';

DROP INDEX :schema.deliveries_late;
CREATE INDEX deliveries_late ON :schema.deliveries (late_at) WHERE state IN ('waiting', 'offered') AND late_at IS NOT NULL;
