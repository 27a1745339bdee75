-- track: the state vectors of $1 from $2 to $3
SELECT *
FROM state_vectors
WHERE icao24 = $1 AND last_contact >= $2 AND last_contact <= $3
ORDER BY last_contact;

-- traffic_at: the newest state vector of each aircraft at $1, none older than $2 seconds
SELECT DISTINCT ON (icao24) *
FROM state_vectors
WHERE last_contact > $1::timestamptz - make_interval(secs => $2) AND last_contact <= $1
ORDER BY icao24, last_contact DESC;

-- flights: the newest $2 flights whose callsign is like $1, cut and measured as ours are
WITH neighbours AS (
    SELECT icao24, last_contact, callsign, origin_country, on_ground, longitude, latitude,
           coalesce(baro_altitude, geo_altitude) AS altitude,
           lag(last_contact) OVER track AS before_contact,
           lag(on_ground) OVER track AS before_on_ground,
           lag(callsign) OVER track AS before_callsign
    FROM state_vectors
    WHERE callsign LIKE $1
    WINDOW track AS (PARTITION BY icao24 ORDER BY last_contact)
), parted AS (
    SELECT *, last_contact - before_contact > INTERVAL '30 minutes' IS NOT FALSE AS is_silence,
           count(*) FILTER (WHERE last_contact - before_contact > INTERVAL '30 minutes')
               OVER track AS part
    FROM neighbours
    WINDOW track AS (PARTITION BY icao24 ORDER BY last_contact)
), cut AS (
    SELECT *, is_silence
              OR (before_on_ground AND NOT on_ground
                  AND count(*) FILTER (WHERE NOT on_ground) OVER earlier > 0)
              OR (NOT before_on_ground AND NOT on_ground AND callsign <> before_callsign)
              AS is_first
    FROM parted
    WINDOW earlier AS (
        PARTITION BY icao24, part ORDER BY last_contact
        ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
    )
), numbered AS (
    SELECT *, count(*) FILTER (WHERE is_first) OVER track AS flight
    FROM cut
    WINDOW track AS (PARTITION BY icao24 ORDER BY last_contact)
), stepped AS (
    SELECT *, lag(latitude) OVER positions AS before_latitude,
           lag(longitude) OVER positions AS before_longitude
    FROM numbered
    WINDOW positions AS (PARTITION BY icao24, flight, latitude IS NULL ORDER BY last_contact)
)
SELECT icao24, min(last_contact) AS first_seen, max(last_contact) AS last_seen,
       (array_agg(callsign ORDER BY last_contact))[1] AS callsign,
       min(origin_country) AS origin_country,
       min(last_contact) FILTER (WHERE before_on_ground AND NOT on_ground AND NOT is_silence)
           AS take_off,
       max(last_contact) FILTER (WHERE NOT before_on_ground AND on_ground AND NOT is_silence)
           AS landing,
       coalesce(sum(2 * 6371.0088 * asin(least(1, sqrt(
           sin(radians(latitude - before_latitude) / 2) ^ 2
           + cos(radians(before_latitude)) * cos(radians(latitude))
           * sin(radians(longitude - before_longitude) / 2) ^ 2
       )))) FILTER (WHERE before_latitude IS NOT NULL), 0) AS distance_km,
       max(altitude) AS max_altitude, count(*) AS state_vectors,
       min(longitude) AS west, min(latitude) AS south,
       max(longitude) AS east, max(latitude) AS north
FROM stepped
GROUP BY icao24, flight
ORDER BY first_seen DESC, icao24 DESC
LIMIT $2;

-- hours: aircraft and state vectors of each hour from $1 and before $2
SELECT date_trunc('hour', last_contact) AS hour, count(DISTINCT icao24) AS aircraft,
       count(*) AS state_vectors
FROM state_vectors
WHERE last_contact >= $1 AND last_contact < $2
GROUP BY hour
ORDER BY hour
