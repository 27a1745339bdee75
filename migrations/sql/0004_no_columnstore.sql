-- There is no columnstore in this edition.
CREATE FUNCTION compress_after(days integer) RETURNS void LANGUAGE sql AS ''
