-- is_empty: whether there is nothing to compare at all
SELECT NOT EXISTS (SELECT FROM ingest_ledger)
   AND NOT EXISTS (SELECT FROM state_vectors)
   AND NOT EXISTS (SELECT FROM dead_letters)
   AND NOT EXISTS (SELECT FROM ingest_days WHERE n_rows > 0)
   AND NOT EXISTS (SELECT FROM ingest_offsets WHERE next_offset <> ledger_start);

-- tiling: the first place where the ledger has a hole or an overlap, or does not end at next_offset
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

-- new_tiling: whether the entries after the offsets that were checked before continue from there without
-- hole, overlap or change, up to next_offset
SELECT known.cluster_id, known.topic, known.partition, known.next_offset,
       coalesce(bool_and(tile.lo = tile.previous_hi AND tile.is_sealed), TRUE)
           AND coalesce(max(tile.hi), known.since) = known.next_offset AS is_sound
FROM (
    SELECT offsets.cluster_id, offsets.topic, offsets.partition, offsets.next_offset,
           coalesce(checked.hi, offsets.ledger_start) AS since
    FROM ingest_offsets AS offsets
    LEFT JOIN unnest($1::text[], $2::text[], $3::int[], $4::bigint[])
        AS checked (cluster_id, topic, partition, hi) USING (cluster_id, topic, partition)
) AS known
LEFT JOIN LATERAL (
    SELECT entry.lo, entry.hi, lag(entry.hi, 1, known.since) OVER (ORDER BY entry.lo) AS previous_hi,
           entry.seal IS NOT DISTINCT FROM CASE WHEN entry.seal IS NOT NULL THEN ledger_seal(
               entry.partition, entry.lo, entry.hi, entry.n_in, entry.n_inserted,
               entry.n_duplicate, entry.n_dead, entry.digest) END AS is_sealed
    FROM ingest_ledger AS entry
    WHERE (entry.cluster_id, entry.topic, entry.partition)
        = (known.cluster_id, known.topic, known.partition) AND entry.lo >= known.since
) AS tile ON TRUE
GROUP BY known.cluster_id, known.topic, known.partition, known.next_offset, known.since;

-- orphans: a ledger, or an account of rows, that has no row of offsets
SELECT cluster_id, topic, partition, min(lo) AS lo FROM (
    SELECT cluster_id, topic, partition, lo FROM ingest_ledger
    UNION ALL
    SELECT cluster_id, topic, partition, NULL FROM ingest_days WHERE partition >= 0
) AS known
WHERE NOT EXISTS (
    SELECT FROM ingest_offsets AS offsets
    WHERE (offsets.cluster_id, offsets.topic, offsets.partition)
        = (known.cluster_id, known.topic, known.partition)
)
GROUP BY 1, 2, 3 ORDER BY 1, 2, 3 LIMIT 1;

-- changed: an entry that differs from what was written
SELECT cluster_id, topic, partition, lo, hi FROM ingest_ledger
WHERE seal <> ledger_seal(partition, lo, hi, n_in, n_inserted, n_duplicate, n_dead, digest)
   OR (seal IS NULL AND digest IS NOT NULL) OR n_rows <> n_inserted + n_duplicate + n_dead
ORDER BY 1, 2, 3, 4 LIMIT 1;

-- totals: what the ledger says was stored
SELECT coalesce(sum(n_transactions), 0)::bigint AS n_transactions,
       (SELECT count(*) FROM (
           SELECT DISTINCT cluster_id, topic, partition FROM ingest_ledger) AS logs) AS n_partitions,
       coalesce(sum(n_in), 0)::bigint AS n_in,
       coalesce(sum(n_rows), 0)::bigint AS n_rows,
       coalesce(sum(n_inserted), 0)::bigint AS n_inserted,
       coalesce(sum(n_duplicate), 0)::bigint AS n_duplicate,
       coalesce(sum(n_dead), 0)::bigint AS n_dead,
       coalesce(sum(hi - lo - n_in), 0)::bigint AS n_gaps,
       coalesce(sum(n_inserted) FILTER (WHERE digest IS NULL), 0)::bigint AS n_without_digest
