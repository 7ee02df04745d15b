-- Referrals of a case that were accepted and have had no service, and since when; a case from before says so when its clock rings next.
ALTER TABLE :schema.cases ADD COLUMN unserved jsonb, ADD COLUMN unserved_since timestamptz;
