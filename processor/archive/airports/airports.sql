-- due: flights whose airports are to be derived, those that changed last before those from before there were
-- airports. $2 is how long a flight waits after a change, because others follow, and positions. A flight that changes
-- meanwhile is due again
SELECT icao24, first_seen, airports_due FROM flight_legs
WHERE airports_due <= now() - $2::interval
ORDER BY airports_due DESC LIMIT $1;

-- newest: the newest stored state vector, up to which silence is known
SELECT last_contact FROM state_vectors
WHERE last_contact <= now() + INTERVAL '5 minutes' ORDER BY last_contact DESC LIMIT 1;

-- evidence: the positions around the take-off and the landing of flights ($1 and $2). Where the aircraft was silent
-- before a flight, or after it, the first and the last positions count without a take-off and a landing. $3 is the
-- silence that ends a flight, $4 the newest state vector: a flight without a successor is over if it has been silent
-- until then; all are if it is null. $5 is the seconds in the air that count. A take-off waits until they are over or
-- the flight is, so that the outcome does not depend on when it is looked for; one that is known, or was looked for
-- some time ago in a flight that goes on, is left out
WITH known AS MATERIALIZED (
    SELECT leg.icao24, leg.first_seen, leg.take_off, leg.landing, leg.ends_before, newest.last_contact,
           leg.takeoff_airport IS NULL AS has_no_takeoff_airport,
           coalesce(leg.take_off, leg.first_seen) AS start,
           leg.ends_before <> 'infinity' OR $4::timestamptz IS NULL AS is_final,
           CASE WHEN leg.ends_before <> 'infinity' THEN leg.ends_before - newest.last_contact > $3::interval
                ELSE $4::timestamptz IS NULL OR newest.last_contact < $4::timestamptz - $3::interval
           END AS is_before_silence
    FROM unnest($1::text[], $2::timestamptz[]) AS requested (icao24, first_seen)
    JOIN flight_legs AS leg USING (icao24, first_seen)
    CROSS JOIN LATERAL (
        SELECT state.last_contact FROM state_vectors AS state
        WHERE state.icao24 = leg.icao24 AND state.last_contact >= leg.first_seen
          AND state.last_contact < leg.ends_before
        ORDER BY state.last_contact DESC LIMIT 1
    ) AS newest
    WHERE leg.airborne IS NOT FALSE
), begun AS (
    SELECT * FROM known
    WHERE has_no_takeoff_airport
      AND (is_final OR last_contact >= start + $5 * INTERVAL '1 second')
      AND (is_final OR is_before_silence OR start >= $4::timestamptz - 2 * $3::interval)
      AND (take_off IS NOT NULL OR (
          NOT EXISTS (
              SELECT FROM state_vectors AS state
              WHERE state.icao24 = known.icao24 AND state.last_contact < known.first_seen
                AND state.last_contact >= known.first_seen - $3::interval
          ) AND NOT EXISTS (
              SELECT FROM flight_legs AS before
              WHERE before.icao24 = known.icao24 AND before.first_seen < known.first_seen
                AND before.last_seen >= known.first_seen - $3::interval
          )
      ))
), ended AS (
    SELECT * FROM known WHERE landing IS NOT NULL OR is_before_silence
), position AS (
    SELECT flight.icao24, flight.first_seen, -1 AS side, around.*
    FROM begun AS flight
    CROSS JOIN LATERAL (
        (
            SELECT coalesce(state.time_position, state.last_contact) AS moment, state.longitude, state.latitude,
                   coalesce(state.geo_altitude, state.baro_altitude) AS altitude, state.on_ground, state.velocity,
                   state.true_track, state.category
            FROM state_vectors AS state
            WHERE flight.take_off IS NOT NULL AND state.icao24 = flight.icao24
              AND state.last_contact < flight.take_off
              AND state.last_contact >= flight.take_off - $3::interval
              AND state.on_ground AND state.latitude IS NOT NULL AND state.longitude IS NOT NULL
            ORDER BY state.last_contact DESC LIMIT 2
        ) UNION ALL (
            SELECT coalesce(state.time_position, state.last_contact) AS moment, state.longitude, state.latitude,
                   coalesce(state.geo_altitude, state.baro_altitude) AS altitude, state.on_ground, state.velocity,
                   state.true_track, state.category
            FROM state_vectors AS state
            WHERE state.icao24 = flight.icao24
              AND state.last_contact >= flight.start
              AND state.last_contact <= flight.start + $5 * INTERVAL '1 second'
              AND state.last_contact < flight.ends_before
              AND NOT state.on_ground AND state.latitude IS NOT NULL AND state.longitude IS NOT NULL
            ORDER BY state.last_contact LIMIT 15
        )
    ) AS around
    UNION ALL
    SELECT flight.icao24, flight.first_seen, 1, around.*
    FROM ended AS flight
    CROSS JOIN LATERAL (
        (
            SELECT coalesce(state.time_position, state.last_contact) AS moment, state.longitude, state.latitude,
                   coalesce(state.geo_altitude, state.baro_altitude) AS altitude, state.on_ground, state.velocity,
                   state.true_track, state.category
            FROM state_vectors AS state
            WHERE flight.landing IS NOT NULL AND state.icao24 = flight.icao24
              AND state.last_contact >= flight.landing AND state.last_contact < flight.ends_before
              AND state.on_ground AND state.latitude IS NOT NULL AND state.longitude IS NOT NULL
            ORDER BY state.last_contact LIMIT 2
        ) UNION ALL (
            SELECT coalesce(state.time_position, state.last_contact) AS moment, state.longitude, state.latitude,
                   coalesce(state.geo_altitude, state.baro_altitude) AS altitude, state.on_ground, state.velocity,
                   state.true_track, state.category
            FROM state_vectors AS state
            WHERE state.icao24 = flight.icao24
              AND state.last_contact >= flight.first_seen
              AND state.last_contact >= coalesce(flight.landing, flight.last_contact) - $5 * INTERVAL '1 second'
              AND state.last_contact <= coalesce(flight.landing, flight.last_contact)
              AND NOT state.on_ground AND state.latitude IS NOT NULL AND state.longitude IS NOT NULL
            ORDER BY state.last_contact DESC LIMIT 15
        )
    ) AS around
)
SELECT icao24, first_seen, side, extract(epoch FROM moment)::float8 AS moment, longitude, latitude,
       altitude::float8 AS altitude, on_ground, velocity::float8 AS velocity,
       true_track::float8 AS true_track, category
