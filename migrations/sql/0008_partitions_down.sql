-- Adds the partitions that a batch or the coming days need. Attaching, unlike CREATE TABLE ...
-- PARTITION OF, does not block readers and writers of the other partitions.
CREATE OR REPLACE FUNCTION make_partitions(days date[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    day date;
    partition_name text;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('state_vectors partitions'));
    FOREACH day IN ARRAY days LOOP
        partition_name := 'state_vectors_' || to_char(day, 'YYYYMMDD');
        CONTINUE WHEN to_regclass(partition_name) IS NOT NULL;
        -- Parts of several days stay as the later revision made them.
        CONTINUE WHEN EXISTS (
            SELECT FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid
            WHERE inhparent = 'state_vectors'::regclass
              AND to_char(day, 'YYYYMMDD') BETWEEN
                  left(substring(relname FROM '\d{8}(?:_\d{8})?$'), 8) AND right(relname, 8)
        );
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
CREATE OR REPLACE FUNCTION make_minutely_partitions(days date[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    day date;
    partition_name text;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('minutely_state_vectors partitions'));
    FOREACH day IN ARRAY days LOOP
        partition_name := 'minutely_state_vectors_' || to_char(day, 'YYYYMMDD');
        CONTINUE WHEN to_regclass(partition_name) IS NOT NULL;
        -- Parts of several days stay as the later revision made them.
        CONTINUE WHEN EXISTS (
            SELECT FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid
            WHERE inhparent = 'minutely_state_vectors'::regclass
              AND to_char(day, 'YYYYMMDD') BETWEEN
                  left(substring(relname FROM '\d{8}(?:_\d{8})?$'), 8) AND right(relname, 8)
        );
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
