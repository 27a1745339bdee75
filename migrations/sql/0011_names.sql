-- What has the name state_vectors now keeps the comments and the privileges of what had it before.
CREATE FUNCTION pg_temp.keep_names(before text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    known record;
BEGIN
    EXECUTE format('COMMENT ON %s state_vectors IS %L',
        (SELECT CASE relkind WHEN 'v' THEN 'VIEW' ELSE 'TABLE' END FROM pg_class
         WHERE oid = 'state_vectors'::regclass),
        obj_description(before::regclass));
    FOR known IN
        SELECT new.attname, col_description(old.attrelid, old.attnum) AS words
        FROM pg_attribute AS new JOIN pg_attribute AS old USING (attname)
        WHERE new.attrelid = 'state_vectors'::regclass AND new.attnum > 0
          AND old.attrelid = before::regclass
    LOOP
        EXECUTE format('COMMENT ON COLUMN state_vectors.%I IS %L', known.attname, known.words);
    END LOOP;
    FOR known IN
        SELECT privilege_type,
               CASE grantee WHEN 0 THEN 'PUBLIC' ELSE grantee::regrole::text END AS grantee,
               bool_or(privilege_type = 'INSERT') OVER (PARTITION BY grantee) AS is_writer
        FROM pg_class, aclexplode(relacl)
        WHERE oid = before::regclass AND grantee <> relowner
    LOOP
        EXECUTE format('GRANT %s ON state_vectors TO %s', known.privilege_type, known.grantee);
        IF known.is_writer AND to_regclass('stored_state_vectors') IS NOT NULL THEN
            EXECUTE format('GRANT %s ON stored_state_vectors TO %s', known.privilege_type, known.grantee);
        END IF;
    END LOOP;
END
$$
