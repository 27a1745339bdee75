-- The role for reading, and what it may read. The file may be run again at any time: where the
-- migration was not allowed to create the role, a user who is allowed runs it by psql.
DO $$
BEGIN
    -- Roles belong to the whole server. A role that exists belongs to another database or to the
    -- operator, and keeps its settings.
    CREATE ROLE flights_reader NOLOGIN CONNECTION LIMIT 20;
    ALTER ROLE flights_reader SET default_transaction_read_only = 'on';
    ALTER ROLE flights_reader SET statement_timeout = '30s';
    ALTER ROLE flights_reader SET lock_timeout = '5s';
    ALTER ROLE flights_reader SET idle_in_transaction_session_timeout = '60s';
    ALTER ROLE flights_reader SET work_mem = '32MB';
    ALTER ROLE flights_reader SET timezone = 'UTC';
    BEGIN
        ALTER ROLE flights_reader SET temp_file_limit = '4GB';
    EXCEPTION
        WHEN insufficient_privilege THEN
            RAISE NOTICE 'temp_file_limit of flights_reader is left to a superuser';
    END;
EXCEPTION
    WHEN duplicate_object OR unique_violation THEN
        RAISE NOTICE 'the role flights_reader is there already';
    WHEN insufficient_privilege THEN
        RAISE NOTICE 'the role flights_reader is not made: % may not create roles', current_user;
END
$$;
----
DO $$
DECLARE
    writer regrole;
BEGIN
    -- Before the first migration there are no tables to grant rights on.
    IF to_regrole('flights_reader') IS NULL OR to_regclass('state_vectors') IS NULL THEN
        RETURN;
    END IF;
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO flights_reader', current_database());
    EXECUTE format('GRANT USAGE ON SCHEMA %I TO flights_reader', current_schema());
    GRANT SELECT ON state_vectors, minutely_state_vectors, flights, tracks, emergencies,
        latest_state_vectors, hourly_traffic TO flights_reader;
    IF to_regclass('identified_flights') IS NOT NULL THEN
        GRANT SELECT ON aircraft, airlines, aircraft_identities, identified_flights TO flights_reader;
    END IF;
    -- PUBLIC may create temporary tables until that is revoked; the role that writes needs them.
    FOR writer IN
        SELECT relowner FROM pg_class WHERE oid = 'state_vectors'::regclass
        UNION
        SELECT granted.grantee FROM pg_class, aclexplode(relacl) AS granted
        WHERE oid = 'state_vectors'::regclass
          AND granted.privilege_type = 'INSERT' AND granted.grantee <> 0
    LOOP
        EXECUTE format('GRANT TEMPORARY ON DATABASE %I TO %s', current_database(), writer);
    END LOOP;
    EXECUTE format('REVOKE TEMPORARY ON DATABASE %I FROM PUBLIC', current_database());
END
$$;
----
-- By default every role may make background jobs of TimescaleDB, also one that may only read, and so fill its
-- scheduler. Only a superuser can revoke that, because the functions are a superuser's; the role that owns the
-- tables, or before the first migration the database, keeps the right.
DO $$
DECLARE
    routine regprocedure;
BEGIN
    FOR routine IN
        SELECT known.oid FROM pg_proc AS known
        JOIN pg_depend AS member ON member.objid = known.oid AND member.deptype = 'e'
        JOIN pg_extension AS extension ON extension.oid = member.refobjid
        WHERE extension.extname = 'timescaledb'
          AND known.proname ~ '^(add|alter|delete|remove|run)_.*(job|policy|policies)$'
          AND pg_has_role(known.proowner, 'USAGE')
    LOOP
        EXECUTE format('REVOKE EXECUTE ON ROUTINE %s FROM PUBLIC', routine);
        EXECUTE format('GRANT EXECUTE ON ROUTINE %s TO %s', routine, coalesce(
            (SELECT relowner FROM pg_class WHERE oid = to_regclass('state_vectors')),
            (SELECT datdba FROM pg_database WHERE datname = current_database())
        )::regrole);
    END LOOP;
END
$$;
