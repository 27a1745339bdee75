-- Chunks that are compressed keep their layout.
ALTER TABLE state_vectors SET (
    timescaledb.segmentby = 'icao24',
    timescaledb.orderby = 'last_contact DESC'
)
----
ALTER TABLE minutely_state_vectors SET (
    timescaledb.segmentby = 'icao24',
    timescaledb.orderby = 'minute DESC'
)
----
-- Two sessions that set the span of new chunks at the same time would fail.
CREATE OR REPLACE FUNCTION fit_chunks(rows_wanted bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    rows_a_day numeric := (
        SELECT 24 * sum(state_vectors) / count(DISTINCT hour)
        FROM hourly_counts WHERE hour >= now() - INTERVAL '1 day'
    );
    fitting interval := CASE
        WHEN 7 * rows_a_day <= rows_wanted THEN INTERVAL '7 days'
        WHEN rows_a_day <= rows_wanted THEN INTERVAL '1 day'
        WHEN rows_a_day / 4 <= rows_wanted THEN INTERVAL '6 hours'
        ELSE INTERVAL '1 hour'
    END;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('state_vectors chunks'));
    IF rows_a_day IS NOT NULL AND fitting IS DISTINCT FROM (
        SELECT time_interval FROM timescaledb_information.dimensions
        WHERE hypertable_schema = current_schema() AND hypertable_name = 'state_vectors'
    ) THEN
        PERFORM set_chunk_time_interval('state_vectors', fitting);
    END IF;
END
$$
