-- newest_before: the newest state vector of every aircraft between two moments
SELECT state.icao24, callsign, origin_country,
       extract(epoch FROM time_position)::bigint, extract(epoch FROM state.last_contact)::bigint,
       longitude, latitude, baro_altitude::text::float8, on_ground, velocity::text::float8,
       true_track::text::float8, vertical_rate::text::float8, sensors, geo_altitude::text::float8,
       squawk, spi, position_source, category
FROM (
    SELECT icao24, max(last_contact) AS last_contact FROM state_vectors
    WHERE last_contact >= to_timestamp($1) AND last_contact < to_timestamp($2)
    GROUP BY icao24
) AS newest
JOIN state_vectors AS state
  ON state.icao24 = newest.icao24 AND state.last_contact = newest.last_contact
WHERE state.last_contact >= to_timestamp($1) AND state.last_contact < to_timestamp($2);

-- page_after: the state vectors that follow one of them, in order of last_contact
SELECT icao24, callsign, origin_country,
       extract(epoch FROM time_position)::bigint, extract(epoch FROM last_contact)::bigint,
       longitude, latitude, baro_altitude::text::float8, on_ground, velocity::text::float8,
       true_track::text::float8, vertical_rate::text::float8, sensors, geo_altitude::text::float8,
       squawk, spi, position_source, category
FROM (
    SELECT * FROM state_vectors
    WHERE last_contact >= to_timestamp($1)
      AND (last_contact, icao24) > (to_timestamp($1), $2)
      AND last_contact < to_timestamp($3)
    ORDER BY last_contact, icao24
    LIMIT $4
) AS page
ORDER BY last_contact, icao24;

-- unsent: state vectors that are newer than the last one of the aircraft that a subscriber received
SELECT icao24, callsign, origin_country,
       extract(epoch FROM time_position)::bigint, extract(epoch FROM last_contact)::bigint,
       longitude, latitude, baro_altitude::text::float8, on_ground, velocity::text::float8,
       true_track::text::float8, vertical_rate::text::float8, sensors, geo_altitude::text::float8,
       squawk, spi, position_source, category
FROM (
    SELECT state.* FROM state_vectors AS state
    LEFT JOIN unnest($2::text[], $3::float8[]) AS sent (icao24, last_contact_seconds)
      ON sent.icao24 = state.icao24
    WHERE state.last_contact >= to_timestamp($1)
      AND state.last_contact > to_timestamp(coalesce(sent.last_contact_seconds, 0))
    ORDER BY state.last_contact, state.icao24
    LIMIT $4
) AS unsent
ORDER BY last_contact, icao24;

-- stored_offsets: the offset up to which each partition of each log has been stored
SELECT cluster_id, topic, topic_id, partition, next_offset FROM ingest_offsets
ORDER BY cluster_id, topic, topic_id, partition;
