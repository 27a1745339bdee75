-- avoid_sorting: read by an index even if the planner expects a large sort on disk to be faster
SELECT set_config('enable_sort', 'off', TRUE)

-- by_time: state vectors of all aircraft in a short time range, inside boxes
SELECT icao24, callsign, origin_country, time_position, last_contact, longitude, latitude,
       baro_altitude, on_ground, velocity, true_track, vertical_rate, sensors, geo_altitude,
       squawk, spi, position_source, category
FROM state_vectors
WHERE last_contact >= $1 AND last_contact < $2
  AND ($3::double precision[] IS NULL OR EXISTS (
      SELECT FROM unnest($3::double precision[], $4::double precision[],
                         $5::double precision[], $6::double precision[])
          AS box (west, south, east, north)
      WHERE longitude BETWEEN west AND east AND latitude BETWEEN south AND north
  ))
ORDER BY last_contact, icao24

-- one_aircraft: state vectors of one aircraft, inside boxes
SELECT icao24, callsign, origin_country, time_position, last_contact, longitude, latitude,
       baro_altitude, on_ground, velocity, true_track, vertical_rate, sensors, geo_altitude,
       squawk, spi, position_source, category
FROM state_vectors
WHERE last_contact >= $1 AND last_contact < $2
  AND ($3::double precision[] IS NULL OR EXISTS (
      SELECT FROM unnest($3::double precision[], $4::double precision[],
                         $5::double precision[], $6::double precision[])
          AS box (west, south, east, north)
      WHERE longitude BETWEEN west AND east AND latitude BETWEEN south AND north
  ))
  AND icao24 = $7
ORDER BY last_contact

-- received_aircraft: the aircraft that were received in a short time range
SELECT DISTINCT icao24 FROM state_vectors WHERE last_contact >= $1 AND last_contact < $2

-- implausible: the times at which one aircraft had a position that no aircraft can have flown to
SELECT each.last_contact
FROM (
    SELECT array_agg(last_contact ORDER BY last_contact) AS contacts,
           plausible_parts(
               array_agg(extract(epoch FROM coalesce(time_position, last_contact))::float8
                         ORDER BY last_contact),
               array_agg(longitude ORDER BY last_contact),
               array_agg(latitude ORDER BY last_contact)
           ) AS parts
    FROM state_vectors
    WHERE last_contact >= $1 AND last_contact < $2 AND icao24 = $3
      AND longitude IS NOT NULL AND latitude IS NOT NULL
      AND ($4::double precision[] IS NULL OR EXISTS (
          SELECT FROM unnest($4::double precision[], $5::double precision[],
                             $6::double precision[], $7::double precision[])
              AS box (west, south, east, north)
          WHERE longitude BETWEEN west AND east AND latitude BETWEEN south AND north
      ))
) AS track
CROSS JOIN LATERAL unnest(track.contacts, track.parts) AS each (last_contact, part)
WHERE each.part IS NULL AND each.last_contact IS NOT NULL

-- flights: the stored flights of one aircraft in a time, oldest first
SELECT first_seen, callsign, origin_country, ends_before FROM flight_legs
WHERE icao24 = $1 AND first_seen < $3 AND ends_before > $2
ORDER BY first_seen
