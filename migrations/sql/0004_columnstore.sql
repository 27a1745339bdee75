-- Chunks move to the columnstore so many days after their end, 0 = never. A policy that says so
-- already stays, for its job may be at work; instances that start together do it one by one. What
-- cannot be set is told in the server's log: storing goes on.
CREATE FUNCTION compress_after(days integer) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    wanted interval := make_interval(days => days);
    divided regclass;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('columnstore policies'));
    FOREACH divided IN ARRAY ARRAY['state_vectors', 'minutely_state_vectors']::regclass[] LOOP
        CONTINUE WHEN days > 0 AND EXISTS (
            SELECT FROM timescaledb_information.jobs AS job
            WHERE job.hypertable_schema = current_schema() AND job.hypertable_name = divided::text
              AND (job.config ->> 'compress_after')::interval = wanted
        );
        CALL remove_columnstore_policy(divided, if_exists => TRUE);
        IF days > 0 THEN
            CALL add_columnstore_policy(divided, after => wanted);
        END IF;
    END LOOP;
EXCEPTION WHEN OTHERS THEN
    RAISE WARNING 'the policies of the columnstore stay as they are: %', SQLERRM;
END
$$
