ALTER TABLE ingest_ledger DROP CONSTRAINT ingest_ledger_rows, DROP COLUMN n_rows
----
DROP INDEX dead_letters_key
----
ALTER TABLE dead_letters DROP COLUMN row_index
----
COMMENT ON TABLE dead_letters IS 'messages that hold no state vector, as they came, with the reason'
----
-- Messages of several rows that were stored cannot meet the former constraints; then these are left out.
DO $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM ingest_ledger WHERE n_in <> n_inserted + n_duplicate + n_dead
    ) THEN
        ALTER TABLE ingest_ledger ADD CHECK (n_in = n_inserted + n_duplicate + n_dead);
    END IF;
    IF EXISTS (
        SELECT FROM dead_letters
        GROUP BY cluster_id, topic, partition, message_offset HAVING count(*) > 1
    ) THEN
        CREATE INDEX dead_letters_pkey ON dead_letters (cluster_id, topic, partition, message_offset);
    ELSE
        ALTER TABLE dead_letters ADD PRIMARY KEY (cluster_id, topic, partition, message_offset);
    END IF;
END
$$
