-- Statements that read the history. State vectors are OpenSky's 18 fields in its order, with times in
-- Unix seconds. Reals are converted by way of text, or 11887.2 would become 11887.2001953125. Boxes are
-- four arrays (west, south, east, north); null is the whole globe.

-- flights: newest first. $1 address, $2 and $3 callsigns from and below, $4 country, $5 and $6 time
-- range, $7 and $8 last flight of the page before, $9 limit, $10 to $13 boxes, $14 whether to include
-- flights that were never in the air, $15 airport of the take-off, $16 of the landing, $17 of either.
WITH wanted AS NOT MATERIALIZED (
    SELECT leg.*
    FROM flight_legs AS leg
    WHERE ($1::text IS NULL OR leg.icao24 = $1)
      AND ($2::text IS NULL OR (leg.callsign ~>=~ $2 AND leg.callsign ~<~ $3))
      AND ($4::text IS NULL OR lower(leg.origin_country) = lower($4))
      AND ($7::timestamptz IS NULL OR (leg.first_seen, leg.icao24) < ($7, $8::text))
      AND ($14::boolean OR leg.airborne IS NOT FALSE)
      AND ($15::text IS NULL OR leg.takeoff_airport = $15)
      AND ($16::text IS NULL OR leg.landing_airport = $16)
      AND ($17::text IS NULL OR leg.takeoff_airport = $17 OR leg.landing_airport = $17)
      AND (
          $10::float8[] IS NULL
          OR (
              (leg.last_seen IS NULL OR EXISTS (
                  SELECT FROM unnest($10::float8[], $11::float8[], $12::float8[], $13::float8[])
                      AS box (west, south, east, north)
                  WHERE CASE WHEN leg.west <= leg.east
                             THEN leg.west <= box.east AND leg.east >= box.west
                             -- Over the antimeridian.
                             ELSE leg.west <= box.east OR leg.east >= box.west END
                    AND leg.south <= box.north AND leg.north >= box.south
              ))
              AND (
                  EXISTS (
                      SELECT FROM state_vectors AS state
                      JOIN unnest($10::float8[], $11::float8[], $12::float8[], $13::float8[])
                          AS box (west, south, east, north)
                        ON state.latitude BETWEEN box.south AND box.north
                       AND state.longitude BETWEEN box.west AND box.east
                      WHERE state.icao24 = leg.icao24
                        AND state.last_contact >= leg.first_seen
                        AND state.last_contact < leg.ends_before
                  )
                  -- Rows by minute are kept for longer.
                  OR EXISTS (
                      SELECT FROM minutely_state_vectors AS state
                      JOIN unnest($10::float8[], $11::float8[], $12::float8[], $13::float8[])
                          AS box (west, south, east, north)
                        ON state.latitude BETWEEN box.south AND box.north
                       AND state.longitude BETWEEN box.west AND box.east
                      WHERE state.icao24 = leg.icao24
                        AND state.minute >= date_trunc('minute', leg.first_seen)
                        AND state.minute < leg.ends_before
                        AND state.last_contact >= leg.first_seen
                        AND state.last_contact < leg.ends_before
                  )
              )
          )
      )
), begun_within AS (
    SELECT icao24, first_seen
    FROM wanted
    WHERE first_seen >= $5 AND first_seen <= $6
    ORDER BY first_seen DESC, icao24 DESC
    LIMIT $9
), begun_before AS (
    SELECT icao24, first_seen
    FROM wanted
    WHERE tstzrange(first_seen, last_seen, '[]') @> $5::timestamptz
      AND first_seen < $5
      AND (
          last_seen IS NOT NULL
          OR EXISTS (
              SELECT FROM state_vectors AS state
              WHERE state.icao24 = wanted.icao24
                AND state.last_contact >= $5
                AND state.last_contact < wanted.ends_before
          )
      )
    ORDER BY first_seen DESC, icao24 DESC
    LIMIT $9
), page AS MATERIALIZED (
    SELECT * FROM begun_within
    UNION ALL
    SELECT * FROM begun_before
    ORDER BY first_seen DESC, icao24 DESC
    LIMIT $9
)
SELECT icao24, flight.callsign, flight.origin_country, first_seen, flight.last_seen,
       flight.take_off, flight.landing, flight.distance_km,
       flight.max_altitude::text::float8 AS max_altitude, flight.state_vectors,
       flight.west, flight.south, flight.east, flight.north,
       flight.implausible_positions, flight.implausible_altitudes, flight.airborne,
       flight.takeoff_airport, flight.landing_airport
