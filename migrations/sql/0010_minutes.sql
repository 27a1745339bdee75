ALTER TABLE touched_minutes ADD COLUMN icao24 text
----
COMMENT ON COLUMN touched_minutes.icao24 IS 'the aircraft to roll up again in this minute; null is all'
