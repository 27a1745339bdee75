-- What was marked of single aircraft is marked of all.
ALTER TABLE touched_minutes DROP COLUMN icao24
----
DROP FUNCTION compress_part(text, integer)
----
DROP FUNCTION chunks_to_compress(integer)
----
COMMENT ON COLUMN state_vectors.callsign IS 'up to 8 characters, without blanks; shared by several aircraft at times, so never an identity'
