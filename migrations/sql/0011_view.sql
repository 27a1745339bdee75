-- The key makes repeated inserts harmless, and is the index for tracks.
ALTER TABLE stored_state_vectors ADD PRIMARY KEY (icao24, last_contact)
----
-- The index for all traffic at one time.
CREATE INDEX stored_state_vectors_last_contact ON stored_state_vectors (last_contact)
----
-- The index for emergencies, which are a few rows in a million.
CREATE INDEX stored_state_vectors_emergencies ON stored_state_vectors (icao24, squawk, last_contact)
WHERE squawk IN ('7500', '7600', '7700')
----
COMMENT ON TABLE stored_state_vectors IS 'what the view state_vectors is made of: ask the view'
----
COMMENT ON COLUMN stored_state_vectors.longitude_e4 IS 'ten-thousandths of a degree'
----
COMMENT ON COLUMN stored_state_vectors.latitude_e4 IS 'ten-thousandths of a degree'
----
COMMENT ON COLUMN stored_state_vectors.position_age IS 'seconds from time_position to last_contact'
----
COMMENT ON COLUMN stored_state_vectors.velocity_e2 IS 'hundredths of m/s'
----
COMMENT ON COLUMN stored_state_vectors.true_track_e2 IS 'hundredths of a degree'
----
COMMENT ON COLUMN stored_state_vectors.vertical_rate_e2 IS 'hundredths of m/s'
----
-- A quotient of whole numbers is the double nearest to the decimal number, which is what a reader of the decimal
-- number gets as well. So each value is exactly the one that OpenSky sent.
CREATE VIEW state_vectors AS
SELECT icao24,
       callsign,
       origin_country,
       last_contact - position_age * INTERVAL '1 second' AS time_position,
       last_contact,
       longitude_e4 / 10000::double precision AS longitude,
       latitude_e4 / 10000::double precision AS latitude,
       baro_altitude,
       on_ground,
       (velocity_e2 / 100::double precision)::real AS velocity,
       (true_track_e2 / 100::double precision)::real AS true_track,
       (vertical_rate_e2 / 100::double precision)::real AS vertical_rate,
       sensors,
       geo_altitude,
       squawk,
       spi,
       position_source,
       category
FROM stored_state_vectors
