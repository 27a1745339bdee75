-- Returns the chunks of a hypertable.
CREATE FUNCTION parts_of(divided text)
RETURNS TABLE (part text, begins timestamptz, ends_before timestamptz) LANGUAGE sql STABLE AS $$
    SELECT format('%I.%I', chunk_schema, chunk_name), range_start, range_end
    FROM timescaledb_information.chunks
    WHERE hypertable_schema = current_schema() AND hypertable_name = divided
$$
----
-- Makes the chunk that a day needs. Only inserting a row makes a chunk, with the span that the hypertable
-- has at that moment.
CREATE FUNCTION make_part(divided text, wanted date) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    span daterange;
    present_interval interval;
    fitting interval;
    time_column text := CASE divided WHEN 'state_vectors' THEN 'last_contact' ELSE 'minute' END;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('state_vectors chunks'));
    span := span_of_part(divided, wanted);
    SELECT time_interval INTO present_interval FROM timescaledb_information.dimensions
    WHERE hypertable_schema = current_schema() AND hypertable_name = divided;
    IF span IS NULL THEN
        RETURN;
    END IF;
    fitting := greatest(
        present_interval,
        CASE WHEN upper(span) > lower(span) + 1 THEN INTERVAL '30 days' ELSE INTERVAL '1 day' END
    );
    PERFORM set_chunk_time_interval(divided::regclass, fitting);
    IF divided = 'state_vectors' THEN
        INSERT INTO state_vectors (icao24, last_contact, on_ground, spi, position_source)
        VALUES ('', wanted::timestamp AT TIME ZONE 'UTC', FALSE, FALSE, 0);
        DELETE FROM state_vectors
        WHERE icao24 = '' AND last_contact = wanted::timestamp AT TIME ZONE 'UTC';
    ELSE
        INSERT INTO minutely_state_vectors
            (minute, state_vectors, icao24, last_contact, on_ground, spi, position_source)
        VALUES (wanted::timestamp AT TIME ZONE 'UTC', 0, '',
                wanted::timestamp AT TIME ZONE 'UTC', FALSE, FALSE, 0);
        DELETE FROM minutely_state_vectors
        WHERE icao24 = '' AND minute = wanted::timestamp AT TIME ZONE 'UTC';
    END IF;
    PERFORM set_chunk_time_interval(divided::regclass, present_interval);
END
$$
----
-- Returns the days among the given ones that have no chunk yet, without days near today, whose chunk
-- TimescaleDB makes with the first row.
CREATE FUNCTION missing_days(divided text, days date[]) RETURNS SETOF date LANGUAGE plpgsql AS $$
DECLARE
    distant date[] := ARRAY(
        SELECT day FROM unnest(days) AS day
        WHERE abs(day - (now() AT TIME ZONE 'UTC')::date) > 7
    );
BEGIN
    IF distant <> '{}' THEN
        RETURN QUERY SELECT * FROM uncovered_days(divided, distant);
    END IF;
END
$$
----
-- TimescaleDB makes the chunks of coming days, unless there are so many chunks that it has to be a wide one.
CREATE FUNCTION make_coming_part(divided text, wanted date) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT count(*) FROM parts_of(divided)) >= most_parts() THEN
        PERFORM make_part(divided, wanted);
    END IF;
END
$$
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
