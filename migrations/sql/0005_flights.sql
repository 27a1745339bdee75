-- Whether the flight was in the air, and how many of its positions and altitudes do not count.
ALTER TABLE flight_legs
    ADD COLUMN implausible_positions integer,
    ADD COLUMN implausible_altitudes integer,
    ADD COLUMN airborne boolean
----
-- The view is replaced and not dropped, which keeps its comments and privileges. So it must not depend
-- on the function while that is replaced.
CREATE OR REPLACE VIEW flights AS
SELECT leg.icao24, leg.callsign, leg.origin_country, leg.first_seen, leg.last_seen,
       leg.take_off, leg.landing, leg.distance_km, leg.max_altitude,
       leg.state_vectors, leg.west, leg.south, leg.east, leg.north
FROM flight_legs AS leg
----
DROP FUNCTION measure_flight(text, timestamptz, timestamptz)
----
-- Measures a flight from its plausible state vectors.
--
-- Positions: 1,300 km/h over ground, by the time of the position. The fastest flight of an airliner
-- was 1,290 km/h, with a jet stream of 420 km/h (Washington to London, 2024-02-17).
-- Altitudes: 21,500 m, above which there are only balloons and errors (an ER-2 flies at 21,300 m), and
-- 360 km/h up or down, twice an emergency descent. They are judged like positions, as points on a
-- meridian, a metre for a metre.
-- A step from a position before the flight's first contact lies partly before the flight.
CREATE FUNCTION measure_flight(
    aircraft text, first_seen timestamptz, ends_before timestamptz
) RETURNS TABLE (
    last_seen timestamptz, distance_km double precision, max_altitude real, state_vectors bigint,
    west double precision, south double precision, east double precision, north double precision,
    implausible_positions integer, implausible_altitudes integer
) LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
#variable_conflict use_variable
DECLARE
    km_a_second  CONSTANT double precision := 1300.0 / 3600;
    metres_up    CONSTANT double precision := 100;
    max_metres   CONSTANT real := 21500;
    metre        CONSTANT double precision := 180 / (pi() * 6371008.8);
    since        CONSTANT double precision := date_part('epoch', first_seen);
    is_plain     boolean;
    times        double precision[];
    longitudes   double precision[];
    latitudes    double precision[];
    altitudes    real[];
    parts        integer[];
