CREATE VIEW latest_state_vectors AS
SELECT DISTINCT ON (icao24) *
FROM state_vectors
WHERE last_contact > now() - INTERVAL '1 hour'
ORDER BY icao24, last_contact DESC
----
COMMENT ON VIEW latest_state_vectors IS 'the newest state vector of every aircraft heard within the hour'
