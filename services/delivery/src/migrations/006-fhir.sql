-- When a referral was requested (RFC 3339): Task.authoredOn of what is sent as FHIR. Empty for those requested before this was kept.
ALTER TABLE :schema.referrals ADD COLUMN requested_at text NOT NULL DEFAULT '';
