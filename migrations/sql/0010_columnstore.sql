-- Rows are stored in the order of the key, a thousand together, whatever the aircraft: with segments of one
-- aircraft each, most held too few rows to compress well. Chunks that are compressed already keep their
-- segments until the archive compresses them again.
ALTER TABLE state_vectors SET (
    timescaledb.segmentby = '',
    timescaledb.orderby = 'icao24, last_contact DESC'
)
----
ALTER TABLE minutely_state_vectors SET (
    timescaledb.segmentby = '',
    timescaledb.orderby = 'icao24, minute DESC'
)
----
-- All traffic at a moment reads all aircraft of the chunk that holds the moment.
SELECT set_chunk_time_interval('state_vectors', INTERVAL '6 hours')
----
-- The archive compresses chunks itself, because where TimescaleDB's background jobs fail nothing says so. A job
-- that another role has made stays, and does no harm.
DO $$
BEGIN
    CALL remove_columnstore_policy('state_vectors', if_exists => TRUE);
    CALL remove_columnstore_policy('minutely_state_vectors', if_exists => TRUE);
EXCEPTION WHEN OTHERS THEN
    RAISE WARNING 'the policies of the columnstore stay: %', SQLERRM;
END
$$
----
DROP FUNCTION compress_after(integer)
----
-- Returns the chunks that ended so many days ago or earlier and are to be compressed, with what gains most first:
-- those that are not compressed, then those with other segments, then those with many rows that came late, the
-- newest of each first. So few late rows that they do not matter stay as they are. Zero days is never.
CREATE FUNCTION chunks_to_compress(days integer)
RETURNS TABLE (part text, is_compressed boolean) LANGUAGE sql STABLE AS $$
    SELECT found.part, found.is_compressed
    FROM (
        SELECT format('%I.%I', chunk_schema, chunk_name) AS part, hypertable_name, range_end,
               chunk.is_compressed
        FROM timescaledb_information.chunks AS chunk
        WHERE hypertable_schema = current_schema()
          AND hypertable_name IN ('state_vectors', 'minutely_state_vectors')
          AND days > 0 AND range_end <= now() - make_interval(days => days)
    ) AS found
    LEFT JOIN timescaledb_information.chunk_columnstore_settings AS present
      ON found.is_compressed AND present.chunk = found.part::regclass
    LEFT JOIN timescaledb_information.hypertable_columnstore_settings AS wanted
      ON wanted.hypertable = found.hypertable_name::regclass
    CROSS JOIN LATERAL (
        SELECT CASE
            WHEN NOT found.is_compressed THEN 1
            WHEN (coalesce(present.segmentby, ''), present.orderby)
                 <> (coalesce(wanted.segmentby, ''), wanted.orderby) THEN 2
            WHEN pg_relation_size(found.part::regclass) > 16 * 1024 * 1024 THEN 3
        END AS rank
    ) AS ranked
    WHERE rank IS NOT NULL
    ORDER BY rank, range_end DESC
$$
----
-- Compresses a chunk; only one instance does at a time, and the result is whether this one did.
CREATE FUNCTION compress_part(wanted text, days integer) RETURNS boolean
LANGUAGE plpgsql SET lock_timeout = '10s' AS $$
BEGIN
    IF NOT pg_try_advisory_xact_lock(hashtext('flight-monitor columnstore'))
       OR NOT EXISTS (SELECT FROM chunks_to_compress(days) WHERE part = wanted) THEN
        RETURN FALSE;
    END IF;
    CALL convert_to_columnstore(wanted::regclass, if_not_columnstore => TRUE, recompress => TRUE);
    RETURN TRUE;
END
$$
----
-- The span of new chunks follows the rows of the last day. A chunk should fit into memory while it is written to,
-- and hold two million rows at most for all traffic at a moment to be read in a tenth of a second; but not so
-- many chunks that they take half of the locks a server has for them.
CREATE OR REPLACE FUNCTION fit_chunks(rows_wanted bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    rows_a_day numeric := (
        SELECT 24 * sum(state_vectors) / count(DISTINCT hour)
        FROM hourly_counts WHERE hour >= now() - INTERVAL '1 day'
    );
    rows_at_once bigint := CASE
        WHEN (SELECT count(*) FROM parts_of('state_vectors')) < most_parts() / 2
        THEN least(rows_wanted, 2000000) ELSE rows_wanted
    END;
    fitting interval := CASE
        WHEN 7 * rows_a_day <= rows_at_once THEN INTERVAL '7 days'
        WHEN rows_a_day <= rows_at_once THEN INTERVAL '1 day'
        WHEN rows_a_day / 4 <= rows_wanted THEN INTERVAL '6 hours'
        ELSE INTERVAL '1 hour'
    END;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('state_vectors chunks'));
    IF rows_a_day IS NOT NULL AND fitting IS DISTINCT FROM (
        SELECT time_interval FROM timescaledb_information.dimensions
        WHERE hypertable_schema = current_schema() AND hypertable_name = 'state_vectors'
    ) THEN
        PERFORM set_chunk_time_interval('state_vectors', fitting);
    END IF;
END
$$