FROM page JOIN flights AS flight USING (icao24, first_seen)
ORDER BY first_seen DESC, icao24 DESC

-- flight_runs_within: state vectors inside areas, $9 to $12, that follow each other with the same callsign and
-- flag, merged into runs from which flights are segmented. The first two state vectors of a run stay by
-- themselves, because a flight may begin at either. $1 address, $2 and $3 window, $4 the silence that ends a
-- flight, $5 to $8 the places that were requested. Minutes are state vectors that are kept for longer.
WITH observed AS MATERIALIZED (
    SELECT DISTINCT ON (icao24, last_contact) *
    FROM (
        SELECT icao24, last_contact, callsign, origin_country, on_ground, velocity, longitude, latitude,
               coalesce(baro_altitude, geo_altitude) AS altitude, TRUE AS is_kept
        FROM state_vectors
        WHERE ($1::text IS NULL OR icao24 = $1)
          AND last_contact >= $2::timestamptz - INTERVAL '3 hours'
          AND last_contact <= $3::timestamptz + INTERVAL '3 hours'
          AND EXISTS (
              SELECT FROM unnest($9::float8[], $10::float8[], $11::float8[], $12::float8[])
                  AS box (west, south, east, north)
              WHERE latitude BETWEEN box.south AND box.north
                AND longitude BETWEEN box.west AND box.east
          )
        UNION ALL
        SELECT icao24, last_contact, callsign, origin_country, on_ground, velocity, longitude, latitude,
               coalesce(baro_altitude, geo_altitude), FALSE
        FROM minutely_state_vectors
        WHERE ($1::text IS NULL OR icao24 = $1)
          AND minute >= date_trunc('minute', $2::timestamptz - INTERVAL '3 hours')
          AND minute <= $3::timestamptz + INTERVAL '3 hours'
          AND last_contact >= $2::timestamptz - INTERVAL '3 hours'
          AND last_contact <= $3::timestamptz + INTERVAL '3 hours'
          AND EXISTS (
              SELECT FROM unnest($9::float8[], $10::float8[], $11::float8[], $12::float8[])
                  AS box (west, south, east, north)
              WHERE latitude BETWEEN box.south AND box.north
                AND longitude BETWEEN box.west AND box.east
          )
    ) AS stored
    ORDER BY icao24, last_contact, is_kept DESC
), compared AS (
    SELECT *, (callsign, on_ground) IS DISTINCT FROM lag((callsign, on_ground)) OVER aircraft
              OR last_contact - lag(last_contact) OVER aircraft > $4::interval AS is_first
    FROM observed
    WINDOW aircraft AS (PARTITION BY icao24 ORDER BY last_contact)
), divided AS (
    SELECT *, is_first OR lag(is_first) OVER aircraft OR lag(is_first, 2) OVER aircraft AS begins_run
    FROM compared
    WINDOW aircraft AS (PARTITION BY icao24 ORDER BY last_contact)
), numbered AS (
    SELECT *, count(*) FILTER (WHERE begins_run) OVER (
               PARTITION BY icao24 ORDER BY last_contact
           ) AS run
    FROM divided
)
SELECT icao24, callsign, on_ground, min(last_contact) AS first_contact,
       max(last_contact) AS last_contact, max(origin_country) AS origin_country,
       max(velocity) FILTER (WHERE begins_run) AS velocity,
       max(altitude) FILTER (WHERE begins_run) AS altitude,
       -- Higher than any aircraft but a few; what is plausible is not looked into here.
       (max(altitude) FILTER (WHERE altitude <= 21500))::text::float8 AS max_altitude,
       count(*) AS state_vectors, bool_and(is_kept) AS is_kept,
       bool_or(EXISTS (
           SELECT FROM unnest($5::float8[], $6::float8[], $7::float8[], $8::float8[])
               AS box (west, south, east, north)
           WHERE latitude BETWEEN box.south AND box.north
             AND longitude BETWEEN box.west AND box.east
       )) AS is_wanted
