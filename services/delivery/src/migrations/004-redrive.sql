-- The log of attempts, what a delivery needs to be sent once more, and redrives: many deliveries sent again for an operator.

-- Each try, written with its result. Kept for 90 days.
CREATE TABLE :schema.attempts (
  -- In the order of writing: pages and what is dropped go by it.
  attempt_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  institution text NOT NULL,
  case_id text NOT NULL,
  referral_id text NOT NULL,
  delivery_id text NOT NULL,
  -- ruta.delivery.v1.AttemptOutcome.
  outcome smallint NOT NULL,
  started_at timestamptz NOT NULL,
  -- The value of its record on the topic: ruta.delivery.v1.DeliveryAttempt.
  record bytea NOT NULL
);

CREATE INDEX attempts_of_institution ON :schema.attempts (institution, attempt_id);
CREATE INDEX attempts_of_case ON :schema.attempts (case_id, attempt_id);

-- When it was last taken: the body stays for 14 days from then. One that is sent again keeps it meanwhile.
ALTER TABLE :schema.deliveries ADD COLUMN delivered_at timestamptz;

-- Redrives go through lanes in the order of their names; deliveries_waiting is the third of these.
CREATE INDEX deliveries_parked_lanes ON :schema.deliveries (institution, case_id, sequence) WHERE state = 'parked';
CREATE INDEX deliveries_kept_lanes ON :schema.deliveries (institution, case_id, sequence)
  WHERE state = 'delivered' AND body IS NOT NULL;
CREATE INDEX deliveries_kept ON :schema.deliveries (delivered_at) WHERE state = 'delivered' AND body IS NOT NULL;

CREATE TABLE :schema.redrives (
  redrive_id text PRIMARY KEY,
  -- In the order of their starts.
  number bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
  -- Who started it, and why.
  staff text NOT NULL,
  reason text NOT NULL,
  -- What it sends again: the filter as it was asked for.
  filter jsonb NOT NULL,
  -- What came into its state after this is left alone: a redrive does not meet again what it has sent.
  until_at timestamptz NOT NULL,
  per_second integer NOT NULL,
  state text NOT NULL DEFAULT 'running' CHECK (state IN ('running', 'stopped', 'done')),
  -- How many there were at the start, and how many were made due so far.
  total bigint NOT NULL,
  made_due bigint NOT NULL DEFAULT 0,
  -- How far it is: the last delivery that was looked at.
  after_institution text NOT NULL DEFAULT '',
  after_case text NOT NULL DEFAULT '',
  after_sequence bigint NOT NULL DEFAULT 0,
  started_at timestamptz NOT NULL DEFAULT now(),
  -- When its state or its place last changed, and when its next batch may be.
  changed_at timestamptz NOT NULL DEFAULT now(),
  next_at timestamptz NOT NULL DEFAULT now()
);

CREATE INDEX redrives_running ON :schema.redrives (next_at) WHERE state = 'running';
