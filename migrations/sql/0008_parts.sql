-- How many parts a table divided by time may have before new parts span a month. A statement without a
-- time range locks each part and its three indexes; half of the server's locks may be used for that.
CREATE FUNCTION most_parts() RETURNS integer LANGUAGE sql STABLE AS $$
    SELECT current_setting('max_locks_per_transaction')::integer
           * current_setting('max_connections')::integer / 8
$$
----
-- Returns the days among the given ones that no part holds.
CREATE FUNCTION uncovered_days(divided text, days date[]) RETURNS SETOF date LANGUAGE sql STABLE AS $$
    WITH known AS MATERIALIZED (
        SELECT (begins AT TIME ZONE 'UTC')::date AS begins, ends_before AT TIME ZONE 'UTC' AS ends
        FROM parts_of(divided)
    )
    SELECT day FROM unnest(days) AS day
    WHERE NOT EXISTS (SELECT FROM known WHERE begins <= day AND ends > day)
$$
----
-- Returns the days of the part that is to be made for a day; null if the day has a part. Near today that is
-- the day alone, else what other parts leave of the month. So the calendar bounds the number of parts, at
-- twelve a year, whatever days are requested.
CREATE FUNCTION span_of_part(divided text, wanted date) RETURNS daterange LANGUAGE plpgsql AS $$
DECLARE
    today date := (now() AT TIME ZONE 'UTC')::date;
    month date := date_trunc('month', wanted::timestamp)::date;
    known record;
BEGIN
    SELECT count(*) AS parts,
           bool_or((begins AT TIME ZONE 'UTC')::date <= wanted
                   AND ends_before > wanted::timestamp AT TIME ZONE 'UTC') AS has_one,
           max((ends_before AT TIME ZONE 'UTC')::date)
               FILTER (WHERE ends_before <= wanted::timestamp AT TIME ZONE 'UTC') AS before,
           min((begins AT TIME ZONE 'UTC')::date)
               FILTER (WHERE begins > wanted::timestamp AT TIME ZONE 'UTC') AS after
    INTO known FROM parts_of(divided);
    IF known.has_one THEN
        RETURN NULL;
    END IF;
    IF wanted BETWEEN today - 400 AND today + 7 AND known.parts < most_parts() THEN
        RETURN daterange(wanted, wanted + 1);
    END IF;
    RETURN daterange(
        greatest(month, known.before), least((month + INTERVAL '1 month')::date, known.after)
    );
END
$$
----
CREATE OR REPLACE FUNCTION make_partitions(days date[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    wanted date;
BEGIN
    -- One part may hold several of them.
    FOR attempt IN 1..cardinality(days) LOOP
        SELECT min(day) INTO wanted FROM missing_days('state_vectors', days) AS day;
        EXIT WHEN wanted IS NULL;
        PERFORM make_part('state_vectors', wanted);
    END LOOP;
END
$$
----
CREATE OR REPLACE FUNCTION make_minutely_partitions(days date[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    wanted date;
BEGIN
    -- One part may hold several of them.
    FOR attempt IN 1..cardinality(days) LOOP
        SELECT min(day) INTO wanted FROM missing_days('minutely_state_vectors', days) AS day;
        EXIT WHEN wanted IS NULL;
        PERFORM make_part('minutely_state_vectors', wanted);
    END LOOP;
END
$$
----
-- Makes the parts for today and so many days ahead, by the server's calendar.
CREATE FUNCTION make_coming_partitions(days_ahead integer) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    FOR ahead IN 0..days_ahead LOOP
        PERFORM make_coming_part('state_vectors', (now() AT TIME ZONE 'UTC')::date + ahead);
        PERFORM make_coming_part('minutely_state_vectors', (now() AT TIME ZONE 'UTC')::date + ahead);
    END LOOP;
END
$$
----
-- Returns the time before which data kept for so many days may be deleted. The days are counted back from
-- the hundredth newest state vector that is not later than the server's clock, down to the midnight
-- before. So neither a clock that is ahead nor a few state vectors from the future delete anything; with
-- fewer than a hundred state vectors the result is null. The search goes part by part, the newest first, so that it locks few
-- of them; it ends after 300 parts that are nearly empty, and the result is null then.
CREATE OR REPLACE FUNCTION retention_limit(days integer) RETURNS timestamptz
LANGUAGE plpgsql STABLE AS $$
DECLARE
    looked_at record;
    newest timestamptz;
    found_here bigint;
    wanted bigint := 100;
BEGIN
    FOR looked_at IN
        SELECT begins, least(ends_before, now() + INTERVAL '1 microsecond') AS ends
        FROM parts_of('state_vectors') WHERE begins <= now() ORDER BY ends_before DESC LIMIT 300
    LOOP
        -- With literals, so that the planner locks no other part.
        EXECUTE format(
            'SELECT min(last_contact), count(*) FROM (
                SELECT last_contact FROM state_vectors WHERE last_contact >= %L AND last_contact < %L
                ORDER BY last_contact DESC LIMIT %s
            ) AS newest', looked_at.begins, looked_at.ends, wanted
        ) INTO newest, found_here;
        wanted := wanted - found_here;
        IF wanted = 0 THEN
            RETURN date_trunc('day', newest - days * INTERVAL '24 hours', 'UTC');
        END IF;
    END LOOP;
    RETURN NULL;
END
$$
----
-- Counts the state vectors of a UTC day without locking every part.
CREATE FUNCTION rows_of_day(wanted date) RETURNS bigint LANGUAGE plpgsql STABLE AS $$
DECLARE
    n_rows bigint;
BEGIN
    EXECUTE format(
        'SELECT count(*) FROM state_vectors WHERE last_contact >= %L AND last_contact < %L',
        wanted::timestamp AT TIME ZONE 'UTC', (wanted + 1)::timestamp AT TIME ZONE 'UTC'
    ) INTO n_rows;
    RETURN n_rows;
END
$$
