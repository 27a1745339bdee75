CREATE TABLE minutely_state_vectors (LIKE minutely_columns)
----
SELECT create_hypertable(
    'minutely_state_vectors', by_range('minute', INTERVAL '1 day'), create_default_indexes => FALSE
)
----
ALTER TABLE minutely_state_vectors ADD PRIMARY KEY (icao24, minute)
----
CREATE INDEX minutely_state_vectors_minute ON minutely_state_vectors (minute)
----
CREATE FUNCTION make_minutely_partitions(days date[]) RETURNS void LANGUAGE sql AS ''
----
CREATE FUNCTION drop_minutely_state_vectors_before(moment timestamptz) RETURNS SETOF text
LANGUAGE sql AS $$ SELECT drop_chunks('minutely_state_vectors', older_than => moment) $$
