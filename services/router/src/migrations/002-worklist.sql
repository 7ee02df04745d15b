-- What operators act on besides waiting referrals: acts that an institution disputes. And which of them took what.
ALTER TABLE :schema.cases ADD COLUMN waiting_priority smallint; -- of the waiting referral, as the schema numbers it
UPDATE :schema.cases SET waiting_priority = (
  SELECT (r ->> 'priority')::smallint FROM jsonb_array_elements(state::jsonb -> 'referrals') AS r
  WHERE r ->> 'id' = waiting_referral)
WHERE waiting_kind IS NOT NULL;

CREATE TABLE :schema.disputes (
  event_id    text PRIMARY KEY, -- of the event that is disputed
  case_id     text NOT NULL,
  referral_id text NOT NULL,
  institution text NOT NULL, -- that disputes
  reason_code text NOT NULL,
  priority    smallint NOT NULL,
  since       timestamptz NOT NULL,
  resolution  text, -- upheld or dismissed; null while it is open
  resolved_by text,
  resolved_at timestamptz
);
CREATE INDEX disputes_open ON :schema.disputes (since, event_id) WHERE resolution IS NULL;
CREATE INDEX disputes_referral ON :schema.disputes (referral_id);

-- Who of the staff has taken a row of the worklist, by the row's id.
CREATE TABLE :schema.assignments (
  item_id text PRIMARY KEY,
  staff   text NOT NULL,
  since   timestamptz NOT NULL DEFAULT now()
);
