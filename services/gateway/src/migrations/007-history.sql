-- Which history this is: 0 until a restore takes the log back too. What was decided and told since then has gone to institutions under
-- ids that must not come again for something else. One row.
CREATE TABLE :schema.history (
  number bigint NOT NULL
);
INSERT INTO :schema.history (number) VALUES (0);
