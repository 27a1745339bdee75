-- Returns the parts of a table divided by time. Their names say which days they hold: one day, or the first
-- and the last of several.
CREATE FUNCTION parts_of(divided text)
RETURNS TABLE (part text, begins timestamptz, ends_before timestamptz) LANGUAGE sql STABLE AS $$
    SELECT inhrelid::regclass::text,
           to_date(left(days, 8), 'YYYYMMDD')::timestamp AT TIME ZONE 'UTC',
           (to_date(right(days, 8), 'YYYYMMDD') + 1)::timestamp AT TIME ZONE 'UTC'
    FROM pg_inherits
    JOIN pg_class AS child ON child.oid = inhrelid
    CROSS JOIN LATERAL substring(child.relname FROM '\d{8}(?:_\d{8})?$') AS days
    WHERE inhparent = divided::regclass
$$
----
-- Returns the days among the given ones that have no part yet. The name of a day is looked up first, which
-- costs next to nothing.
CREATE FUNCTION missing_days(divided text, days date[]) RETURNS SETOF date LANGUAGE plpgsql AS $$
DECLARE
    unnamed date[] := ARRAY(
        SELECT day FROM unnest(days) AS day
        WHERE to_regclass(divided || to_char(day, '"_"YYYYMMDD')) IS NULL
    );
BEGIN
    IF unnamed <> '{}' THEN
        RETURN QUERY SELECT * FROM uncovered_days(divided, unnamed);
    END IF;
END
$$
----
-- Makes the part for one day. Attaching, unlike CREATE TABLE ... PARTITION OF, does not block readers and
-- writers of the other parts.
CREATE FUNCTION make_part(divided text, wanted date) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    span daterange;
    part_name text;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext(divided || ' partitions'));
    span := span_of_part(divided, wanted);
    IF span IS NULL THEN
        RETURN;
    END IF;
    part_name := divided || to_char(lower(span), '"_"YYYYMMDD');
    IF upper(span) > lower(span) + 1 THEN
        part_name := part_name || to_char(upper(span) - 1, '"_"YYYYMMDD');
    END IF;
    EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING ALL)', part_name, divided);
    EXECUTE format(
        'ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)',
        divided,
        part_name,
        lower(span)::timestamp AT TIME ZONE 'UTC',
        upper(span)::timestamp AT TIME ZONE 'UTC'
    );
END
$$
----
-- Makes the parts for coming days, in the same way.
CREATE FUNCTION make_coming_part(divided text, wanted date) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM make_part(divided, day) FROM missing_days(divided, ARRAY[wanted]) AS day;
END
$$
