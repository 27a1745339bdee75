-- Chunks move to the columnstore so many days after their end; 0 is never. A policy with the same value
-- stays, because its job may be running; instances that start together set it one by one. What cannot be
-- set is written to the server's log, and storing continues.
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
