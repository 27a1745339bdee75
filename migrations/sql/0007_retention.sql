-- Returns the time before which data kept for so many days may be deleted. The days are counted back from
-- the hundredth newest state vector that is not later than the server's clock, down to the midnight
-- before. So neither a clock that is ahead nor a few state vectors from the future delete anything; with
-- fewer than a hundred state vectors the result is null.
CREATE FUNCTION retention_limit(days integer) RETURNS timestamptz LANGUAGE sql STABLE AS $$
    SELECT date_trunc('day', newest.last_contact - days * INTERVAL '24 hours', 'UTC')
    FROM (
        SELECT last_contact FROM state_vectors WHERE last_contact <= now()
        ORDER BY last_contact DESC OFFSET 99 LIMIT 1
    ) AS newest
$$
----
-- The first offset of a partition whose dead letters retention has left: the audit counts from there.
ALTER TABLE ingest_offsets ADD COLUMN dead_letters_start bigint NOT NULL DEFAULT 0
----
COMMENT ON COLUMN ingest_offsets.dead_letters_start IS 'the offset below which retention has deleted dead letters'
----
-- The index for the oldest dead letters, of which there may be millions.
CREATE INDEX dead_letters_recorded_at ON dead_letters (recorded_at)
----
DROP FUNCTION drop_state_vectors_before(timestamptz)
----
DROP FUNCTION drop_minutely_state_vectors_before(timestamptz)
----
CREATE FUNCTION drop_state_vectors_before(moment timestamptz)
RETURNS TABLE (part text, ends_before timestamptz) LANGUAGE sql AS $$
    SELECT * FROM drop_oldest_part('state_vectors', moment)
$$
----
CREATE FUNCTION drop_minutely_state_vectors_before(moment timestamptz)
RETURNS TABLE (part text, ends_before timestamptz) LANGUAGE sql AS $$
    SELECT * FROM drop_oldest_part('minutely_state_vectors', moment)
$$
