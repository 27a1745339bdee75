COMMENT ON TABLE minutely_state_vectors IS 'the last state vector of each aircraft in each minute, at most three minutes behind'
----
COMMENT ON COLUMN minutely_state_vectors.state_vectors IS 'how many the minute has of the aircraft'
----
CREATE TABLE hourly_counts (
    hour           timestamptz NOT NULL,
    origin_country text,
    aircraft       bigint      NOT NULL,
    state_vectors  bigint      NOT NULL,
    UNIQUE NULLS NOT DISTINCT (hour, origin_country)
)
----
-- Dirty hours: their minutes have changed since the hour was rolled up.
CREATE TABLE touched_hours (hour timestamptz PRIMARY KEY)
----
DROP VIEW hourly_traffic
----
CREATE VIEW hourly_traffic AS
SELECT hour, origin_country, aircraft, state_vectors
FROM hourly_counts
WHERE hour <> ALL (ARRAY(SELECT hour FROM touched_hours))
UNION ALL
SELECT touched.hour, counted.*
FROM touched_hours AS touched
CROSS JOIN LATERAL (
    SELECT minutely.origin_country, count(DISTINCT minutely.icao24), sum(minutely.state_vectors)::bigint
    FROM minutely_state_vectors AS minutely
    WHERE minutely.minute >= touched.hour AND minutely.minute < touched.hour + INTERVAL '1 hour'
    GROUP BY 1
) AS counted
----
COMMENT ON VIEW hourly_traffic IS 'aircraft and state vectors by hour and origin country, at most three minutes behind'
