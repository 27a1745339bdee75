DROP FUNCTION drop_state_vectors_before(timestamptz)
----
DROP FUNCTION drop_minutely_state_vectors_before(timestamptz)
----
DROP FUNCTION drop_oldest_part(text, timestamptz)
----
DROP FUNCTION retention_limit(integer)
----
DROP INDEX dead_letters_recorded_at
----
ALTER TABLE ingest_offsets DROP COLUMN dead_letters_start
