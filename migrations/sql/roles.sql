-- The role that migrations and processor log in as: it owns the tables and is no superuser. It has to own
-- them, because the archive makes and drops partitions. A superuser runs this file in the database before
-- the first migration, and may run it again at any time:
--     psql "$ADMIN_URL" -f migrations/sql/roles.sql -f migrations/sql/0003_reader.sql
-- Then `\password flights` gives the role a password.
SET lock_timeout = '10s';
----
DO $$
BEGIN
    IF to_regrole('flights') IS NULL THEN
        CREATE ROLE flights LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS;
    END IF;
    -- The owner of the database owns its schema public as well.
    IF (SELECT datdba FROM pg_database WHERE datname = current_database())
       <> 'flights'::regrole THEN
        EXECUTE format('ALTER DATABASE %I OWNER TO flights', current_database());
    END IF;
END
$$;
----
-- Objects that migrations have made as another role change their owner, each in a transaction of its own,
-- so that no lock is held for long. `ingest_offsets` is the last: its owner is the owner to replace.
DO $$
DECLARE
    thing record;
BEGIN
    FOR thing IN
        SELECT ours.kind, ours.name
        FROM pg_class AS known
        CROSS JOIN LATERAL (
            SELECT 'TABLE' AS kind, oid::regclass::text AS name, oid AS object,
                   relowner AS owner, oid = known.oid AS is_last
            FROM pg_class
            WHERE relnamespace = known.relnamespace AND relkind IN ('r', 'p', 'v', 'm')
            UNION ALL
            SELECT 'ROUTINE', oid::regprocedure::text, oid, proowner, FALSE
            FROM pg_proc WHERE pronamespace = known.relnamespace
        ) AS ours
        WHERE known.oid = to_regclass('ingest_offsets')
          AND known.relowner <> 'flights'::regrole
          AND ours.owner = known.relowner
          AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = ours.object AND deptype = 'e')
        ORDER BY ours.is_last
    LOOP
        EXECUTE format('ALTER %s %s OWNER TO flights', thing.kind, thing.name);
        COMMIT;
    END LOOP;
END
$$;
----
-- A superuser makes the extension, so that 0003_reader.sql can restrict who makes background jobs.
DO $$
BEGIN
    IF current_setting('timescaledb.disable_load', TRUE) IS NOT NULL THEN
        SET LOCAL client_min_messages = 'error';
        CREATE EXTENSION IF NOT EXISTS timescaledb;
    END IF;
END
$$;
----
-- The jobs of the columnstore run with the rights of the role that has created them. The archive needs none.
DO $$
DECLARE
    job record;
BEGIN
    IF to_regclass('timescaledb_information.jobs') IS NULL THEN
        RETURN;
    END IF;
    FOR job IN
        SELECT DISTINCT format('%I.%I', hypertable_schema, hypertable_name) AS hypertable
        FROM timescaledb_information.jobs
        WHERE owner <> 'flights'::regrole
          AND hypertable_name IN ('state_vectors', 'minutely_state_vectors')
    LOOP
        EXECUTE format('CALL remove_columnstore_policy(%L::regclass, if_exists => TRUE)', job.hypertable);
    END LOOP;
EXCEPTION WHEN OTHERS THEN
    RAISE WARNING 'the jobs of the columnstore keep their owner: %', SQLERRM;
END
$$;
