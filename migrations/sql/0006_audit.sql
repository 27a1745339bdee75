-- Sums of 64-bit hashes wrap around, as they do in the archive.
CREATE FUNCTION as_bigint(total numeric) RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT (mod(
        mod(total + 9223372036854775808, 18446744073709551616) + 18446744073709551616,
        18446744073709551616
    ) - 9223372036854775808)::bigint
$$
----
-- A hash of a ledger entry when it was written; it shows that an entry was changed later.
CREATE FUNCTION ledger_seal(
    partition integer, lo bigint, hi bigint, n_in integer, n_inserted integer, n_duplicate integer,
    n_dead integer, digest bigint
) RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT hash_record_extended(
        ROW(partition, lo, hi, n_in, n_inserted, n_duplicate, n_dead, digest), 0
    )
$$
----
ALTER TABLE ingest_ledger
    ADD COLUMN digest bigint,
    ADD COLUMN seal bigint,
    ADD COLUMN n_transactions bigint NOT NULL DEFAULT 1,
    ADD COLUMN is_merged boolean NOT NULL DEFAULT FALSE
----
COMMENT ON COLUMN ingest_ledger.digest IS 'the sum of the hashes of the rows that were inserted; null where a version without digests stored them'
----
COMMENT ON COLUMN ingest_ledger.seal IS 'hash of the entry as it was written'
----
COMMENT ON COLUMN ingest_ledger.n_transactions IS 'how many transactions the entry stands for'
----
COMMENT ON COLUMN ingest_ledger.is_merged IS 'whether it stands for all transactions of a day'
----
-- The index for the offset up to which each ledger is merged.
CREATE INDEX ingest_ledger_merged ON ingest_ledger (cluster_id, topic, partition, hi)
WHERE is_merged
----
-- The rows that were ever inserted into each day of state_vectors, and those that retention has dropped:
-- the rows that are there must be the difference.
CREATE TABLE ingest_days (
    cluster_id     text    NOT NULL,
    topic          text    NOT NULL,
    partition      integer NOT NULL,
    day            date    NOT NULL,
    n_rows         bigint,
    digest         bigint,
    n_dropped      bigint  DEFAULT 0,
    digest_dropped bigint  DEFAULT 0,
    PRIMARY KEY (cluster_id, topic, partition, day)
) WITH (fillfactor = 50)
----
COMMENT ON TABLE ingest_days IS 'the archive''s: rows and digest that each partition of the log added to each UTC day, for the audit'
----
COMMENT ON COLUMN ingest_days.n_rows IS 'null where a version without digests stored rows of the day'
----
COMMENT ON COLUMN ingest_days.n_dropped IS 'null where retention has dropped a part of the day'
----
-- The times before which retention has deleted rows of other tables.
CREATE TABLE retention_bounds (
    relation       text        PRIMARY KEY,
    dropped_before timestamptz NOT NULL
)
----
COMMENT ON TABLE retention_bounds IS 'the archive''s: the moment before which rows of a table were removed on purpose, for the audit'
----
-- The days that have rows at the time of the migration.
INSERT INTO ingest_days (cluster_id, topic, partition, day)
SELECT '', '', -1, day::date
FROM (SELECT min(last_contact) AS first, max(last_contact) AS last FROM state_vectors) AS kept
CROSS JOIN LATERAL generate_series(
    date_trunc('day', kept.first AT TIME ZONE 'UTC'), kept.last AT TIME ZONE 'UTC',
    INTERVAL '1 day'
) AS day
WHERE EXISTS (
    SELECT FROM state_vectors
    WHERE last_contact >= day AT TIME ZONE 'UTC'
      AND last_contact < (day + INTERVAL '1 day') AT TIME ZONE 'UTC'
)
