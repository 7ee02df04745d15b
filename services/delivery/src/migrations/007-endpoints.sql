-- Endpoints: how each one fares (its breaker), which are paused or disabled, and which have proved themselves.

-- The endpoint of each institution as the directory has it. All but paused_at and told is of this fingerprint: another begins anew.
CREATE TABLE :schema.endpoints (
  institution text PRIMARY KEY,
  endpoint_id text NOT NULL,
  -- URL, scheme and secret; empty while there is no endpoint to post to.
  fingerprint text NOT NULL,
  -- It pulls: what is for it goes to its inbox. Then there is no fingerprint, and no breaker that could open.
  pulls boolean NOT NULL DEFAULT false,
  -- Revision of the directory that says so: a process that is behind changes nothing.
  revision bigint NOT NULL,
  -- When it last took something, to the hour while all is well; or when it came into force, or was enabled again.
  good_at timestamptz NOT NULL,
  failures integer NOT NULL DEFAULT 0,
  first_failed_at timestamptz,
  last_failed_at timestamptz,
  window_since timestamptz,
  window_total integer NOT NULL DEFAULT 0,
  window_failed integer NOT NULL DEFAULT 0,
  -- Since when the breaker is open; null while it is closed.
  opened_at timestamptz,
  wait_ms integer NOT NULL DEFAULT 0,
  probed_at timestamptz NOT NULL,
  probe_at timestamptz NOT NULL,
  -- The worker that probes now; the place is free again when it is dead.
  prober text,
  disabled_at timestamptz,
  -- gone (it answered 410), failing, or operator.
  disabled_reason text,
  paused_at timestamptz,
  -- The last that the institution was told of it in its inbox: failing or disabled; null when all is well.
  told text
) WITH (fillfactor = 70);

-- Endpoints that have answered a challenge.
CREATE TABLE :schema.proofs (
  institution text NOT NULL,
  fingerprint text NOT NULL,
  proved_at timestamptz NOT NULL,
  PRIMARY KEY (institution, fingerprint)
);

-- That an endpoint answered 410 was kept by the institutions with lanes; it is one way of being disabled.
INSERT INTO :schema.endpoints (institution, endpoint_id, fingerprint, revision, good_at, probed_at, probe_at, disabled_at, disabled_reason)
SELECT institution, 'endpoint-' || institution, gone, 0, now(), now(), now(), now(), 'gone' FROM :schema.recipients WHERE gone IS NOT NULL;
ALTER TABLE :schema.recipients DROP COLUMN gone;

UPDATE :schema.deliveries SET parked_reason = 'disabled' WHERE state = 'parked' AND parked_reason = 'gone';

-- One that is sent again waits since then, not since it was added.
ALTER TABLE :schema.deliveries RENAME COLUMN added_at TO waits_since;
ALTER INDEX :schema.deliveries_added RENAME TO deliveries_untaken;
