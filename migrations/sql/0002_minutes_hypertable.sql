CREATE TABLE minutely_state_vectors (LIKE minutely_columns)
----
SELECT create_hypertable(
    'minutely_state_vectors', by_range('minute', INTERVAL '1 day'), create_default_indexes => FALSE
)
----
ALTER TABLE minutely_state_vectors ADD PRIMARY KEY (icao24, minute)
----
CREATE INDEX minutely_state_vectors_minute ON minutely_state_vectors (minute)
----
CREATE FUNCTION make_minutely_partitions(days date[]) RETURNS void LANGUAGE sql AS ''
----
CREATE FUNCTION drop_minutely_state_vectors_before(moment timestamptz) RETURNS SETOF text
LANGUAGE sql AS $$ SELECT drop_chunks('minutely_state_vectors', older_than => moment) $$
----
-- The chunk that is written to should fit into memory with its indexes, and a month should not have
-- hundreds of chunks. The span of new chunks follows the rows of the last day; existing chunks stay.
CREATE FUNCTION fit_chunks(rows_wanted bigint) RETURNS void LANGUAGE plpgsql AS $$
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
    IF rows_a_day IS NOT NULL AND fitting IS DISTINCT FROM (
        SELECT time_interval FROM timescaledb_information.dimensions
        WHERE hypertable_schema = current_schema() AND hypertable_name = 'state_vectors'
    ) THEN
        PERFORM set_chunk_time_interval('state_vectors', fitting);
    END IF;
END
$$
