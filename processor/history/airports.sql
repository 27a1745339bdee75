-- arrivals: the flights that landed at the airport $1 from $2 to $3, newest first, at most $4. A landing that was not
-- received counts at the last state vector
WITH landed AS (
    SELECT leg.icao24, leg.first_seen, coalesce(leg.landing, leg.last_seen, newest.last_contact) AS moment
    FROM flight_legs AS leg
    LEFT JOIN LATERAL (
        SELECT state.last_contact FROM state_vectors AS state
        WHERE leg.landing IS NULL AND leg.last_seen IS NULL AND state.icao24 = leg.icao24
          AND state.last_contact >= leg.first_seen AND state.last_contact < leg.ends_before
        ORDER BY state.last_contact DESC LIMIT 1
    ) AS newest ON TRUE
    WHERE leg.landing_airport = $1 AND leg.first_seen <= $3 AND leg.first_seen >= $2::timestamptz - INTERVAL '1 day'
), page AS MATERIALIZED (
    SELECT * FROM landed WHERE moment >= $2 AND moment <= $3 ORDER BY moment DESC, icao24 LIMIT $4
)
SELECT icao24, flight.callsign, flight.origin_country, first_seen, flight.last_seen,
       flight.take_off, flight.landing, flight.distance_km,
       flight.max_altitude::text::float8 AS max_altitude, flight.state_vectors,
       flight.west, flight.south, flight.east, flight.north,
       flight.implausible_positions, flight.implausible_altitudes, flight.airborne,
       flight.takeoff_airport, flight.landing_airport
FROM page JOIN flights AS flight USING (icao24, first_seen)
ORDER BY moment DESC, icao24

-- departures: the flights that took off from the airport $1 from $2 to $3, newest first, at most $4. A take-off that
-- was not received counts at the first state vector
WITH page AS MATERIALIZED (
    SELECT icao24, first_seen, coalesce(take_off, first_seen) AS moment FROM flight_legs
    WHERE takeoff_airport = $1 AND first_seen <= $3 AND first_seen >= $2::timestamptz - INTERVAL '1 day'
      AND coalesce(take_off, first_seen) >= $2 AND coalesce(take_off, first_seen) <= $3
    ORDER BY moment DESC, icao24 LIMIT $4
)
SELECT icao24, flight.callsign, flight.origin_country, first_seen, flight.last_seen,
       flight.take_off, flight.landing, flight.distance_km,
       flight.max_altitude::text::float8 AS max_altitude, flight.state_vectors,
       flight.west, flight.south, flight.east, flight.north,
       flight.implausible_positions, flight.implausible_altitudes, flight.airborne,
       flight.takeoff_airport, flight.landing_airport
FROM page JOIN flights AS flight USING (icao24, first_seen)
ORDER BY moment DESC, icao24

-- movements: take-offs and landings at the airport $1 in each hour or day ($4), from $2 and before $3, oldest first, at
-- most $5 rows
SELECT date_trunc($4, moment, 'UTC') AS start, count(*) FILTER (WHERE NOT is_landing) AS takeoffs,
       count(*) FILTER (WHERE is_landing) AS landings
FROM (
    SELECT coalesce(take_off, first_seen) AS moment, FALSE AS is_landing FROM flight_legs
    WHERE takeoff_airport = $1 AND first_seen < $3 AND first_seen >= $2::timestamptz - INTERVAL '1 day'
    UNION ALL
    SELECT coalesce(leg.landing, leg.last_seen, newest.last_contact), TRUE
    FROM flight_legs AS leg
    LEFT JOIN LATERAL (
        SELECT state.last_contact FROM state_vectors AS state
        WHERE leg.landing IS NULL AND leg.last_seen IS NULL AND state.icao24 = leg.icao24
          AND state.last_contact >= leg.first_seen AND state.last_contact < leg.ends_before
        ORDER BY state.last_contact DESC LIMIT 1
    ) AS newest ON TRUE
    WHERE leg.landing_airport = $1 AND leg.first_seen < $3
      AND leg.first_seen >= $2::timestamptz - INTERVAL '1 day'
) AS movement
WHERE moment >= $2 AND moment < $3
GROUP BY 1
ORDER BY 1
LIMIT $5

-- busiest: the $3 airports with the most take-offs and landings of flights that began from $1 to $2
SELECT airport, count(*) FILTER (WHERE NOT is_landing) AS takeoffs, count(*) FILTER (WHERE is_landing) AS landings
FROM (
    SELECT takeoff_airport AS airport, FALSE AS is_landing FROM flight_legs
    WHERE first_seen >= $1 AND first_seen <= $2 AND takeoff_airport IS NOT NULL
    UNION ALL
    SELECT landing_airport, TRUE FROM flight_legs
    WHERE first_seen >= $1 AND first_seen <= $2 AND landing_airport IS NOT NULL
) AS movement
GROUP BY airport
ORDER BY count(*) DESC, airport
LIMIT $3