BEGIN
    -- Nearly all flights: every step is plausible, and none crosses the antimeridian.
    SELECT max(step.last_contact), coalesce(sum(step.km * step.share), 0), max(step.altitude),
           count(*), min(step.longitude), min(step.latitude), max(step.longitude),
           max(step.latitude), 0, 0,
           coalesce(bool_and(
               step.km <= km_a_second
                   * (step.seconds + CASE WHEN step.seconds < 60 THEN 1 ELSE 0 END)
               AND step.seconds >= 0
               AND abs(step.longitude - step.previous_longitude) <= 180
           ), TRUE) AND coalesce(bool_and(
               step.climb <= metres_up
                   * (step.climb_seconds + CASE WHEN step.climb_seconds < 60 THEN 1 ELSE 0 END)
           ), TRUE) AND coalesce(max(step.altitude) <= max_metres, TRUE)
    INTO last_seen, distance_km, max_altitude, state_vectors, west, south, east, north,
         implausible_positions, implausible_altitudes, is_plain
    FROM (
        SELECT pair.last_contact, pair.longitude, pair.latitude, pair.altitude,
               pair.previous_longitude,
               date_part('epoch', pair.moment - pair.previous_moment) AS seconds,
               great_circle_km(pair.previous_latitude, pair.previous_longitude,
                               pair.latitude, pair.longitude) AS km,
               CASE WHEN pair.previous_moment >= first_seen THEN 1
                    ELSE greatest(date_part('epoch', pair.moment - first_seen), 0)
                         / greatest(date_part('epoch', pair.moment - pair.previous_moment), 1)
               END AS share,
               abs(pair.altitude - pair.previous_altitude) AS climb,
               date_part('epoch', pair.last_contact - pair.previous_contact) AS climb_seconds
        FROM (
            SELECT state.*,
                   -- Of the state vectors with a position; the others have no step.
                   lag(state.latitude) OVER track AS previous_latitude,
                   lag(state.longitude) OVER track AS previous_longitude,
                   lag(state.moment) OVER track AS previous_moment,
                   lag(state.last_contact) OVER track AS previous_contact,
                   lag(state.altitude) OVER track AS previous_altitude
            FROM (
                SELECT last_contact, longitude, latitude,
                       coalesce(time_position, last_contact) AS moment,
                       coalesce(baro_altitude, geo_altitude) AS altitude
                FROM state_vectors
                WHERE icao24 = aircraft AND last_contact >= first_seen
                  AND last_contact < ends_before
            ) AS state
            WINDOW track AS (PARTITION BY state.latitude IS NULL ORDER BY state.last_contact)
        ) AS pair
        -- Computed once for all that is made of it.
        OFFSET 0
    ) AS step;
    IF is_plain THEN
        RETURN NEXT;
        RETURN;
    END IF;

    SELECT array_agg(date_part('epoch', coalesce(state.time_position, state.last_contact))
                     ORDER BY state.last_contact),
           array_agg(state.longitude ORDER BY state.last_contact),
           array_agg(state.latitude ORDER BY state.last_contact)
    INTO times, longitudes, latitudes
    FROM state_vectors AS state
    WHERE state.icao24 = aircraft AND state.latitude IS NOT NULL AND state.longitude IS NOT NULL
      AND state.last_contact >= first_seen AND state.last_contact < ends_before;
    parts := plausible_parts(times, longitudes, latitudes);

    SELECT coalesce(sum(
               great_circle_km(step.previous_latitude, step.previous_longitude,
                               step.latitude, step.longitude)
               * CASE WHEN step.previous_time >= since THEN 1
                      ELSE greatest(step.moment - since, 0)
                           / greatest(step.moment - step.previous_time, 1) END
           ), 0),
           -- Around the globe there is no smaller box than all of it (RFC 7946, 5.2).
           CASE WHEN max(step.eastward) - min(step.eastward) >= 360 THEN -180
                ELSE (array_agg(step.longitude ORDER BY step.eastward, step.number))[1] END,
           min(step.latitude),
           CASE WHEN max(step.eastward) - min(step.eastward) >= 360 THEN 180
                ELSE (array_agg(step.longitude ORDER BY step.eastward DESC, step.number))[1] END,
           max(step.latitude),
           coalesce(cardinality(parts), 0) - count(*)
    INTO distance_km, west, south, east, north, implausible_positions
    FROM (
        SELECT pair.*, sum(pair.turn) OVER (ORDER BY pair.number) AS eastward
        FROM (
            SELECT each.*,
                   lag(each.latitude) OVER part AS previous_latitude,
                   lag(each.longitude) OVER part AS previous_longitude,
                   lag(each.moment) OVER part AS previous_time,
                   -- The shorter way around.
                   coalesce(
                       each.longitude - lag(each.longitude) OVER track
                       - 360 * round((each.longitude - lag(each.longitude) OVER track) / 360), 0
                   ) AS turn
            FROM unnest(times, longitudes, latitudes, parts) WITH ORDINALITY
                AS each (moment, longitude, latitude, part, number)
            WHERE each.part IS NOT NULL
            WINDOW part AS (PARTITION BY each.part ORDER BY each.number),
                   track AS (ORDER BY each.number)
        ) AS pair
    ) AS step;

    SELECT array_agg(date_part('epoch', state.last_contact) ORDER BY state.last_contact)
               FILTER (WHERE state.altitude <= max_metres),
           array_agg(state.altitude ORDER BY state.last_contact)
               FILTER (WHERE state.altitude <= max_metres),
           count(*) FILTER (WHERE state.altitude > max_metres)
    INTO times, altitudes, implausible_altitudes
    FROM (
        SELECT last_contact, coalesce(baro_altitude, geo_altitude) AS altitude
        FROM state_vectors
        WHERE icao24 = aircraft AND last_contact >= first_seen AND last_contact < ends_before
    ) AS state;
    parts := plausible_parts(
        times, array_fill(0::float8, ARRAY[coalesce(cardinality(times), 0)]),
        ARRAY(SELECT altitude * metre FROM unnest(altitudes) WITH ORDINALITY AS each (altitude, n)
              ORDER BY n),
        metres_up * 3.6
    );
    SELECT max(each.altitude) FILTER (WHERE each.part IS NOT NULL),
           implausible_altitudes + count(*) FILTER (WHERE each.part IS NULL)
    INTO max_altitude, implausible_altitudes
    FROM unnest(altitudes, parts) AS each (altitude, part);
    RETURN NEXT;
END
$$
----
CREATE OR REPLACE VIEW flights AS
SELECT leg.icao24, leg.callsign, leg.origin_country, leg.first_seen, measured.last_seen,
       leg.take_off, leg.landing, measured.distance_km, measured.max_altitude,
       measured.state_vectors, measured.west, measured.south, measured.east, measured.north,
       measured.implausible_positions, measured.implausible_altitudes, leg.airborne
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
COMMENT ON VIEW flights IS 'one row for each flight of an aircraft, those in the air included: from when it was first seen until 30 minutes of silence, another callsign in flight that was received twice, or the next take-off'
----
COMMENT ON COLUMN flights.callsign IS 'that of the flight: another one that is received twice in the air begins another flight, within two minutes of the take-off it renames this one'
----
COMMENT ON COLUMN flights.take_off IS 'the first state vector in the air after one on the ground; null where the flight was first seen in the air'
----
COMMENT ON COLUMN flights.landing IS 'the first state vector on the ground after one in the air, if its speed and altitude or a second one prove it; null where it was not seen'
----
COMMENT ON COLUMN flights.distance_km IS 'the sum of the great circles from plausible position to plausible position'
----
COMMENT ON COLUMN flights.max_altitude IS 'metres, barometric, or geometric where only that was received; of the plausible ones'
----
COMMENT ON COLUMN flights.west IS 'western edge of its plausible positions, degrees; greater than east where the flight crosses the antimeridian'
----
COMMENT ON COLUMN flights.south IS 'southern edge of its plausible positions, degrees'
----
COMMENT ON COLUMN flights.east IS 'eastern edge of its plausible positions, degrees; less than west where the flight crosses the antimeridian'
----
COMMENT ON COLUMN flights.north IS 'northern edge of its plausible positions, degrees'
----
COMMENT ON COLUMN flights.implausible_positions IS 'how many positions do not count, because no aircraft flies that fast (1,300 km/h); null for a flight measured before there was this column'
----
COMMENT ON COLUMN flights.implausible_altitudes IS 'how many altitudes do not count, above 21,500 m or reached by more than 100 m/s; null as implausible_positions'
----
COMMENT ON COLUMN flights.airborne IS 'whether it was seen in the air; false for parked aircraft and vehicles; null for a flight from before there was this column'
