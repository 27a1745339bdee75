-- The key makes repeated inserts harmless, and is the index for tracks.
ALTER TABLE state_vectors ADD PRIMARY KEY (icao24, last_contact)
----
-- The index for all traffic at one time.
CREATE INDEX state_vectors_last_contact ON state_vectors (last_contact)
----
-- The index for emergencies, which are a few rows in a million.
CREATE INDEX state_vectors_emergencies ON state_vectors (icao24, squawk, last_contact)
WHERE squawk IN ('7500', '7600', '7700')
