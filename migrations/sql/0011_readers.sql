-- The views of state vectors read what has the name now. They are replaced and not dropped, which keeps their
-- comments and privileges.
CREATE OR REPLACE VIEW latest_state_vectors AS
SELECT DISTINCT ON (icao24) *
FROM state_vectors
WHERE last_contact > now() - INTERVAL '1 hour'
ORDER BY icao24, last_contact DESC
----
CREATE OR REPLACE VIEW tracks AS
SELECT state.icao24, leg.first_seen, leg.callsign, state.last_contact, state.time_position,
       state.longitude, state.latitude, state.baro_altitude, state.geo_altitude, state.on_ground,
       state.velocity, state.true_track, state.vertical_rate, state.squawk
FROM state_vectors AS state
JOIN flight_legs AS leg
  ON leg.icao24 = state.icao24
 AND leg.first_seen <= state.last_contact
 AND leg.ends_before > state.last_contact
 AND leg.first_seen = (
     SELECT max(newest.first_seen) FROM flight_legs AS newest
     WHERE newest.icao24 = state.icao24 AND newest.first_seen <= state.last_contact
 )
WHERE state.latitude IS NOT NULL AND state.longitude IS NOT NULL
----
CREATE OR REPLACE VIEW emergencies AS
SELECT span.icao24,
       span.squawk,
       min(span.last_contact) AS since,
       max(span.last_contact) AS until,
       (array_agg(span.callsign ORDER BY span.last_contact DESC)
           FILTER (WHERE span.callsign IS NOT NULL))[1] AS callsign,
       min(span.origin_country) AS origin_country,
       (array_agg(span.longitude ORDER BY span.last_contact DESC)
           FILTER (WHERE span.longitude IS NOT NULL))[1] AS longitude,
       (array_agg(span.latitude ORDER BY span.last_contact DESC)
           FILTER (WHERE span.latitude IS NOT NULL))[1] AS latitude,
       bool_and(span.on_ground) AS on_ground,
       count(*) AS state_vectors
FROM (
    SELECT stepped.*,
           count(*) FILTER (WHERE stepped.is_new) OVER (
               PARTITION BY stepped.icao24, stepped.squawk ORDER BY stepped.last_contact
           ) AS number
    FROM (
        SELECT state.icao24, state.squawk, state.last_contact, state.callsign,
               state.origin_country, state.longitude, state.latitude, state.on_ground,
               state.last_contact - lag(state.last_contact) OVER (
                   PARTITION BY state.icao24, state.squawk ORDER BY state.last_contact
               ) > INTERVAL '10 minutes' AS is_new
        FROM state_vectors AS state
        WHERE state.squawk IN ('7500', '7600', '7700')
    ) AS stepped
) AS span
GROUP BY span.icao24, span.squawk, span.number
