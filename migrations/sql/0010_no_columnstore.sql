-- This edition has no columnstore.
DROP FUNCTION compress_after(integer)
----
CREATE FUNCTION chunks_to_compress(days integer)
RETURNS TABLE (part text, is_compressed boolean) LANGUAGE sql STABLE AS
'SELECT NULL::text, NULL::boolean WHERE FALSE'
----
CREATE FUNCTION compress_part(wanted text, days integer) RETURNS boolean LANGUAGE sql AS 'SELECT FALSE'
