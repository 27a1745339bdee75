CREATE TABLE minutely_state_vectors (LIKE minutely_columns) PARTITION BY RANGE (minute)
----
CREATE FUNCTION make_minutely_partitions(days date[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    day date;
    partition_name text;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('minutely_state_vectors partitions'));
    FOREACH day IN ARRAY days LOOP
        partition_name := 'minutely_state_vectors_' || to_char(day, 'YYYYMMDD');
        CONTINUE WHEN to_regclass(partition_name) IS NOT NULL;
        EXECUTE format('CREATE TABLE %I (LIKE minutely_state_vectors INCLUDING ALL)', partition_name);
        EXECUTE format(
            'ALTER TABLE minutely_state_vectors ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)',
            partition_name,
            day::timestamp AT TIME ZONE 'UTC',
            (day + 1)::timestamp AT TIME ZONE 'UTC'
        );
    END LOOP;
END
$$
----
CREATE FUNCTION drop_minutely_state_vectors_before(moment timestamptz) RETURNS SETOF text
LANGUAGE plpgsql AS $$
DECLARE
    partition_name text;
BEGIN
    FOR partition_name IN
        SELECT inhrelid::regclass::text FROM pg_inherits
        WHERE inhparent = 'minutely_state_vectors'::regclass
          AND to_date(right(inhrelid::regclass::text, 8), 'YYYYMMDD') + 1
              <= (moment AT TIME ZONE 'UTC')::date
    LOOP
        EXECUTE format('DROP TABLE %s', partition_name);
        RETURN NEXT partition_name;
    END LOOP;
END
$$
----
ALTER TABLE minutely_state_vectors ADD PRIMARY KEY (icao24, minute)
----
CREATE INDEX minutely_state_vectors_minute ON minutely_state_vectors (minute)
----
-- A partition is a day, which retention drops as a whole.
CREATE FUNCTION fit_chunks(rows_wanted bigint) RETURNS void LANGUAGE sql AS ''
