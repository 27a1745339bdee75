-- What was marked of single aircraft is marked of all.
ALTER TABLE touched_minutes DROP COLUMN icao24
