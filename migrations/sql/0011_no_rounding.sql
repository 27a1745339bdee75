-- Every stored value is exact in the wider types.
CREATE FUNCTION pg_temp.account_for_rounding(part text) RETURNS void LANGUAGE sql AS ''
