CREATE VIEW aircraft_identities AS
SELECT aircraft.icao24, aircraft.registration, aircraft.type, aircraft.model,
       aircraft.manufacturer, coalesce(aircraft.operator, airlines.name) AS operator,
       aircraft.operator_icao, aircraft.operator_radio_name, aircraft.serial_number,
       aircraft.year_built, aircraft.military, aircraft.source
FROM aircraft
LEFT JOIN airlines ON airlines.icao = aircraft.operator_icao
----
-- An airline's callsign is its three letters and a flight number, which begins with a digit.
CREATE VIEW identified_flights AS
SELECT flights.*, known.registration, known.type, known.model,
       CASE WHEN known.operator IS NULL AND known.operator_icao IS NULL THEN airlines.name
            ELSE known.operator END AS operator,
       CASE WHEN known.operator IS NULL AND known.operator_icao IS NULL THEN airlines.icao
            ELSE known.operator_icao END AS operator_icao,
       known.military
FROM flights
LEFT JOIN aircraft_identities AS known ON known.icao24 = flights.icao24
LEFT JOIN airlines
  ON airlines.icao = left(flights.callsign, 3) AND flights.callsign ~ '^[A-Z]{3}[0-9]'
----
COMMENT ON VIEW aircraft_identities IS 'the table of aircraft with the names of operators that it knows by their letters alone'
----
COMMENT ON VIEW identified_flights IS 'flights with registration, type and operator of their aircraft; without a known operator, the airline of the callsign'
----
-- Columns of the same name elsewhere get the same comment.
DO $$
DECLARE
    known record;
BEGIN
    FOR known IN
        SELECT view.relname, there.attname, words.description
        FROM pg_class AS view
        JOIN pg_attribute AS there ON there.attrelid = view.oid AND there.attnum > 0
        JOIN LATERAL (
            SELECT col_description(source.attrelid, source.attnum) AS description
            FROM pg_attribute AS source
            WHERE source.attname = there.attname
              AND source.attrelid IN ('aircraft'::regclass, 'flights'::regclass)
              AND col_description(source.attrelid, source.attnum) IS NOT NULL
            LIMIT 1
        ) AS words ON TRUE
        WHERE view.oid IN ('aircraft_identities'::regclass, 'identified_flights'::regclass)
    LOOP
        EXECUTE format('COMMENT ON COLUMN %I.%I IS %L', known.relname, known.attname, known.description);
    END LOOP;
END
$$
