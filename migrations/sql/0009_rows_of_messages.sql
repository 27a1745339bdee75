ALTER TABLE dead_letters ADD COLUMN row_index integer CHECK (row_index >= 0)
----
COMMENT ON COLUMN dead_letters.row_index IS 'the place of the row in a message of several rows, from 0; null for a whole message'
----
COMMENT ON TABLE dead_letters IS 'messages, and rows of messages, that hold no state vector, as they came, with the reason'
----
-- A downgrade may have left an index in the place of the key.
ALTER TABLE dead_letters DROP CONSTRAINT IF EXISTS dead_letters_pkey
----
DROP INDEX IF EXISTS dead_letters_pkey
----
-- A downgrade has lost the places of rows; those of one message are numbered again.
UPDATE dead_letters AS dead SET row_index = several.number
FROM (
    SELECT ctid, row_number() OVER message - 1 AS number, count(*) OVER message AS n_letters
    FROM dead_letters
    WINDOW message AS (PARTITION BY cluster_id, topic, partition, message_offset)
) AS several
WHERE dead.ctid = several.ctid AND several.n_letters > 1
----
CREATE UNIQUE INDEX dead_letters_key
ON dead_letters (cluster_id, topic, partition, message_offset, (coalesce(row_index, -1)))
----
ALTER TABLE ingest_ledger ADD COLUMN n_rows integer
----
COMMENT ON COLUMN ingest_ledger.n_rows IS 'the rows of the messages; equal to n_in where each message holds one'
----
UPDATE ingest_ledger SET n_rows = n_inserted + n_duplicate + n_dead
----
-- Drops the check that each message has one row.
DO $$
DECLARE
    former name;
BEGIN
    SELECT conname INTO former FROM pg_constraint
    WHERE conrelid = 'ingest_ledger'::regclass AND contype = 'c'
      AND pg_get_constraintdef(oid) LIKE '%n_in = %n_inserted%n_duplicate%n_dead%';
    IF former IS NOT NULL THEN
        EXECUTE format('ALTER TABLE ingest_ledger DROP CONSTRAINT %I', former);
    END IF;
END
$$
----
ALTER TABLE ingest_ledger
    ALTER COLUMN n_rows SET NOT NULL,
    ADD CONSTRAINT ingest_ledger_rows
        CHECK (n_rows = n_inserted + n_duplicate + n_dead AND n_rows >= n_in)
