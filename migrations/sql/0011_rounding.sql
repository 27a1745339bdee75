-- Accounts for rows of a part that have more digits than are stored. Their digest changes with them; the difference
-- counts as dropped, on the account of one partition of the log, so that the audit expects what is stored. OpenSky
-- sends no such rows; other producers may.
CREATE FUNCTION pg_temp.account_for_rounding(part text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    n_rounded bigint;
BEGIN
    EXECUTE format(
        'CREATE TEMPORARY TABLE rounded ON COMMIT DROP AS SELECT * FROM %s
         WHERE longitude <> round(longitude * 10000) / 10000 OR latitude <> round(latitude * 10000) / 10000
            OR velocity <> (round(velocity::double precision * 100) / 100)::real
            OR true_track <> (round(true_track::double precision * 100) / 100)::real
            OR vertical_rate <> (round(vertical_rate::double precision * 100) / 100)::real', part);
    GET DIAGNOSTICS n_rounded = ROW_COUNT;
    IF n_rounded > 0 THEN
        ANALYZE rounded;
        UPDATE ingest_days AS known
        SET digest_dropped = as_bigint(known.digest_dropped::numeric + changed.difference)
        FROM (
            SELECT (last_contact AT TIME ZONE 'UTC')::date AS day,
                   sum(hashint8extended(before, before)) - sum(hashint8extended(after, after)) AS difference
            FROM (
                SELECT last_contact,
                       hash_record_extended(ROW(rounded.*), 0) AS before,
                       hash_record_extended(ROW(stored.*), 0) AS after
                FROM rounded JOIN state_vectors AS stored USING (icao24, last_contact)
                OFFSET 0
            ) AS hashed
            GROUP BY 1
        ) AS changed
        WHERE (known.cluster_id, known.topic, known.partition, known.day) = (
            SELECT one.cluster_id, one.topic, one.partition, one.day FROM ingest_days AS one
            WHERE one.day = changed.day AND one.digest IS NOT NULL ORDER BY 1, 2, 3 LIMIT 1
        );
    END IF;
    DROP TABLE rounded;
END
$$
