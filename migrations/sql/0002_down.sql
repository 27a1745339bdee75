DROP VIEW hourly_traffic
----
DROP FUNCTION fit_chunks(bigint)
----
DROP TABLE touched_hours, hourly_counts, touched_minutes
----
DROP TABLE minutely_state_vectors
----
DROP FUNCTION make_minutely_partitions(date[]), drop_minutely_state_vectors_before(timestamptz)
----
DROP VIEW flights
----
DROP FUNCTION measure_flight(text, timestamptz, timestamptz)
----
DROP FUNCTION great_circle_km(double precision, double precision, double precision, double precision)
----
DROP TABLE flight_legs
