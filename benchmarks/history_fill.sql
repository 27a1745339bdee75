-- create_naive: what one would begin with: one table, one index on time
CREATE TABLE state_vectors (
    icao24          text,
    callsign        text,
    origin_country  text,
    time_position   timestamptz,
    last_contact    timestamptz,
    longitude       double precision,
    latitude        double precision,
    baro_altitude   real,
    on_ground       boolean,
    velocity        real,
    true_track      real,
    vertical_rate   real,
    sensors         integer[],
    geo_altitude    real,
    squawk          text,
    spi             boolean,
    position_source smallint,
    category        smallint
);
CREATE INDEX ON state_vectors (last_contact);

-- is_view: whether the archive's schema is there, whose rows are stored as whole numbers
SELECT relkind = 'v' FROM pg_class WHERE oid = 'state_vectors'::regclass;

-- create_staging: the table that the rows of a day are copied into, as the view shows them
CREATE TEMPORARY TABLE staging (LIKE state_vectors) ON COMMIT DROP;

-- insert_staged: store the rows of a day
INSERT INTO stored_state_vectors
    (icao24, callsign, origin_country, position_age, last_contact, longitude_e4, latitude_e4,
     baro_altitude, on_ground, velocity_e2, true_track_e2, vertical_rate_e2, sensors, geo_altitude,
     squawk, spi, position_source, category)
SELECT icao24, callsign, origin_country, extract(epoch FROM last_contact - time_position)::bigint,
       last_contact, round(longitude * 10000)::integer, round(latitude * 10000)::integer,
       baro_altitude, on_ground, round(velocity::double precision * 100)::integer,
       round(true_track::double precision * 100)::integer,
       round(vertical_rate::double precision * 100)::integer, sensors, geo_altitude, squawk, spi,
       position_source, category
FROM staging;

-- fill_minutes: each row is the last of its minute, for polls are further apart (or the key fails)
INSERT INTO minutely_state_vectors
SELECT date_trunc('minute', last_contact), 1, icao24, callsign, origin_country, time_position,
       last_contact, longitude, latitude, baro_altitude, on_ground, velocity, true_track,
       vertical_rate, geo_altitude, squawk, spi, position_source, category
FROM state_vectors
WHERE last_contact >= $1 AND last_contact < $2;

-- fill_hours: aircraft and state vectors by hour and country
INSERT INTO hourly_counts
SELECT date_trunc('hour', minute), origin_country, count(DISTINCT icao24), sum(state_vectors)
FROM minutely_state_vectors
WHERE minute >= $1 AND minute < $2
GROUP BY 1, 2;

-- fill_flights: flights of the aircraft from one address to another, cut and measured
WITH neighbours AS (
    SELECT icao24, last_contact, callsign, origin_country, on_ground, longitude, latitude,
           coalesce(baro_altitude, geo_altitude) AS altitude,
           lag(last_contact) OVER track AS before_contact,
           lag(on_ground) OVER track AS before_on_ground,
           lag(callsign) OVER track AS before_callsign
    FROM state_vectors
    WHERE icao24 >= $1 AND icao24 < $2
    WINDOW track AS (PARTITION BY icao24 ORDER BY last_contact)
), parted AS (
    SELECT *, last_contact - before_contact > INTERVAL '30 minutes' IS NOT FALSE AS is_silence,
           count(*) FILTER (WHERE last_contact - before_contact > INTERVAL '30 minutes')
               OVER track AS part
    FROM neighbours
    WINDOW track AS (PARTITION BY icao24 ORDER BY last_contact)
), cut AS (
    SELECT *, is_silence
              -- A landing and a take-off.
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
), flights AS (
    SELECT icao24, min(last_contact) AS first_seen,
           (array_agg(callsign ORDER BY last_contact) FILTER (WHERE callsign IS NOT NULL))[1]
               AS callsign,
           min(origin_country) AS origin_country,
           min(last_contact) FILTER (
               WHERE before_on_ground AND NOT on_ground AND NOT is_silence) AS take_off,
           max(last_contact) FILTER (
               WHERE NOT before_on_ground AND on_ground AND NOT is_silence) AS landing,
           max(last_contact) AS last_seen,
           coalesce(sum(great_circle_km(
               before_latitude, before_longitude, latitude, longitude
           )) FILTER (WHERE before_latitude IS NOT NULL), 0) AS distance_km,
           max(altitude) AS max_altitude, count(*) AS state_vectors,
           min(longitude) AS west, min(latitude) AS south,
           max(longitude) AS east, max(latitude) AS north
    FROM stepped
    GROUP BY icao24, flight
)
INSERT INTO flight_legs (
    icao24, first_seen, ends_before, callsign, origin_country, take_off, landing, last_seen,
    distance_km, max_altitude, state_vectors, west, south, east, north
)
SELECT icao24, first_seen,
       coalesce(lead(first_seen) OVER (PARTITION BY icao24 ORDER BY first_seen), 'infinity'),
       callsign, origin_country, take_off, landing, last_seen, distance_km, max_altitude,
       state_vectors, west, south, east, north
FROM flights;
