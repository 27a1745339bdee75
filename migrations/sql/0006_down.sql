DROP TABLE retention_bounds, ingest_days
----
-- Entries that stand for a whole day stay: they leave no gap either.
DROP INDEX ingest_ledger_merged
----
ALTER TABLE ingest_ledger
    DROP COLUMN digest, DROP COLUMN seal, DROP COLUMN n_transactions, DROP COLUMN is_merged
----
DROP FUNCTION ledger_seal(integer, bigint, bigint, integer, integer, integer, integer, bigint)
----
DROP FUNCTION as_bigint(numeric)