FROM ingest_ledger;

-- accounts: a partition whose account of the days differs from the sum of its ledger
SELECT cluster_id, topic, partition, coalesce(entries.n_rows, 0) AS n_entries,
       coalesce(days.n_rows, 0) AS n_days
FROM (
    SELECT cluster_id, topic, partition, sum(n_inserted) AS n_rows, as_bigint(sum(digest)) AS digest
    FROM ingest_ledger WHERE digest IS NOT NULL GROUP BY 1, 2, 3
) AS entries
FULL JOIN (
    SELECT cluster_id, topic, partition, sum(n_rows) AS n_rows, as_bigint(sum(digest)) AS digest
    FROM ingest_days WHERE partition >= 0 GROUP BY 1, 2, 3
) AS days USING (cluster_id, topic, partition)
WHERE coalesce(entries.n_rows, 0) <> coalesce(days.n_rows, 0)
   OR coalesce(entries.digest, 0) <> coalesce(days.digest, 0)
ORDER BY 1, 2, 3 LIMIT 1;

-- dead_letters: a partition that has another number of dead letters than its ledger. Where retention has deleted
-- some, the first offset that is kept is noted; older revisions of the tables lack that column
WITH kept AS MATERIALIZED (
    SELECT cluster_id, topic, partition,
           coalesce((to_jsonb(known) ->> 'dead_letters_start')::bigint, 0) AS since
    FROM ingest_offsets AS known
), tiles AS (
    SELECT entry.cluster_id, entry.topic, entry.partition, min(entry.lo) AS since,
           sum(entry.n_dead) AS n_recorded
    FROM ingest_ledger AS entry
    JOIN kept USING (cluster_id, topic, partition)
    WHERE entry.lo >= kept.since
    GROUP BY 1, 2, 3
), letters AS (
    SELECT tiles.*, (
        SELECT count(*) FROM dead_letters AS dead
        WHERE (dead.cluster_id, dead.topic, dead.partition)
            = (tiles.cluster_id, tiles.topic, tiles.partition) AND dead.message_offset >= tiles.since
    ) AS n_there
    FROM tiles
)
SELECT * FROM letters WHERE n_there <> n_recorded ORDER BY 1, 2, 3 LIMIT 1;

-- key: a part of the table in which one state vector could be stored twice
SELECT part.relation::text FROM (
    SELECT 'stored_state_vectors'::regclass AS relation
    UNION ALL
    SELECT inhrelid::regclass FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid
    WHERE inhparent = 'stored_state_vectors'::regclass AND relkind IN ('r', 'p')
) AS part
WHERE NOT EXISTS (
    SELECT FROM pg_index AS key
    WHERE key.indrelid = part.relation AND key.indisunique AND key.indisvalid AND key.indisready
      AND key.indimmediate AND key.indpred IS NULL AND key.indexprs IS NULL
      AND key.indnkeyatts = 2
      AND (
          SELECT array_agg(attname::text ORDER BY attname) FROM pg_attribute
          WHERE attrelid = part.relation AND attnum IN (key.indkey[0], key.indkey[1])
      ) = ARRAY['icao24', 'last_contact']
)
ORDER BY 1 LIMIT 1;

-- known_answer: the hash of one given row, to compare the server's hash with the archive's
SELECT hashint8extended(h, h) FROM (
    SELECT hash_record_extended(ROW(
        $1::text, $2::text, $3::text, $4::timestamptz, $5::timestamptz, $6::double precision,
        $7::double precision, $8::real, $9::boolean, $10::real, $11::real, $12::real,
        $13::integer[], $14::real, $15::text, $16::boolean, $17::smallint, $18::smallint
    ), 0) AS h OFFSET 0
) AS hashed;

