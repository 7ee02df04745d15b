-- The hub's own keys, of which several may be in force while one changes over. Each master key in force wraps the one root key, under
-- which everything else is wrapped; of a signing key the public half, which verifies old receipts for ever. Nothing is deleted.
CREATE TABLE :schema.hub_key (
  fingerprint text PRIMARY KEY,
  kind text NOT NULL CHECK (kind IN ('master', 'signing')),
  -- Of a master key: the root key wrapped under it, until it is retired.
  wrapped_root bytea,
  -- Of a signing key.
  public_key bytea,
  made_at timestamptz NOT NULL DEFAULT now(),
  retired_at timestamptz,
  CHECK ((kind = 'signing') = (public_key IS NOT NULL)),
  CHECK ((kind = 'master' AND retired_at IS NULL) = (wrapped_root IS NOT NULL))
);
-- Which process was started with which of them; one that was not heard of for ten minutes is forgotten.
CREATE TABLE :schema.holder (
  process text PRIMARY KEY,
  host text NOT NULL,
  fingerprints text[] NOT NULL,
  seen_at timestamptz NOT NULL DEFAULT now()
);
