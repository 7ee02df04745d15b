-- Keys of persons and cases, each wrapped by the master key; what is too large for a record, as ciphertext.
CREATE TABLE :schema.key (
  key_id text PRIMARY KEY,
  subject text NOT NULL,
  wrapped bytea NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX key_subject ON :schema.key (subject);
CREATE TABLE :schema.blob (
  sha256 bytea PRIMARY KEY CHECK (octet_length(sha256) = 32),
  key_id text NOT NULL,
  ciphertext bytea NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);
ALTER TABLE :schema.blob ALTER COLUMN ciphertext SET STORAGE EXTERNAL;
CREATE INDEX blob_key ON :schema.blob (key_id);
-- Fingerprints of the keys that this deployment was first started with: another key stops the start.
CREATE TABLE :schema.fingerprint (
  name text PRIMARY KEY,
  fingerprint text NOT NULL
);
