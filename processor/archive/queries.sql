-- claim: become the owner of a partition and learn where to go on; a new one begins at the oldest record
INSERT INTO ingest_offsets AS known
    (cluster_id, topic, partition, topic_id, ledger_start, next_offset, epoch, owner)
VALUES ($1, $2, $3, $4, $5, $5, 1, $6)
ON CONFLICT (cluster_id, topic, partition) DO UPDATE
    SET epoch = known.epoch + 1, owner = excluded.owner, updated_at = now()
RETURNING topic_id, next_offset, epoch;

-- advance: compare and set, all partitions or the caller rolls back; locked in order, so that two owners cannot deadlock
WITH span AS (
    SELECT * FROM unnest($4::int[], $5::bigint[], $6::bigint[], $7::bigint[])
        AS span (partition, lo, hi, epoch)
), locked AS (
    SELECT known.partition
    FROM ingest_offsets AS known JOIN span USING (partition)
    WHERE known.cluster_id = $1 AND known.topic = $2
      AND known.topic_id IS NOT DISTINCT FROM $3
      AND known.next_offset = span.lo AND known.epoch = span.epoch
    ORDER BY known.partition
    FOR UPDATE OF known
)
UPDATE ingest_offsets AS known
SET next_offset = span.hi, updated_at = now()
FROM span JOIN locked USING (partition)
WHERE known.cluster_id = $1 AND known.topic = $2 AND known.partition = span.partition
RETURNING known.partition;

-- positions: what became of a compare-and-set that found other numbers
SELECT partition, next_offset, epoch FROM ingest_offsets
WHERE cluster_id = $1 AND topic = $2 AND partition = ANY ($3::int[]);

-- make_partitions: room for rows of these days; a hypertable needs none
SELECT make_partitions($1::date[]);

-- create_staging: where rows wait that may be there already; once for each connection
CREATE TEMPORARY TABLE IF NOT EXISTS staging (
    LIKE state_vectors, from_partition int NOT NULL
) ON COMMIT DELETE ROWS;

-- insert_staged: what is not there yet, counted for each partition of the topic
WITH inserted AS (
    INSERT INTO state_vectors
    SELECT icao24, callsign, origin_country, time_position, last_contact, longitude, latitude,
           baro_altitude, on_ground, velocity, true_track, vertical_rate, sensors, geo_altitude,
           squawk, spi, position_source, category
    FROM staging
    ON CONFLICT (icao24, last_contact) DO NOTHING
    RETURNING icao24, last_contact
)
SELECT from_partition, count(*) AS n_inserted
FROM inserted JOIN staging USING (icao24, last_contact)
GROUP BY from_partition;

-- set_aside: messages that hold no state vector
INSERT INTO dead_letters
    (cluster_id, topic, partition, message_offset, key, headers, value, reason, published_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9);

-- record: what became of every message, in the transaction that made it true
INSERT INTO ingest_ledger
    (cluster_id, topic, partition, lo, hi, n_in, n_inserted, n_duplicate, n_dead, epoch)
SELECT $1, $2, * FROM unnest(
    $3::int[], $4::bigint[], $5::bigint[], $6::int[], $7::int[], $8::int[], $9::int[], $10::bigint[]
);

-- recorded: what a transaction stored whose acknowledgement was lost
SELECT partition, n_inserted FROM ingest_ledger
WHERE cluster_id = $1 AND topic = $2
  AND (partition, lo) IN (SELECT * FROM unnest($3::int[], $4::bigint[]));

-- drop_expired: state vectors older than they are to be kept, a day at a time
SELECT drop_state_vectors_before($1);

-- mark_expired: the audit counts rows only where none was dropped on purpose
INSERT INTO retention_marks (dropped_before) VALUES ($1) ON CONFLICT DO NOTHING;

-- prune_ledger: forget transactions older than the rows that they stored, from the oldest on
WITH pruned AS (
    DELETE FROM ingest_ledger WHERE committed_at < $1
    RETURNING cluster_id, topic, partition, hi
), newest AS (
    SELECT cluster_id, topic, partition, max(hi) AS hi FROM pruned GROUP BY 1, 2, 3
)
UPDATE ingest_offsets AS known SET ledger_start = newest.hi
FROM newest
WHERE (known.cluster_id, known.topic, known.partition)
    = (newest.cluster_id, newest.topic, newest.partition);

-- begin_anew: keep a lost log's offsets under another name, so that the next start begins anew
UPDATE ingest_offsets SET topic = $2 WHERE topic = $1 RETURNING cluster_id, partition, next_offset;

-- begin_anew_ledger: and its ledger,
UPDATE ingest_ledger SET topic = $2 WHERE topic = $1;

-- begin_anew_dead_letters: and what was set aside
UPDATE dead_letters SET topic = $2 WHERE topic = $1;

-- audit_tiling: where the ledger has a hole or an overlap, or does not end at next_offset
WITH tiles AS (
    SELECT cluster_id, topic, partition, lo, hi,
           lag(hi) OVER log AS previous_hi, lead(lo) OVER log AS next_lo
    FROM ingest_ledger
    WINDOW log AS (PARTITION BY cluster_id, topic, partition ORDER BY lo)
)
SELECT known.cluster_id, known.topic, known.partition, tiles.lo, tiles.hi,
       coalesce(tiles.previous_hi, known.ledger_start) AS expected_lo,
       coalesce(tiles.next_lo, known.next_offset) AS expected_hi
FROM ingest_offsets AS known
LEFT JOIN tiles USING (cluster_id, topic, partition)
WHERE (tiles.lo IS NULL AND known.next_offset <> known.ledger_start)
   OR tiles.lo <> coalesce(tiles.previous_hi, known.ledger_start)
   OR (tiles.next_lo IS NULL AND tiles.hi <> known.next_offset)
ORDER BY 1, 2, 3, 4
LIMIT 1;

-- audit_orphans: a ledger without its row of offsets
SELECT cluster_id, topic, partition, min(lo) AS lo FROM ingest_ledger
WHERE (cluster_id, topic, partition)
    NOT IN (SELECT cluster_id, topic, partition FROM ingest_offsets)
GROUP BY 1, 2, 3 LIMIT 1;

-- audit_totals: what the ledger says was stored
SELECT count(*) AS transactions, count(DISTINCT (cluster_id, topic, partition)) AS partitions,
       coalesce(sum(n_in), 0)::bigint AS n_in,
       coalesce(sum(n_inserted), 0)::bigint AS n_inserted,
       coalesce(sum(n_duplicate), 0)::bigint AS n_duplicate,
       coalesce(sum(n_dead), 0)::bigint AS n_dead
FROM ingest_ledger;

-- audit_dead_letters: each within a tile of the ledger; those of a pruned ledger aside
SELECT count(*) FROM dead_letters AS dead
JOIN ingest_ledger AS tile
  ON (tile.cluster_id, tile.topic, tile.partition) = (dead.cluster_id, dead.topic, dead.partition)
 AND dead.message_offset >= tile.lo AND dead.message_offset < tile.hi;

-- audit_rows: what is there
SELECT count(*) FROM state_vectors;

-- audit_is_whole: whether nothing was dropped or forgotten on purpose, so that sums must agree
SELECT NOT EXISTS (SELECT FROM retention_marks);

-- audit_unique: the index that makes a second row of one state vector impossible
SELECT count(*) FROM pg_index
WHERE indrelid = 'state_vectors'::regclass AND indisunique AND indisvalid;
