-- Drops the oldest chunk, if all of it is older than the given time. It drops one at a time, so that a
-- mistake is noticed early; only one instance does, and the others skip it.
CREATE FUNCTION drop_oldest_part(divided text, moment timestamptz)
RETURNS TABLE (part text, ends_before timestamptz) LANGUAGE plpgsql AS $$
BEGIN
    IF NOT pg_try_advisory_xact_lock(hashtext('flight-monitor retention')) THEN
        RETURN;
    END IF;
    SELECT min(chunk.range_end) INTO ends_before
    FROM timescaledb_information.chunks AS chunk
    WHERE chunk.hypertable_schema = current_schema() AND chunk.hypertable_name = divided
      AND chunk.range_end <= moment;
    -- Where nothing is due TimescaleDB still refuses those who may not drop chunks.
    FOR part IN
        SELECT drop_chunks(
            divided::regclass, older_than => coalesce(ends_before, '1900-01-01 00:00:00+00')
        )
    LOOP
        RETURN NEXT;
    END LOOP;
END
$$