-- acknowledged: where an operator gave up a log, and where the next log of that name began
SELECT gone.topic, gone.partition, gone.next_offset, next.ledger_start,
       next.topic_id IS NOT DISTINCT FROM gone.topic_id AS is_same_log
FROM (
    SELECT *, split_part(topic, '@', 1) AS name FROM ingest_offsets WHERE topic LIKE '%@%'
) AS gone
LEFT JOIN LATERAL (
    SELECT * FROM ingest_offsets AS other
    WHERE (other.cluster_id, other.partition) = (gone.cluster_id, gone.partition)
      AND (other.topic = gone.name
           OR (split_part(other.topic, '@', 1) = gone.name AND other.topic > gone.topic))
    ORDER BY other.topic = gone.name, other.topic LIMIT 1
) AS next ON TRUE
ORDER BY gone.topic, gone.partition;

-- bare_days: the days on which a version without digests stored something
SELECT DISTINCT (committed_at AT TIME ZONE 'UTC')::date AS day FROM ingest_ledger
WHERE digest IS NULL ORDER BY 1;

-- days: the days that rows were ever inserted into, and whether the inserted rows are known
SELECT day, bool_and(n_rows IS NOT NULL) AS is_known, bool_and(n_dropped IS NOT NULL) AS is_whole
FROM ingest_days GROUP BY day ORDER BY day;

-- retention_bounds: the time before which retention has deleted rows, by table
SELECT relation, dropped_before FROM retention_bounds
UNION ALL
SELECT 'state_vectors', max(dropped_before) FROM retention_marks HAVING count(*) > 0;

-- strays: the number of rows between days that have an account
SELECT count(*) FROM state_vectors WHERE last_contact >= $1 AND last_contact < $2;

-- total: the number of all rows, where retention has dropped none, and of all that were inserted
SELECT (SELECT count(*) FROM state_vectors) AS n_rows,
       (SELECT coalesce(sum(n_inserted), 0)::bigint FROM ingest_ledger) AS n_inserted;

-- expected: the rows that must be there of a day
SELECT coalesce(sum(n_rows - n_dropped), 0)::bigint AS n_rows,
       as_bigint(coalesce(sum(digest::numeric - digest_dropped), 0)) AS digest
FROM ingest_days WHERE day = $1;

-- stored: the rows that are there of a day, and how many of them are in minutes that are rolled up
SELECT count(*) AS n_rows, as_bigint(coalesce(sum(hashint8extended(h, h)), 0)) AS digest,
       count(*) FILTER (WHERE last_contact < $3) AS n_settled
FROM (
    SELECT last_contact, hash_record_extended(ROW(
        icao24, callsign, origin_country, time_position, last_contact, longitude, latitude,
        baro_altitude, on_ground, velocity, true_track, vertical_rate, sensors, geo_altitude, squawk,
        spi, position_source, category
    ), 0) AS h
    FROM state_vectors WHERE last_contact >= $1 AND last_contact < $2 OFFSET 0
) AS hashed;

-- settled: the time up to which the minutes of a day are rolled up
SELECT coalesce(min(minute), $2) FROM touched_minutes WHERE minute >= $1 AND minute < $2;

-- minutes: how many state vectors the minutes of a day were rolled up from
SELECT coalesce(sum(state_vectors), 0)::bigint FROM minutely_state_vectors
WHERE minute >= $1 AND minute < $2;

-- hours: an hour that differs from the sum of its minutes, although it is not marked
SELECT hour, coalesce(minutes.n, 0) AS n_minutes, coalesce(hours.n, 0) AS n_hours
FROM (
    SELECT date_trunc('hour', minute) AS hour, sum(state_vectors) AS n FROM minutely_state_vectors
    WHERE minute >= $1 AND minute < $2 GROUP BY 1
) AS minutes
FULL JOIN (
    SELECT hour, sum(state_vectors) AS n FROM hourly_counts
    WHERE hour >= $1 AND hour < $2 GROUP BY 1
) AS hours USING (hour)
WHERE coalesce(minutes.n, 0) <> coalesce(hours.n, 0)
  AND hour NOT IN (SELECT hour FROM touched_hours)
