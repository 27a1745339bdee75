DROP FUNCTION make_coming_partitions(integer)
----
DROP FUNCTION make_coming_part(text, date)
----
DROP FUNCTION make_part(text, date)
----
DROP FUNCTION missing_days(text, date[])
----
DROP FUNCTION uncovered_days(text, date[])
----
DROP FUNCTION span_of_part(text, date)
----
DROP FUNCTION most_parts()
----
DROP FUNCTION rows_of_day(date)
----
DROP FUNCTION parts_of(text)
----
CREATE OR REPLACE FUNCTION retention_limit(days integer) RETURNS timestamptz LANGUAGE sql STABLE AS $$
    SELECT date_trunc('day', newest.last_contact - days * INTERVAL '24 hours', 'UTC')
    FROM (
        SELECT last_contact FROM state_vectors WHERE last_contact <= now()
        ORDER BY last_contact DESC OFFSET 99 LIMIT 1
    ) AS newest
$$
