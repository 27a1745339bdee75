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
