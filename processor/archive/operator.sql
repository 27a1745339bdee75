-- status: what an operator wants to know at a glance; numbers of rows of large tables are the planner's estimates
SELECT
    current_setting('server_version') AS server,
    (SELECT extversion FROM pg_extension WHERE extname = 'timescaledb') AS timescaledb,
    pg_database_size(current_database()) AS n_bytes,
    (SELECT max(committed_at) FROM ingest_ledger WHERE topic = $1 AND committed_at > now() - INTERVAL '1 day')
        AS committed_at,
    now() AS server_now,
    (SELECT last_contact FROM state_vectors ORDER BY last_contact DESC LIMIT 1) AS newest,
    (SELECT last_contact FROM state_vectors ORDER BY last_contact LIMIT 1) AS oldest,
    (SELECT coalesce(sum(n_rows - coalesce(n_dropped, 0)), 0)::bigint FROM ingest_days) AS n_state_vectors,
    (SELECT count(*) FROM touched_minutes) AS n_minutes_waiting,
    (SELECT count(*) FROM touched_hours) AS n_hours_waiting;

-- partitions: how far each partition of a topic is stored, and by which instance
SELECT cluster_id, partition, next_offset, owner, updated_at
FROM ingest_offsets WHERE topic = $1 ORDER BY cluster_id, partition;

-- reasons: how many dead letters there are by reason, the most frequent first, and how many of all reasons
SELECT regexp_replace(reason, '[0-9]+', 'N', 'g') AS reason, count(*) AS n_letters,
       max(recorded_at) AS newest, (sum(count(*)) OVER ())::bigint AS n_all
FROM dead_letters WHERE topic = $1 AND position($2 IN reason) > 0
GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 20;

-- newest_letters: the newest dead letters whose reason contains a text
SELECT partition, message_offset, row_index, reason, key, headers, value, published_at, recorded_at
FROM dead_letters WHERE topic = $1 AND position($2 IN reason) > 0
ORDER BY recorded_at DESC, partition, message_offset DESC, row_index DESC LIMIT $3;

-- letters_at: the dead letters of a message, or of one of its rows
SELECT partition, message_offset, row_index, reason, key, headers, value, published_at, recorded_at
FROM dead_letters
WHERE topic = $1 AND partition = $2 AND message_offset = $3 AND ($4::int IS NULL OR row_index = $4)
ORDER BY row_index, recorded_at LIMIT 1000;

-- count_letters: how many dead letters were recorded before a time; all if it is null
SELECT count(*) FROM dead_letters WHERE $1::timestamptz IS NULL OR recorded_at < $1;
