-- What was marked of single aircraft is marked of all.
ALTER TABLE touched_minutes DROP COLUMN icao24
----
DROP FUNCTION compress_part(text, integer)
----
DROP FUNCTION chunks_to_compress(integer)