FROM numbered
GROUP BY icao24, run, callsign, on_ground
ORDER BY icao24, first_contact

-- track: state vectors of the aircraft $1 from $2 to $3, at most $4, inside the boxes $5 to $8.
SELECT icao24, callsign, origin_country,
       extract(epoch FROM time_position)::bigint AS time_position,
       extract(epoch FROM last_contact)::bigint AS last_contact,
       longitude, latitude, baro_altitude::text::float8, on_ground, velocity::text::float8,
       true_track::text::float8, vertical_rate::text::float8, sensors,
       geo_altitude::text::float8, squawk, spi, position_source, category
FROM state_vectors AS state
WHERE icao24 = $1 AND state.last_contact >= $2 AND state.last_contact <= $3
  AND ($5::float8[] IS NULL OR EXISTS (
      SELECT FROM unnest($5::float8[], $6::float8[], $7::float8[], $8::float8[])
          AS box (west, south, east, north)
      WHERE latitude BETWEEN box.south AND box.north AND longitude BETWEEN box.west AND box.east
  ))
ORDER BY state.last_contact
LIMIT $4

-- plausible_parts: for each position of a track the number of its plausible part, or null if it is
-- implausible; $1 Unix seconds, $2 longitudes and $3 latitudes in degrees.
SELECT plausible_parts($1::float8[], $2::float8[], $3::float8[])

-- track_by_minute: like track, from the last row of each minute: fewer rows, which are kept longer.
SELECT icao24, callsign, origin_country,
       extract(epoch FROM time_position)::bigint AS time_position,
       extract(epoch FROM last_contact)::bigint AS last_contact,
       longitude, latitude, baro_altitude::text::float8, on_ground, velocity::text::float8,
       true_track::text::float8, vertical_rate::text::float8, NULL::integer[],
       geo_altitude::text::float8, squawk, spi, position_source, category
FROM minutely_state_vectors AS state
WHERE icao24 = $1
  AND minute >= date_trunc('minute', $2::timestamptz) AND minute <= $3
  AND state.last_contact >= $2 AND state.last_contact <= $3
  AND ($5::float8[] IS NULL OR EXISTS (
      SELECT FROM unnest($5::float8[], $6::float8[], $7::float8[], $8::float8[])
          AS box (west, south, east, north)
      WHERE latitude BETWEEN box.south AND box.north AND longitude BETWEEN box.west AND box.east
  ))
ORDER BY minute
LIMIT $4

-- traffic_at: the newest state vector of each aircraft at the time $1, none older than $2, at most $3.
-- Nearly all aircraft were received within a minute; only the others are searched for further back,
-- which takes half the time of sorting all rows.
WITH received_lately AS MATERIALIZED (
    SELECT DISTINCT ON (icao24) *
    FROM state_vectors
    WHERE last_contact > $1::timestamptz - least($2::interval, INTERVAL '1 minute')
      AND last_contact <= $1
    ORDER BY icao24, last_contact DESC
), received_before AS (
    SELECT DISTINCT ON (icao24) *
    FROM state_vectors AS state
    WHERE last_contact > $1::timestamptz - $2::interval
      AND last_contact <= $1::timestamptz - least($2::interval, INTERVAL '1 minute')
      AND NOT EXISTS (SELECT FROM received_lately WHERE received_lately.icao24 = state.icao24)
    ORDER BY icao24, last_contact DESC
)
SELECT icao24, callsign, origin_country,
       extract(epoch FROM time_position)::bigint AS time_position,
       extract(epoch FROM last_contact)::bigint AS last_contact,
       longitude, latitude, baro_altitude::text::float8, on_ground, velocity::text::float8,
       true_track::text::float8, vertical_rate::text::float8, sensors,
       geo_altitude::text::float8, squawk, spi, position_source, category
FROM (SELECT * FROM received_lately UNION ALL SELECT * FROM received_before) AS received
LIMIT $3

