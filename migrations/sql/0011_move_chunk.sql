-- Moves the rows of a chunk into a chunk of another hypertable, compressed if they were compressed.
CREATE FUNCTION pg_temp.move_part(moved text, target text, columns text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    span record;
    compressed text;
BEGIN
    SELECT range_start, range_end, is_compressed INTO STRICT span
    FROM timescaledb_information.chunks
    WHERE hypertable_schema = current_schema() AND hypertable_name = 'former_state_vectors'
      AND format('%I.%I', chunk_schema, chunk_name) = moved;
    PERFORM set_chunk_time_interval(target::regclass, span.range_end - span.range_start);
    EXECUTE format('INSERT INTO %I SELECT %s FROM %s', target, columns, moved);
    PERFORM pg_temp.account_for_rounding(moved);
    EXECUTE format('DROP TABLE %s', moved);
    IF span.is_compressed THEN
        FOR compressed IN
            SELECT show_chunks(target::regclass, older_than => span.range_end, newer_than => span.range_start)
        LOOP
            CALL convert_to_columnstore(compressed::regclass, if_not_columnstore => TRUE);
        END LOOP;
    END IF;
END
$$
----
-- New chunks have the span that those of the former table had.
CREATE FUNCTION pg_temp.keep_span(target text) RETURNS void LANGUAGE sql AS $$
    SELECT set_chunk_time_interval(target::regclass, time_interval)
    FROM timescaledb_information.dimensions
    WHERE hypertable_schema = current_schema() AND hypertable_name = 'former_state_vectors'
$$