FROM position
ORDER BY icao24, first_seen, side, moment;

-- save: store the derived airports of flights, unless a flight has changed since it was found to be due; null in $5
-- for flights that were locked. A take-off airport is derived once, until something changes that. A landing airport
-- stays where the state vectors that it was derived from may have expired. A flight that may go on is due again: an
-- aircraft in the air after the silence that may end its flight, and a silent one after as long again as it has been
-- silent, because its messages may only be late
UPDATE flight_legs AS flight
SET takeoff_airport = coalesce(derived.takeoff_airport, flight.takeoff_airport),
    landing_airport = CASE
        WHEN flight.first_seen < kept.since THEN coalesce(derived.landing_airport, flight.landing_airport)
        ELSE derived.landing_airport END,
    airports_due = CASE
        WHEN derived.due IS NOT NULL AND flight.ends_before = 'infinity' AND flight.last_seen IS NULL
        THEN now() + greatest($6::interval, $7::timestamptz - coalesce(newest.last_contact, now())) END
FROM unnest($1::text[], $2::timestamptz[], $3::text[], $4::text[], $5::timestamptz[])
    AS derived (icao24, first_seen, takeoff_airport, landing_airport, due)
CROSS JOIN (SELECT coalesce(max(dropped_before), '-infinity') AS since FROM retention_marks) AS kept
LEFT JOIN LATERAL (
    SELECT state.last_contact FROM state_vectors AS state
    WHERE state.icao24 = derived.icao24 AND state.last_contact >= derived.first_seen
    ORDER BY state.last_contact DESC LIMIT 1
) AS newest ON TRUE
WHERE flight.icao24 = derived.icao24 AND flight.first_seen = derived.first_seen
  AND (derived.due IS NULL OR flight.airports_due = derived.due)
