-- When the next clock of a case rings; null when none runs. What was there before is looked at once.
ALTER TABLE :schema.cases ADD COLUMN ring_at timestamptz DEFAULT '1970-01-01T00:00:00Z';
