DROP VIEW hourly_traffic
----
DROP VIEW latest_state_vectors
----
DROP TABLE retention_marks, dead_letters, ingest_ledger, ingest_offsets
----
DROP FUNCTION drop_state_vectors_before(timestamptz)
----
DROP FUNCTION make_partitions(date[])
----
DROP TABLE state_vectors
