-- Moves the rows of a part into a part of another table. Its indexes are built once the rows are there, which
-- takes half of the time and of the space.
CREATE FUNCTION pg_temp.move_part(moved text, target text, columns text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    span record;
    part_name text := target || substring(moved FROM '_\d{8}(?:_\d{8})?$');
BEGIN
    SELECT * INTO STRICT span FROM parts_of('former_state_vectors') WHERE part = moved;
    EXECUTE format('CREATE TABLE %I (LIKE %I)', part_name, target);
    EXECUTE format('INSERT INTO %I SELECT %s FROM %s', part_name, columns, moved);
    EXECUTE format(
        'ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)',
        target, part_name, span.begins, span.ends_before
    );
    PERFORM pg_temp.account_for_rounding(moved);
    EXECUTE format('DROP TABLE %s', moved);
END
$$
----
CREATE FUNCTION pg_temp.keep_span(target text) RETURNS void LANGUAGE sql AS ''
