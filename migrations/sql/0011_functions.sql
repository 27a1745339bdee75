-- The functions that make, count, drop and compress the parts of a table use its other name from now on.
CREATE FUNCTION pg_temp.rename_divided(before text, after text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    definition text;
BEGIN
    FOR definition IN
        SELECT pg_get_functiondef(oid) FROM pg_proc
        WHERE pronamespace = current_schema()::regnamespace AND prokind = 'f'
          AND position(quote_literal(before) IN prosrc) > 0
    LOOP
        EXECUTE replace(definition, quote_literal(before), quote_literal(after));
    END LOOP;
END
$$
