CREATE FUNCTION drop_state_vectors_before(moment timestamptz) RETURNS SETOF text
LANGUAGE sql AS $$ SELECT drop_chunks('state_vectors', older_than => moment) $$
----
CREATE FUNCTION drop_minutely_state_vectors_before(moment timestamptz) RETURNS SETOF text
LANGUAGE sql AS $$ SELECT drop_chunks('minutely_state_vectors', older_than => moment) $$
