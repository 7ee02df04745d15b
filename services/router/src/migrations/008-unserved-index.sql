-- A look at who waits for service reads those cases alone.
CREATE INDEX CONCURRENTLY cases_unserved ON cases (unserved_since) WHERE unserved_since IS NOT NULL;
