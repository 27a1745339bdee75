CREATE VIEW latest_state_vectors AS
SELECT DISTINCT ON (icao24) *
FROM state_vectors
WHERE last_contact > now() - INTERVAL '1 hour'
ORDER BY icao24, last_contact DESC
----
COMMENT ON VIEW latest_state_vectors IS 'the newest state vector of every aircraft heard within the hour'
----
CREATE VIEW hourly_traffic AS
SELECT date_trunc('hour', last_contact) AS hour,
       origin_country,
       count(DISTINCT icao24) AS aircraft,
       count(*) AS state_vectors
FROM state_vectors
GROUP BY 1, 2
----
COMMENT ON VIEW hourly_traffic IS 'aircraft and state vectors by hour and origin country; ask for a span of time'
