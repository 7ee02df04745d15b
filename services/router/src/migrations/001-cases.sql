-- Cases as the router folds them, and which commands each has decided.
CREATE TABLE :schema.cases (
  case_id text PRIMARY KEY,
  version bigint NOT NULL,
  state text NOT NULL,
  -- The referral of the case that waits for somebody's choice, as 'returned' or 'worklisted'; a case has at most one.
  waiting_referral text,
  waiting_kind text,
  waiting_since timestamptz
) WITH (fillfactor = 80);

CREATE INDEX cases_waiting ON :schema.cases (waiting_kind, waiting_since) WHERE waiting_kind IS NOT NULL;

CREATE TABLE :schema.decided (
  case_id text NOT NULL,
  command_id text NOT NULL,
  PRIMARY KEY (case_id, command_id)
);
