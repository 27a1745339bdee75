CREATE TABLE state_vectors (LIKE state_vector_columns)
----
-- A day is 200 million rows at the most and 25 million with a standard account's credits.
SELECT create_hypertable(
    'state_vectors',
    by_range('last_contact', INTERVAL '1 day'),
    create_default_indexes => FALSE
)
----
-- The key makes repetition harmless and is the index of tracks.
ALTER TABLE state_vectors ADD PRIMARY KEY (icao24, last_contact)
----
-- All traffic at a moment.
CREATE INDEX state_vectors_last_contact ON state_vectors (last_contact)
----
-- A hypertable makes its chunks itself; the function stands for the partitions of PostgreSQL.
CREATE FUNCTION make_partitions(days date[]) RETURNS void LANGUAGE sql AS ''
----
CREATE FUNCTION drop_state_vectors_before(moment timestamptz) RETURNS SETOF text
LANGUAGE sql AS $$ SELECT drop_chunks('state_vectors', older_than => moment) $$
