CREATE TABLE state_vectors (LIKE state_vector_columns)
----
-- A day has 200 million rows at most, and 25 million with the credits of a standard account.
SELECT create_hypertable(
    'state_vectors',
    by_range('last_contact', INTERVAL '1 day'),
    create_default_indexes => FALSE
)
----
-- The key makes repeated inserts harmless, and is the index for tracks.
ALTER TABLE state_vectors ADD PRIMARY KEY (icao24, last_contact)
----
-- The index for all traffic at one time.
CREATE INDEX state_vectors_last_contact ON state_vectors (last_contact)
----
-- A hypertable makes its chunks by itself; in plain PostgreSQL this function makes partitions.
CREATE FUNCTION make_partitions(days date[]) RETURNS void LANGUAGE sql AS ''
----
CREATE FUNCTION drop_state_vectors_before(moment timestamptz) RETURNS SETOF text
LANGUAGE sql AS $$ SELECT drop_chunks('state_vectors', older_than => moment) $$
