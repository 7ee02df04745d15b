-- deliveries_undelivered has taken its place: one index is written for each delivery, as before.
DROP INDEX :schema.deliveries_untaken;