ORDER BY hour LIMIT 1;

-- without_flight: an aircraft that was observed on a day at a time that no flight covers
SELECT seen.icao24, seen.last_contact FROM (
    SELECT icao24, unnest(ARRAY[min(last_contact), max(last_contact)]) AS last_contact
    FROM minutely_state_vectors WHERE minute >= $1 AND minute < $2 GROUP BY icao24
) AS seen
LEFT JOIN LATERAL (
    SELECT flight.ends_before FROM flight_legs AS flight
    WHERE flight.icao24 = seen.icao24 AND flight.first_seen <= seen.last_contact
    ORDER BY flight.first_seen DESC LIMIT 1
) AS flight ON TRUE
WHERE flight.ends_before IS NULL OR flight.ends_before <= seen.last_contact
ORDER BY 1, 2 LIMIT 1;

-- tiles: the ledger entries of a partition whose messages the log may still hold
SELECT lo, hi, n_in, n_rows FROM ingest_ledger
WHERE cluster_id = $1 AND topic = $2 AND partition = $3 AND lo >= $4
ORDER BY lo;

-- whole_dead_letters: the offsets of messages of a partition that were set aside as a whole
SELECT message_offset FROM dead_letters
WHERE cluster_id = $1 AND topic = $2 AND partition = $3 AND message_offset >= $4
  AND row_index IS NULL;

-- offsets: the stored offset of each partition of a log
SELECT partition, next_offset, topic_id FROM ingest_offsets
WHERE cluster_id = $1 AND topic = $2 ORDER BY partition;

-- hide_tables: temporary tables under the names of the derived tables, and views of the real ones
CREATE TEMPORARY VIEW stored_flights AS TABLE flight_legs;
CREATE TEMPORARY VIEW stored_minutes AS TABLE minutely_state_vectors;
CREATE TEMPORARY VIEW stored_hours AS TABLE hourly_counts;
CREATE TEMPORARY TABLE flight_legs (LIKE flight_legs INCLUDING ALL);
CREATE TEMPORARY TABLE minutely_state_vectors (LIKE minutely_state_vectors INCLUDING ALL);
CREATE TEMPORARY TABLE hourly_counts (LIKE hourly_counts INCLUDING ALL);

-- flight_columns: which columns of a flight come from segmentation and which from measuring; airports are compared
-- by themselves. Those that are sums of floating-point numbers are rounded, because the order of addition may differ
SELECT string_agg(shown, ', ') FILTER (WHERE NOT is_measured) AS segmented_columns,
       'icao24, first_seen, ' || string_agg(shown, ', ') FILTER (WHERE is_measured)
           AS measured_columns
FROM (
    SELECT CASE WHEN atttypid = 'double precision'::regtype
                THEN format('round(%I::numeric, 6) AS %1$I', attname)
                ELSE format('%I', attname) END AS shown,
           attname = ANY (measure.proargnames) AND attname NOT IN ('first_seen', 'ends_before')
               AS is_measured
    FROM pg_attribute
    CROSS JOIN (SELECT proargnames FROM pg_proc WHERE proname = 'measure_flight') AS measure
    WHERE attrelid = 'pg_temp.flight_legs'::regclass AND attnum > 0 AND NOT attisdropped
      AND attname NOT IN ('takeoff_airport', 'landing_airport', 'airports_due')
    ORDER BY attnum
) AS flight;

-- next_aircraft: the next aircraft that has state vectors
SELECT icao24 FROM state_vectors WHERE icao24 > $1 ORDER BY icao24 LIMIT 1;

-- clear_flights: delete the flights of the aircraft before
DELETE FROM pg_temp.flight_legs;

-- copy_flights: copy flights as they are stored, to be segmented again
INSERT INTO pg_temp.flight_legs SELECT * FROM stored_flights WHERE icao24 = ANY ($1::text[]);

