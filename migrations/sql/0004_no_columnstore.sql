-- This edition has no columnstore.
CREATE FUNCTION compress_after(days integer) RETURNS void LANGUAGE sql AS ''
