CREATE TABLE state_vectors (LIKE state_vector_columns) PARTITION BY RANGE (last_contact)
----
-- Adds the partitions that a batch or the coming days need. Attaching, unlike CREATE TABLE ...
-- PARTITION OF, does not block readers and writers of the other partitions.
CREATE FUNCTION make_partitions(days date[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    day date;
    partition_name text;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('state_vectors partitions'));
    FOREACH day IN ARRAY days LOOP
        partition_name := 'state_vectors_' || to_char(day, 'YYYYMMDD');
        CONTINUE WHEN to_regclass(partition_name) IS NOT NULL;
        EXECUTE format('CREATE TABLE %I (LIKE state_vectors INCLUDING ALL)', partition_name);
        EXECUTE format(
            'ALTER TABLE state_vectors ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)',
            partition_name,
            day::timestamp AT TIME ZONE 'UTC',
            (day + 1)::timestamp AT TIME ZONE 'UTC'
        );
    END LOOP;
END
$$
----
CREATE FUNCTION drop_state_vectors_before(moment timestamptz) RETURNS SETOF text
LANGUAGE plpgsql AS $$
DECLARE
    partition_name text;
BEGIN
    FOR partition_name IN
        SELECT inhrelid::regclass::text FROM pg_inherits
        WHERE inhparent = 'state_vectors'::regclass
          AND to_date(right(inhrelid::regclass::text, 8), 'YYYYMMDD') + 1
              <= (moment AT TIME ZONE 'UTC')::date
    LOOP
        EXECUTE format('DROP TABLE %s', partition_name);
        RETURN NEXT partition_name;
    END LOOP;
END
$$
----
-- The key makes repeated inserts harmless, and is the index for tracks.
ALTER TABLE state_vectors ADD PRIMARY KEY (icao24, last_contact)
----
-- The index for all traffic at one time.
CREATE INDEX state_vectors_last_contact ON state_vectors (last_contact)