-- rebuild_starts: from where on to segment each aircraft's flights again, as rebuild does
SELECT kept.icao24, coalesce(flight.ends_before, kept.since) AS since
FROM (
    SELECT icao24, min(last_contact) AS since FROM state_vectors
    WHERE icao24 = ANY ($1::text[]) GROUP BY icao24
) AS kept
LEFT JOIN pg_temp.flight_legs AS flight
  ON flight.icao24 = kept.icao24 AND flight.first_seen < kept.since AND flight.ends_before > kept.since
WHERE flight.ends_before IS DISTINCT FROM 'infinity';

-- measured_flights: flights that are stored with measures of all their state vectors, and whether they have airports,
-- which maintenance derives by and by for flights from before there were any
SELECT made.icao24, made.first_seen, stored.airports_due IS NULL AS has_airports FROM pg_temp.flight_legs AS made
JOIN stored_flights AS stored USING (icao24, first_seen)
WHERE stored.last_seen IS NOT NULL AND made.first_seen >= coalesce(
    (SELECT max(dropped_before) FROM retention_marks), '-infinity'
);

-- different_flight: a flight that differs, among those that have all their state vectors
WITH made AS (
    SELECT {columns} FROM pg_temp.flight_legs WHERE {condition}
), stored AS (
    SELECT {columns} FROM stored_flights WHERE icao24 = ANY ($1::text[]) AND {condition}
)
SELECT icao24, first_seen FROM (
    (TABLE made EXCEPT TABLE stored) UNION ALL (TABLE stored EXCEPT TABLE made)
) AS different
WHERE first_seen >= coalesce((SELECT max(dropped_before) FROM retention_marks), '-infinity')
ORDER BY 1, 2 LIMIT 1;

-- count_flights: the number of flights that were computed again
SELECT count(*) FROM pg_temp.flight_legs;

-- derived_days: the days whose minutes can be computed again: neither the minutes nor their rows were dropped
SELECT DISTINCT day FROM ingest_days
WHERE n_rows IS DISTINCT FROM n_dropped AND NOT EXISTS (
    SELECT FROM retention_bounds
    WHERE relation = 'minutely_state_vectors'
      AND dropped_before > day::timestamp AT TIME ZONE 'UTC'
) AND day::timestamp AT TIME ZONE 'UTC'
    >= coalesce((SELECT max(dropped_before) FROM retention_marks), '-infinity')
ORDER BY day;

-- is_unsettled: whether anything of an hour is marked to be rolled up
SELECT EXISTS (
    SELECT FROM touched_minutes WHERE minute >= $1 AND minute < $1 + INTERVAL '1 hour'
) OR EXISTS (SELECT FROM touched_hours WHERE hour = $1);

-- clear_hour: delete the minutes and counts of the hour before
WITH minutes AS (DELETE FROM pg_temp.minutely_state_vectors) DELETE FROM pg_temp.hourly_counts;

-- different_minute: a minute of an aircraft that differs
SELECT minute, icao24 FROM (
    (TABLE pg_temp.minutely_state_vectors EXCEPT
     SELECT * FROM stored_minutes WHERE minute >= $1 AND minute < $1 + INTERVAL '1 hour')
    UNION ALL
    (SELECT * FROM stored_minutes WHERE minute >= $1 AND minute < $1 + INTERVAL '1 hour'
     EXCEPT TABLE pg_temp.minutely_state_vectors)
) AS different
ORDER BY 1, 2 LIMIT 1;

-- different_hour: a country of an hour whose counts differ
SELECT origin_country FROM (
    (TABLE pg_temp.hourly_counts EXCEPT SELECT * FROM stored_hours WHERE hour = $1)
    UNION ALL
    (SELECT * FROM stored_hours WHERE hour = $1 EXCEPT TABLE pg_temp.hourly_counts)
) AS different
ORDER BY 1 LIMIT 1;

-- has_minutes: whether there was anything to compare
SELECT EXISTS (SELECT FROM pg_temp.minutely_state_vectors);
