-- The airports of the world, from the table that comes with the program.
CREATE TABLE airports (
    icao       text             PRIMARY KEY,
    iata       text,
    name       text             NOT NULL,
    city       text             NOT NULL,
    country    text             NOT NULL,
    latitude   double precision NOT NULL,
    longitude  double precision NOT NULL,
    altitude   real             NOT NULL,
    importance smallint         NOT NULL
)
----
CREATE UNIQUE INDEX airports_iata ON airports (iata)
----
COMMENT ON TABLE airports IS 'airports of the world, from the standing data of Virtual Radar Server (CC0)'
----
COMMENT ON COLUMN airports.icao IS 'the code that flights have as takeoff_airport and landing_airport; where ICAO has given none, the one of the country'
----
COMMENT ON COLUMN airports.name IS 'as in the source'
----
COMMENT ON COLUMN airports.city IS 'the place that it serves'
----
COMMENT ON COLUMN airports.latitude IS 'degrees north, WGS 84, of its reference point'
----
COMMENT ON COLUMN airports.longitude IS 'degrees east, WGS 84, of its reference point'
----
COMMENT ON COLUMN airports.iata IS 'null for an airport without scheduled flights'
----
COMMENT ON COLUMN airports.country IS 'two letters, ISO 3166-1'
----
COMMENT ON COLUMN airports.altitude IS 'metres above sea level'
----
COMMENT ON COLUMN airports.importance IS '3 for an airport with an IATA code that calls itself international, 2 for another with an IATA code, 1 for another aerodrome, 0 for a place for helicopters or balloons'
----
-- Flights from before this migration are due at leisure, and so is each flight that changes (`save_flights`). A default
-- that is a constant rewrites no row.
ALTER TABLE flight_legs
    ADD COLUMN takeoff_airport text,
    ADD COLUMN landing_airport text,
    ADD COLUMN airports_due timestamptz DEFAULT '1970-01-01 00:00:00+00'
----
ALTER TABLE flight_legs ALTER COLUMN airports_due SET DEFAULT now()
----
-- The index for flights whose airports are to be derived.
CREATE INDEX flight_legs_airports_due ON flight_legs (airports_due) WHERE airports_due IS NOT NULL
----
-- The indexes for the departures and arrivals of an airport, newest first.
CREATE INDEX flight_legs_takeoff_airport ON flight_legs (takeoff_airport, first_seen)
    WHERE takeoff_airport IS NOT NULL
----
CREATE INDEX flight_legs_landing_airport ON flight_legs (landing_airport, first_seen)
    WHERE landing_airport IS NOT NULL
----
COMMENT ON COLUMN flight_legs.airports_due IS 'when maintenance derives the airports again; null if they are final'
----
CREATE OR REPLACE VIEW flights AS
SELECT leg.icao24, leg.callsign, leg.origin_country, leg.first_seen, measured.last_seen,
       leg.take_off, leg.landing, measured.distance_km, measured.max_altitude,
       measured.state_vectors, measured.west, measured.south, measured.east, measured.north,
       measured.implausible_positions, measured.implausible_altitudes, leg.airborne,
       leg.takeoff_airport, leg.landing_airport
FROM flight_legs AS leg
CROSS JOIN LATERAL (
    SELECT leg.last_seen, leg.distance_km, leg.max_altitude, leg.state_vectors,
           leg.west, leg.south, leg.east, leg.north,
           leg.implausible_positions, leg.implausible_altitudes
    WHERE leg.last_seen IS NOT NULL
    UNION ALL
    SELECT now_measured.* FROM measure_flight(leg.icao24, leg.first_seen, leg.ends_before) AS now_measured
    WHERE leg.last_seen IS NULL
) AS measured
----
COMMENT ON COLUMN flights.takeoff_airport IS 'the ICAO code of the airport where it took off, derived from its track; null if the track does not show it'
----
COMMENT ON COLUMN flights.landing_airport IS 'the ICAO code of the airport where it landed, derived from its track; null if the track does not show it'