-- traffic_at_by_minute: like traffic_at, from the last row of each minute, which is kept for longer.
SELECT icao24, callsign, origin_country,
       extract(epoch FROM time_position)::bigint AS time_position,
       extract(epoch FROM last_contact)::bigint AS last_contact,
       longitude, latitude, baro_altitude::text::float8, on_ground, velocity::text::float8,
       true_track::text::float8, vertical_rate::text::float8, NULL::integer[],
       geo_altitude::text::float8, squawk, spi, position_source, category
FROM (
    SELECT DISTINCT ON (icao24) *
    FROM minutely_state_vectors
    WHERE minute > $1::timestamptz - $2::interval - INTERVAL '1 minute' AND minute <= $1
      AND last_contact > $1::timestamptz - $2::interval AND last_contact <= $1
    ORDER BY icao24, minute DESC
) AS received
LIMIT $3

-- traffic_at_within: like traffic_at for a principal with areas ($4 to $7): the aircraft inside them at
-- $1, independent of what was received outside. Only minutes that were over at $1 count, because the
-- row of a later minute may be newer than $1.
SELECT icao24, callsign, origin_country,
       extract(epoch FROM time_position)::bigint AS time_position,
       extract(epoch FROM last_contact)::bigint AS last_contact,
       longitude, latitude, baro_altitude::text::float8, on_ground, velocity::text::float8,
       true_track::text::float8, vertical_rate::text::float8, sensors,
       geo_altitude::text::float8, squawk, spi, position_source, category
FROM (
    SELECT DISTINCT ON (icao24) *
    FROM (
        SELECT icao24, callsign, origin_country, time_position, last_contact, longitude, latitude,
               baro_altitude, on_ground, velocity, true_track, vertical_rate, sensors,
               geo_altitude, squawk, spi, position_source, category, TRUE AS is_kept
        FROM state_vectors
        WHERE last_contact > $1::timestamptz - $2::interval AND last_contact <= $1
        UNION ALL
        SELECT icao24, callsign, origin_country, time_position, last_contact, longitude, latitude,
               baro_altitude, on_ground, velocity, true_track, vertical_rate, NULL,
               geo_altitude, squawk, spi, position_source, category, FALSE
        FROM minutely_state_vectors
        WHERE minute > $1::timestamptz - $2::interval - INTERVAL '1 minute'
          AND minute <= $1::timestamptz - INTERVAL '1 minute'
          AND last_contact > $1::timestamptz - $2::interval AND last_contact <= $1
    ) AS stored
    ORDER BY icao24, last_contact DESC, is_kept DESC
) AS newest
WHERE EXISTS (
    SELECT FROM unnest($4::float8[], $5::float8[], $6::float8[], $7::float8[])
        AS box (west, south, east, north)
    WHERE latitude BETWEEN box.south AND box.north AND longitude BETWEEN box.west AND box.east
)
ORDER BY icao24
LIMIT $3

-- hours: traffic of each hour from $1 and before $2, of the country $3 or of all; at most $4 rows.
-- Reading the view alone would take twice the time, because it checks for each row whether its hour
-- has to be counted again.
WITH touched AS MATERIALIZED (
    SELECT hour FROM touched_hours WHERE hour >= $1 AND hour < $2
)
SELECT hour, sum(aircraft)::bigint AS aircraft, sum(state_vectors)::bigint AS state_vectors
FROM hourly_counts
WHERE hour >= $1 AND hour < $2
  AND ($3::text IS NULL OR lower(origin_country) = lower($3))
  AND hour <> ALL (ARRAY(SELECT hour FROM touched))
GROUP BY hour
UNION ALL
SELECT hour, sum(aircraft)::bigint, sum(state_vectors)::bigint
FROM hourly_traffic
WHERE hour = ANY (ARRAY(SELECT hour FROM touched))
  AND ($3::text IS NULL OR lower(origin_country) = lower($3))
GROUP BY hour
ORDER BY hour
LIMIT $4

-- hours_within: like hours for a principal with areas ($5 to $8). The count of state vectors of a
-- minute includes those outside the areas, so it is left out.
SELECT date_trunc('hour', minute) AS hour, count(DISTINCT icao24) AS aircraft,
       NULL::bigint AS state_vectors
