-- How long the oldest undelivered delivery of each priority waits is read at every scrape, however many wait. It serves all that
-- deliveries_untaken does.
CREATE INDEX CONCURRENTLY deliveries_undelivered ON deliveries (priority, waits_since) WHERE state NOT IN ('delivered', 'parked');
