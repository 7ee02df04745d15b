-- When a command was decided: what is remembered of it goes when no repeat can come any more.
ALTER TABLE :schema.decided ADD COLUMN decided_at timestamptz NOT NULL DEFAULT now();
