DROP FUNCTION compress_after(integer)
