-- The view keeps its comments.
DO $$
DECLARE
    known record;
BEGIN
    EXECUTE format('COMMENT ON VIEW flights IS %L', obj_description('former_flights'::regclass));
    FOR known IN
        SELECT attname, col_description('former_flights'::regclass, old.attnum) AS words
        FROM pg_attribute AS old
        WHERE attrelid = 'former_flights'::regclass AND attnum > 0
          AND attname NOT IN ('takeoff_airport', 'landing_airport')
    LOOP
        EXECUTE format('COMMENT ON COLUMN flights.%I IS %L', known.attname, known.words);
    END LOOP;
END
$$
----
DROP VIEW former_flights
----
ALTER TABLE flight_legs
    DROP COLUMN takeoff_airport, DROP COLUMN landing_airport, DROP COLUMN airports_due
----
DROP TABLE airports
