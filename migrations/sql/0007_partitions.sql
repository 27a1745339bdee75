-- Drops the oldest partition, if all of it is older than the given time. It drops one at a time, so that a
-- mistake is noticed early; only one instance does, and the others skip it.
CREATE FUNCTION drop_oldest_part(divided text, moment timestamptz)
RETURNS TABLE (part text, ends_before timestamptz) LANGUAGE plpgsql AS $$
BEGIN
    IF NOT pg_try_advisory_xact_lock(hashtext('flight-monitor retention')) THEN
        RETURN;
    END IF;
    SELECT oldest.part, oldest.ends_before INTO part, ends_before
    FROM (
        SELECT inhrelid::regclass::text AS part,
               (to_date(right(inhrelid::regclass::text, 8), 'YYYYMMDD') + 1)::timestamp
                   AT TIME ZONE 'UTC' AS ends_before
        FROM pg_inherits WHERE inhparent = divided::regclass
    ) AS oldest
    WHERE oldest.ends_before <= moment
    ORDER BY oldest.ends_before LIMIT 1;
    IF part IS NOT NULL THEN
        EXECUTE format('DROP TABLE %s', part);
        RETURN NEXT;
    END IF;
END
$$