FROM minutely_state_vectors
WHERE minute >= $1 AND date_trunc('hour', minute) < $2
      AND minute < $2::timestamptz + INTERVAL '1 hour'
  AND ($3::text IS NULL OR lower(origin_country) = lower($3))
  AND EXISTS (
      SELECT FROM unnest($5::float8[], $6::float8[], $7::float8[], $8::float8[])
          AS box (west, south, east, north)
      WHERE latitude BETWEEN box.south AND box.north AND longitude BETWEEN box.west AND box.east
  )
GROUP BY 1
ORDER BY 1
LIMIT $4

-- countries: traffic of each country in the hours from $1 and before $2; at most $3 rows.
SELECT origin_country, sum(aircraft)::bigint AS aircraft_hours,
       max(aircraft)::bigint AS max_aircraft, sum(state_vectors)::bigint AS state_vectors
FROM hourly_traffic
WHERE hour >= $1 AND hour < $2
GROUP BY origin_country
ORDER BY aircraft_hours DESC, origin_country
LIMIT $3

-- countries_within: like countries for a principal with areas ($4 to $7).
SELECT origin_country, sum(aircraft)::bigint AS aircraft_hours,
       max(aircraft)::bigint AS max_aircraft, NULL::bigint AS state_vectors
FROM (
    SELECT origin_country, count(DISTINCT icao24) AS aircraft
    FROM minutely_state_vectors
    WHERE minute >= $1 AND date_trunc('hour', minute) < $2
      AND minute < $2::timestamptz + INTERVAL '1 hour'
      AND EXISTS (
          SELECT FROM unnest($4::float8[], $5::float8[], $6::float8[], $7::float8[])
              AS box (west, south, east, north)
          WHERE latitude BETWEEN box.south AND box.north
            AND longitude BETWEEN box.west AND box.east
      )
    GROUP BY origin_country, date_trunc('hour', minute)
) AS hourly
GROUP BY origin_country
ORDER BY aircraft_hours DESC, origin_country
LIMIT $3

-- altitudes: aircraft in each band of 1,000 m from $1 to $2, for each hour if $3; at most $4 rows,
-- inside the boxes $5 to $8. The band is null on the ground and if the altitude is not known.
SELECT hour, on_ground, band * 1000 AS low, count(*) AS aircraft,
       CASE WHEN $5::float8[] IS NULL THEN sum(state_vectors)::bigint END AS state_vectors
FROM (
    SELECT CASE WHEN $3 THEN date_trunc('hour', minute) END AS hour, on_ground,
           CASE WHEN NOT on_ground THEN
               floor(coalesce(baro_altitude, geo_altitude) / 1000)::integer
           END AS band,
           icao24, sum(state_vectors) AS state_vectors
    FROM minutely_state_vectors
    WHERE minute >= $1 AND minute <= $2
      AND ($5::float8[] IS NULL OR EXISTS (
          SELECT FROM unnest($5::float8[], $6::float8[], $7::float8[], $8::float8[])
              AS box (west, south, east, north)
          WHERE latitude BETWEEN box.south AND box.north
            AND longitude BETWEEN box.west AND box.east
      ))
    GROUP BY 1, 2, 3, 4
) AS each_aircraft
GROUP BY hour, on_ground, band
ORDER BY hour, on_ground DESC, band NULLS FIRST
LIMIT $4

-- busiest: the $4 aircraft with the largest totals of $3, of flights that began from $1 to $2, are over,
-- and were in the air.
SELECT icao24, max(origin_country) AS origin_country, count(*) AS flights,
       extract(epoch FROM sum(last_seen - first_seen))::float8 / 3600 AS hours,
       sum(state_vectors)::bigint AS state_vectors, sum(distance_km) AS distance_km
FROM flight_legs AS leg
WHERE first_seen >= $1 AND first_seen <= $2 AND last_seen IS NOT NULL AND airborne IS NOT FALSE
GROUP BY icao24
ORDER BY CASE $3::text
             WHEN 'flights' THEN count(*)::float8
             WHEN 'hours' THEN extract(epoch FROM sum(last_seen - first_seen))::float8
             WHEN 'distance_km' THEN sum(distance_km)
             ELSE sum(state_vectors)::float8
         END DESC, icao24
LIMIT $4
