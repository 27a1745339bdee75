CREATE VIEW hourly_traffic AS
SELECT date_trunc('hour', last_contact) AS hour,
       origin_country,
       count(DISTINCT icao24) AS aircraft,
       count(*) AS state_vectors
FROM state_vectors
GROUP BY 1, 2
----
COMMENT ON VIEW hourly_traffic IS 'aircraft and state vectors by hour and origin country; ask for a span of time'
