COMMENT ON TABLE state_vectors IS 'everything that OpenSky said: one row for each aircraft and moment, in its own names and SI units; null means not received; ask for an icao24 or a span of last_contact'
----
COMMENT ON COLUMN state_vectors.icao24 IS 'the aircraft: its 24-bit transponder address, six lower-case hexadecimal digits'
----
COMMENT ON COLUMN state_vectors.callsign IS 'up to 8 characters, without blanks; shared by several aircraft at times, so never an identity'
----
COMMENT ON COLUMN state_vectors.origin_country IS 'derived from the address block, in OpenSky''s own spelling; where the aircraft is registered, not where it comes from'
----
COMMENT ON COLUMN state_vectors.time_position IS 'when the position was last updated; older than last_contact where other messages came since'
----
COMMENT ON COLUMN state_vectors.last_contact IS 'when any message of the aircraft was last received; times are whole seconds of UTC'
----
COMMENT ON COLUMN state_vectors.longitude IS 'degrees east, WGS 84, at time_position'
----
COMMENT ON COLUMN state_vectors.latitude IS 'degrees north, WGS 84, at time_position'
----
COMMENT ON COLUMN state_vectors.baro_altitude IS 'barometric altitude in metres (feet: * 3.28084)'
----
COMMENT ON COLUMN state_vectors.on_ground IS 'whether the position came from a surface position report'
----
COMMENT ON COLUMN state_vectors.velocity IS 'speed over ground in m/s (knots: * 1.94384, km/h: * 3.6)'
----
COMMENT ON COLUMN state_vectors.true_track IS 'direction of flight over ground in degrees clockwise from north, 0 to 360'
----
COMMENT ON COLUMN state_vectors.vertical_rate IS 'm/s, positive when climbing (feet a minute: * 196.85)'
----
COMMENT ON COLUMN state_vectors.sensors IS 'serial numbers of the receivers; OpenSky sends them to their owner only'
----
COMMENT ON COLUMN state_vectors.geo_altitude IS 'geometric (GNSS) altitude in metres'
----
COMMENT ON COLUMN state_vectors.squawk IS 'transponder code, four octal digits as text; 7500 unlawful interference, 7600 radio failure, 7700 emergency'
----
COMMENT ON COLUMN state_vectors.spi IS 'special purpose indicator: the pilot pressed IDENT'
----
COMMENT ON COLUMN state_vectors.position_source IS '0 ADS-B, 1 ASTERIX, 2 MLAT, 3 FLARM'
----
COMMENT ON COLUMN state_vectors.category IS 'kind of aircraft, 0 to 20 as OpenSky numbers them, such as 4 large, 8 rotorcraft, 9 glider; only there when it was asked for'
----
-- Columns of the same name elsewhere get the same comment.
DO $$
DECLARE
    same record;
BEGIN
    FOR same IN
        SELECT other.attrelid::regclass AS relation, other.attname AS name,
               col_description(own.attrelid, own.attnum) AS words
        FROM pg_attribute AS own
        JOIN pg_attribute AS other USING (attname)
        WHERE own.attrelid = 'state_vectors'::regclass AND own.attnum > 0
          AND other.attrelid IN (
              'minutely_state_vectors'::regclass, 'latest_state_vectors'::regclass,
              'flights'::regclass, 'flight_legs'::regclass, 'tracks'::regclass,
              'emergencies'::regclass, 'hourly_traffic'::regclass, 'hourly_counts'::regclass
          )
    LOOP
        EXECUTE format('COMMENT ON COLUMN %s.%I IS %L', same.relation, same.name, same.words);
    END LOOP;
END
$$
----
COMMENT ON TABLE minutely_state_vectors IS 'the last state vector of each aircraft in each minute, at most three minutes behind: for long tracks and statistics, a tenth of the rows of state_vectors and kept for longer'
----
COMMENT ON COLUMN minutely_state_vectors.minute IS 'the beginning of the minute'
----
COMMENT ON VIEW latest_state_vectors IS 'the newest state vector of each aircraft heard within the hour'
----
COMMENT ON COLUMN flights.callsign IS 'that of the flight: another one in the air begins another flight'
----
COMMENT ON COLUMN flights.first_seen IS 'the first state vector; with icao24 the key of the flight'
----
COMMENT ON COLUMN flights.last_seen IS 'the newest state vector so far'
----
COMMENT ON COLUMN flights.state_vectors IS 'how many the flight has'
----
COMMENT ON COLUMN flights.west IS 'smallest longitude of its positions, degrees'
----
COMMENT ON COLUMN flights.south IS 'smallest latitude of its positions, degrees'
----
COMMENT ON COLUMN flights.east IS 'greatest longitude of its positions, degrees'
----
COMMENT ON COLUMN flights.north IS 'greatest latitude of its positions, degrees'
----
COMMENT ON VIEW tracks IS 'the positions of all flights: state vectors that have one, with the flight they belong to; ask for a callsign, an icao24, or a span of last_contact'
----
COMMENT ON COLUMN tracks.first_seen IS 'of the flight; with icao24 its key, as in flights'
----
COMMENT ON COLUMN tracks.callsign IS 'that of the flight, also where a state vector came without it'
----
COMMENT ON VIEW emergencies IS 'one row for each time an aircraft sent 7500, 7600 or 7700, until 10 minutes without it'
----
COMMENT ON COLUMN emergencies.squawk IS '7500 unlawful interference, 7600 radio failure, 7700 emergency'
----
COMMENT ON COLUMN emergencies.since IS 'the first state vector with the code'
----
COMMENT ON COLUMN emergencies.until IS 'the last state vector with the code so far; a few seconds after since are mostly a slip while dialling'
----
COMMENT ON COLUMN emergencies.callsign IS 'the last one received with the code'
----
COMMENT ON COLUMN emergencies.longitude IS 'degrees east, the last position with the code'
----
COMMENT ON COLUMN emergencies.latitude IS 'degrees north, the last position with the code'
----
COMMENT ON COLUMN emergencies.on_ground IS 'whether it never left the ground with the code: mostly a test'
----
COMMENT ON COLUMN emergencies.state_vectors IS 'how many have the code'
----
COMMENT ON COLUMN hourly_traffic.hour IS 'the beginning of the hour, UTC'
----
COMMENT ON COLUMN hourly_traffic.aircraft IS 'different aircraft; do not add up hours, an aircraft counts in each'
----
COMMENT ON COLUMN hourly_traffic.state_vectors IS 'state vectors received'
----
COMMENT ON TABLE flight_legs IS 'what the view flights is made of: ask the view'
----
COMMENT ON TABLE hourly_counts IS 'what the view hourly_traffic is made of: ask the view'
----
COMMENT ON TABLE touched_minutes IS 'the archive''s: minutes to sum up again'
----
COMMENT ON TABLE touched_hours IS 'the archive''s: hours to sum up again'
----
COMMENT ON TABLE ingest_offsets IS 'the archive''s: how far each partition of the log is stored'
----
COMMENT ON TABLE ingest_ledger IS 'the archive''s: what became of every message, for the audit'
----
COMMENT ON TABLE dead_letters IS 'messages that hold no state vector, as they came, with the reason'
----
COMMENT ON TABLE retention_marks IS 'the archive''s: what was dropped on purpose, and when'
