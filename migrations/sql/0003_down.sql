DO $$
BEGIN
    IF to_regrole('flights_reader') IS NULL THEN
        RETURN;
    END IF;
    EXECUTE format('REVOKE CONNECT ON DATABASE %I FROM flights_reader', current_database());
    EXECUTE format('REVOKE USAGE ON SCHEMA %I FROM flights_reader', current_schema());
    REVOKE SELECT ON state_vectors, minutely_state_vectors, flights, tracks, emergencies,
        latest_state_vectors, hourly_traffic FROM flights_reader;
    -- A role with a password was set up by the operator and stays.
    IF NOT (SELECT rolcanlogin FROM pg_roles WHERE rolname = 'flights_reader') THEN
        BEGIN
            DROP ROLE flights_reader;
        EXCEPTION
            WHEN dependent_objects_still_exist THEN
                RAISE NOTICE 'the role flights_reader stays: other databases of this server use it';
            WHEN insufficient_privilege THEN
                RAISE NOTICE 'the role flights_reader stays: % may not drop it', current_user;
        END;
    END IF;
END
$$
----
DROP VIEW emergencies, tracks
----
DROP INDEX state_vectors_emergencies
