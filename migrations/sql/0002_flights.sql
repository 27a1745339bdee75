-- Where the flights of each aircraft begin and end. A row is written when a flight begins or changes,
-- not with every state vector, and is measured once the flight is over.
CREATE TABLE flight_legs (
    icao24         text        NOT NULL,
    first_seen     timestamptz NOT NULL,
    ends_before    timestamptz NOT NULL DEFAULT 'infinity',
    callsign       text,
    origin_country text,
    take_off       timestamptz,
    landing        timestamptz,
    last_seen      timestamptz,
    distance_km    double precision,
    max_altitude   real,
    state_vectors  bigint,
    west           double precision,
    south          double precision,
    east           double precision,
    north          double precision,
    PRIMARY KEY (icao24, first_seen),
    CHECK (ends_before > first_seen)
)
----
-- The index for flights by the beginning of their callsign, newest first.
CREATE INDEX flight_legs_callsign ON flight_legs (callsign text_pattern_ops, first_seen)
----
-- The index for flights by time, and for the pages of every list.
CREATE INDEX flight_legs_first_seen ON flight_legs (first_seen, icao24)
----
-- The index for flights under way at one time.
CREATE INDEX flight_legs_span ON flight_legs USING gist (tstzrange(first_seen, last_seen, '[]'))
----
-- The index for flights that are over and not measured yet.
CREATE INDEX flight_legs_unmeasured ON flight_legs (ends_before) WHERE last_seen IS NULL
----
COMMENT ON COLUMN flight_legs.ends_before IS 'when the aircraft''s next flight begins'
----
COMMENT ON COLUMN flight_legs.last_seen IS 'null until the flight is measured, with all that follows'
----
-- Vincenty's formula on a sphere of the mean radius (IUGG), which is exact for any two points.
CREATE FUNCTION great_circle_km(
    latitude_1 double precision, longitude_1 double precision,
    latitude_2 double precision, longitude_2 double precision
) RETURNS double precision LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT 6371.0088 * atan2(
        sqrt(
            (cosd(latitude_2) * sind(longitude_2 - longitude_1)) ^ 2
            + (cosd(latitude_1) * sind(latitude_2)
               - sind(latitude_1) * cosd(latitude_2) * cosd(longitude_2 - longitude_1)) ^ 2
        ),
        sind(latitude_1) * sind(latitude_2)
        + cosd(latitude_1) * cosd(latitude_2) * cosd(longitude_2 - longitude_1)
    )
$$
----
-- Measures a flight from its state vectors.
CREATE FUNCTION measure_flight(
    aircraft text, first_seen timestamptz, ends_before timestamptz
) RETURNS TABLE (
    last_seen timestamptz, distance_km double precision, max_altitude real, state_vectors bigint,
    west double precision, south double precision, east double precision, north double precision
) LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT max(step.last_contact),
           coalesce(sum(great_circle_km(
               step.previous_latitude, step.previous_longitude, step.latitude, step.longitude
           )), 0),
           max(step.altitude),
           count(*),
           min(step.longitude), min(step.latitude), max(step.longitude), max(step.latitude)
    FROM (
        SELECT state.last_contact, state.longitude, state.latitude,
               coalesce(state.baro_altitude, state.geo_altitude) AS altitude,
               -- Of the state vectors with a position; the others have no step.
               lag(state.latitude) OVER track AS previous_latitude,
               lag(state.longitude) OVER track AS previous_longitude
        FROM state_vectors AS state
        WHERE state.icao24 = aircraft
          AND state.last_contact >= measure_flight.first_seen
          AND state.last_contact < measure_flight.ends_before
        WINDOW track AS (PARTITION BY state.latitude IS NULL ORDER BY state.last_contact)
    ) AS step
$$
----
CREATE VIEW flights AS
SELECT leg.icao24, leg.callsign, leg.origin_country, leg.first_seen, measured.last_seen,
       leg.take_off, leg.landing, measured.distance_km, measured.max_altitude,
       measured.state_vectors, measured.west, measured.south, measured.east, measured.north
FROM flight_legs AS leg
CROSS JOIN LATERAL (
    SELECT leg.last_seen, leg.distance_km, leg.max_altitude, leg.state_vectors,
           leg.west, leg.south, leg.east, leg.north
    WHERE leg.last_seen IS NOT NULL
    UNION ALL
    SELECT now_measured.* FROM measure_flight(leg.icao24, leg.first_seen, leg.ends_before) AS now_measured
    WHERE leg.last_seen IS NULL
) AS measured
----
COMMENT ON VIEW flights IS 'one row for each flight of an aircraft, those in the air included: from when it was first seen until 30 minutes of silence, another callsign in flight, or the next take-off'
----
COMMENT ON COLUMN flights.take_off IS 'the first state vector in the air after one on the ground; null where the flight was first seen in the air'
----
COMMENT ON COLUMN flights.landing IS 'the first state vector on the ground after one in the air; null where it was not seen'
----
COMMENT ON COLUMN flights.distance_km IS 'the sum of the great circles from position to position'
----
COMMENT ON COLUMN flights.max_altitude IS 'metres, barometric, or geometric where only that was received'
