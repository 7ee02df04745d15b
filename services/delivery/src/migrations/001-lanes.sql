-- Lanes and deliveries. An institution has one endpoint, whose id stays when its URL changes: so the lane of an endpoint and a
-- case is kept by institution, and what waits while there is no endpoint keeps its place.

-- How far each case was folded.
CREATE TABLE :schema.cases (
  case_id text PRIMARY KEY,
  version bigint NOT NULL
) WITH (fillfactor = 80);

-- What one event of a referral says and later ones do not repeat; numbers are the institutions' own.
CREATE TABLE :schema.referrals (
  referral_id text PRIMARY KEY,
  service_type text NOT NULL,
  placer_number text NOT NULL,
  filler_number text NOT NULL,
  replaces text NOT NULL
) WITH (fillfactor = 80);

-- Institutions with lanes. `gone` is the fingerprint of the endpoint that answered 410; another endpoint is tried again.
CREATE TABLE :schema.recipients (
  institution text PRIMARY KEY,
  gone text
);

CREATE TABLE :schema.lanes (
  institution text NOT NULL,
  case_id text NOT NULL,
  -- The last number given to a delivery: recipients see gaps by it.
  sequence bigint NOT NULL,
  -- When the first waiting delivery is due; null when none waits.
  next_due timestamptz,
  -- The last try failed for want of the endpoint, not because of what was sent: a success there makes it due at once.
  outage boolean NOT NULL DEFAULT false,
  -- When it was due before such a success pulled it forward.
  pulled_from timestamptz,
  -- The worker that sends its first delivery now, and the number of this holding: results of an earlier one are void.
  holder text,
  token bigint NOT NULL DEFAULT 0,
  PRIMARY KEY (institution, case_id)
) WITH (fillfactor = 70);

-- No index on next_due alone: a planner that takes it to find one institution's lanes reads all that is due everywhere.
CREATE INDEX lanes_due ON :schema.lanes (institution, next_due) WHERE next_due IS NOT NULL;
CREATE INDEX lanes_held ON :schema.lanes (institution) WHERE holder IS NOT NULL;

CREATE TABLE :schema.deliveries (
  -- webhook-id: derived from event and institution, the same for every try.
  delivery_id text PRIMARY KEY,
  event_id text NOT NULL,
  institution text NOT NULL,
  case_id text NOT NULL,
  referral_id text NOT NULL,
  sequence bigint NOT NULL,
  -- ruta.referral.v1.Priority.
  priority smallint NOT NULL,
  -- The bytes to send; null once they were taken.
  body bytea,
  state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'delivered', 'parked')),
  -- Why the next try is made: schedule, or operator after it was parked.
  trigger text NOT NULL DEFAULT 'schedule',
  attempts integer NOT NULL DEFAULT 0,
  -- Tries made by the schedule since it began, and those at which the recipient refused the message.
  step integer NOT NULL DEFAULT 0,
  refusals integer NOT NULL DEFAULT 0,
  tried_since timestamptz,
  -- When the case is told that it is late; null once told.
  late_at timestamptz,
  parked_at timestamptz,
  parked_reason text,
  UNIQUE (event_id, institution)
) WITH (fillfactor = 80);

CREATE INDEX deliveries_waiting ON :schema.deliveries (institution, case_id, sequence) WHERE state = 'waiting';
CREATE INDEX deliveries_late ON :schema.deliveries (late_at) WHERE state = 'waiting' AND late_at IS NOT NULL;
CREATE INDEX deliveries_parked ON :schema.deliveries (parked_at) WHERE state = 'parked';

-- Workers and their last sign of life, on this server's clock.
CREATE TABLE :schema.workers (
  worker text PRIMARY KEY,
  beat_at timestamptz NOT NULL
) WITH (fillfactor = 50);
