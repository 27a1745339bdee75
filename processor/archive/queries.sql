-- claim: become the owner of a partition and read its stored offset; a new partition begins at the oldest record
INSERT INTO ingest_offsets AS known
    (cluster_id, topic, partition, topic_id, ledger_start, next_offset, epoch, owner)
VALUES ($1, $2, $3, $4, $5, $5, 1, $6)
ON CONFLICT (cluster_id, topic, partition) DO UPDATE
    SET epoch = known.epoch + 1, owner = excluded.owner, updated_at = now()
RETURNING topic_id, next_offset, epoch;

-- end_overdue: end sessions of former owners that have waited in a COPY for their process for longer than a statement
-- may take. The server applies no timeout to that wait, so a process that sleeps there would keep its locks
SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
WHERE datname = current_database() AND usename = current_user AND pid <> pg_backend_pid()
    AND application_name LIKE 'flight-monitor archive %'
    AND state = 'active' AND wait_event = 'ClientRead'
    AND query_start < clock_timestamp() - current_setting('statement_timeout')::interval;

-- advance: compare and set the stored offset of each partition; if fewer rows come back than partitions
-- were given, the caller rolls back. Rows are locked in order of partition, so that two owners cannot deadlock
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

-- stored_offsets: what the rows hold after a compare-and-set that did not match
SELECT partition, next_offset, epoch FROM ingest_offsets
WHERE cluster_id = $1 AND topic = $2 AND partition = ANY ($3::int[]);

-- missing_days: the days among these that have no part yet; a hypertable makes the parts of recent days by itself
SELECT missing_days('stored_state_vectors', $1::date[]);

-- make_partitions: make the parts for rows of these days; a hypertable makes its chunks by itself
SELECT make_partitions($1::date[]);

-- make_coming_partitions: make the parts for today and the given number of days ahead, by the server's calendar
SELECT make_coming_partitions($1);

-- create_staging: the table that rows are copied into while some of them may be stored already; once for each connection
CREATE TEMPORARY TABLE IF NOT EXISTS staging (LIKE stored_state_vectors) ON COMMIT DELETE ROWS;

-- insert_staged: insert the staged rows that are not stored yet
INSERT INTO stored_state_vectors SELECT * FROM staging
ON CONFLICT (icao24, last_contact) DO NOTHING
RETURNING icao24, last_contact;

-- set_aside: store messages, and rows of messages, that are no state vectors as dead letters
INSERT INTO dead_letters
    (cluster_id, topic, partition, message_offset, row_index, key, headers, value, reason, published_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10);

-- record: enter the outcome of every row in the ledger, in the transaction that stores the messages
INSERT INTO ingest_ledger
    (cluster_id, topic, partition, lo, hi, n_in, n_rows, n_inserted, n_duplicate, n_dead, epoch,
     digest, seal)
SELECT $1, $2, span.*,
       ledger_seal(partition, lo, hi, n_in, n_inserted, n_duplicate, n_dead, digest)
FROM unnest(
    $3::int[], $4::bigint[], $5::bigint[], $6::int[], $7::int[], $8::int[], $9::int[], $10::int[],
    $11::bigint[], $12::bigint[]
) AS span (partition, lo, hi, n_in, n_rows, n_inserted, n_duplicate, n_dead, epoch, digest);

-- account: add the transaction's rows to the account of each day; only the owner of a partition writes its rows
INSERT INTO ingest_days AS known (cluster_id, topic, partition, day, n_rows, digest)
SELECT $1, $2, * FROM unnest($3::int[], $4::date[], $5::bigint[], $6::bigint[])
ON CONFLICT (cluster_id, topic, partition, day) DO UPDATE
    SET n_rows = known.n_rows + excluded.n_rows,
        digest = as_bigint(known.digest::numeric + excluded.digest);

-- recorded: what a transaction stored, if its acknowledgement was lost
SELECT partition, n_inserted FROM ingest_ledger
WHERE cluster_id = $1 AND topic = $2
  AND (partition, lo) IN (SELECT * FROM unnest($3::int[], $4::bigint[]));

-- retention_limit: the time before which data may be deleted that are kept for so many days; null if nothing may be deleted
SELECT retention_limit($1);

-- drop_expired: drop the oldest day or chunk of state vectors, if all of it is older than the limit
SELECT part, ends_before FROM drop_state_vectors_before($1);

-- mark_expired: retention has dropped the state vectors before this time, so the account of those days changes.
-- Days without rows are closed; of days that have lost a part of their rows, where chunks of several days and of
-- hours lie side by side, the number that is left is unknown. Returns the rows of the days that it has closed
WITH marked AS (
    INSERT INTO retention_marks (dropped_before) VALUES ($1) ON CONFLICT DO NOTHING
), accounted AS (
    SELECT cluster_id, topic, partition, day, n_rows, n_dropped, digest,
           sum(n_rows - n_dropped) OVER (PARTITION BY day) AS n_expected
    FROM ingest_days
    WHERE day < ($1 AT TIME ZONE 'UTC')::date AND n_dropped IS DISTINCT FROM n_rows
), counted AS MATERIALIZED (
    SELECT day, rows_of_day(day) AS n_left
    FROM (SELECT DISTINCT day FROM accounted) AS days
)
UPDATE ingest_days AS known
SET n_dropped = CASE WHEN n_left = 0 THEN coalesce(accounted.n_rows, 0) END,
    digest_dropped = CASE WHEN n_left = 0 THEN coalesce(accounted.digest, 0) END,
    n_rows = CASE WHEN n_left = 0 THEN coalesce(known.n_rows, 0) ELSE known.n_rows END,
    digest = CASE WHEN n_left = 0 THEN coalesce(known.digest, 0) ELSE known.digest END
FROM accounted JOIN counted USING (day)
WHERE (known.cluster_id, known.topic, known.partition, known.day)
    = (accounted.cluster_id, accounted.topic, accounted.partition, accounted.day)
  AND (n_left = 0 OR n_left < n_expected)
RETURNING CASE WHEN n_left = 0 THEN coalesce(accounted.n_rows, 0) - coalesce(accounted.n_dropped, 0) ELSE 0 END
    AS n_rows;

-- merge_ledger: merge the ledger entries of each day that has been over for so many days into one entry of
-- each partition. The totals stay equal, in a hundred-thousandth of the rows. A hole, an overlap or a changed
-- entry is never merged, because the audit has to find it
WITH due AS (
    SELECT known.cluster_id, known.topic, known.partition, tile.*,
           lag(tile.hi, 1, known.merged_to) OVER log AS previous_hi
    FROM (
        SELECT offsets.cluster_id, offsets.topic, offsets.partition, coalesce((
            SELECT max(entry.hi) FROM ingest_ledger AS entry
            WHERE (entry.cluster_id, entry.topic, entry.partition)
                = (offsets.cluster_id, offsets.topic, offsets.partition) AND entry.is_merged
        ), offsets.ledger_start) AS merged_to
        FROM ingest_offsets AS offsets
    ) AS known
    CROSS JOIN LATERAL (
        SELECT entry.committed_at FROM ingest_ledger AS entry
        WHERE (entry.cluster_id, entry.topic, entry.partition)
            = (known.cluster_id, known.topic, known.partition) AND entry.lo >= known.merged_to
        ORDER BY entry.lo LIMIT 1
    ) AS oldest
    CROSS JOIN LATERAL (
        SELECT entry.lo, entry.hi, (entry.committed_at AT TIME ZONE 'UTC')::date AS day,
               entry.committed_at >= date_trunc('day', now(), 'UTC') - make_interval(days => $1) AS is_young, entry.digest IS NULL AS is_bare,
               entry.seal <> ledger_seal(
                   entry.partition, entry.lo, entry.hi, entry.n_in, entry.n_inserted,
                   entry.n_duplicate, entry.n_dead, entry.digest) AS is_changed
        FROM ingest_ledger AS entry
        WHERE (entry.cluster_id, entry.topic, entry.partition)
            = (known.cluster_id, known.topic, known.partition) AND entry.lo >= known.merged_to
        ORDER BY entry.lo LIMIT $2
    ) AS tile
    WHERE oldest.committed_at < date_trunc('day', now(), 'UTC') - make_interval(days => $1)
    WINDOW log AS (PARTITION BY known.cluster_id, known.topic, known.partition ORDER BY tile.lo)
), sound AS (
    SELECT due.*, count(*) FILTER (WHERE lo <> previous_hi OR is_young OR is_changed) OVER log
               AS faults,
           (day, is_bare) IS DISTINCT FROM lag((day, is_bare)) OVER log AS begins
    FROM due
    WINDOW log AS (PARTITION BY cluster_id, topic, partition ORDER BY lo)
), runs AS (
    SELECT *, count(*) FILTER (WHERE begins) OVER (
        PARTITION BY cluster_id, topic, partition ORDER BY lo) AS run
    FROM sound WHERE faults = 0
), merged AS (
    DELETE FROM ingest_ledger AS entry USING runs
    WHERE (entry.cluster_id, entry.topic, entry.partition, entry.lo)
        = (runs.cluster_id, runs.topic, runs.partition, runs.lo)
    RETURNING entry.*, runs.run
), day AS (
    SELECT cluster_id, topic, partition, min(lo) AS lo, max(hi) AS hi, sum(n_in)::int AS n_in,
           sum(n_rows)::int AS n_rows, sum(n_inserted)::int AS n_inserted, sum(n_duplicate)::int AS n_duplicate,
           sum(n_dead)::int AS n_dead, max(epoch) AS epoch, max(committed_at) AS committed_at,
           as_bigint(sum(digest)) AS digest, sum(n_transactions) AS n_transactions
    FROM merged GROUP BY cluster_id, topic, partition, run
)
INSERT INTO ingest_ledger
    (cluster_id, topic, partition, lo, hi, n_in, n_rows, n_inserted, n_duplicate, n_dead, epoch,
     committed_at, digest, n_transactions, seal, is_merged)
SELECT day.*, ledger_seal(partition, lo, hi, n_in, n_inserted, n_duplicate, n_dead, digest), TRUE
FROM day;

-- dead_letters_limit: the time before which the dead letters exceed so many rows or bytes; null if they do not.
-- Values that are stored compressed count with their compressed size
SELECT max(recorded_at) + INTERVAL '1 microsecond' FROM (
    SELECT recorded_at, row_number() OVER newest_first AS n_rows,
           sum(100 + pg_column_size(headers) + pg_column_size(reason)
               + coalesce(pg_column_size(key), 0) + coalesce(pg_column_size(value), 0))
               OVER newest_first AS n_bytes
    FROM dead_letters
    WINDOW newest_first AS (ORDER BY recorded_at DESC ROWS UNBOUNDED PRECEDING)
) AS counted
WHERE n_rows > $1 OR n_bytes > $2;

-- delete_expired_dead_letters: delete a number of dead letters, the oldest first, and note the first offset of
-- each partition whose dead letters are kept
WITH expired AS (
    DELETE FROM dead_letters
    WHERE (cluster_id, topic, partition, message_offset) IN (
        SELECT cluster_id, topic, partition, message_offset FROM dead_letters
        WHERE recorded_at < $1 ORDER BY recorded_at LIMIT $2
    )
    RETURNING cluster_id, topic, partition, message_offset
), newest AS (
    SELECT cluster_id, topic, partition, max(message_offset) + 1 AS next FROM expired GROUP BY 1, 2, 3
), noted AS (
    UPDATE ingest_offsets AS known
    SET dead_letters_start = greatest(known.dead_letters_start, newest.next)
    FROM newest
    WHERE (known.cluster_id, known.topic, known.partition)
        = (newest.cluster_id, newest.topic, newest.partition)
)
SELECT count(*) FROM expired;

-- reset_offsets: keep the offsets of a lost log under another name, so that the next start begins at the oldest message
UPDATE ingest_offsets SET topic = $2 WHERE topic = $1 RETURNING cluster_id, partition, next_offset;

-- reset_offsets_ledger: keep the ledger of the log under that name
UPDATE ingest_ledger SET topic = $2 WHERE topic = $1;

-- reset_offsets_days: keep the account of its days under that name
UPDATE ingest_days SET topic = $2 WHERE topic = $1;

-- reset_offsets_dead_letters: keep its dead letters under that name
UPDATE dead_letters SET topic = $2 WHERE topic = $1;

-- flight_states: the newest flight of the aircraft of new rows and its two newest state vectors, without these rows.
-- They may have expired; then the silence since is so long that the next state vector begins another flight
SELECT flight.icao24, flight.first_seen, flight.callsign, flight.origin_country, flight.take_off, flight.landing,
       coalesce(newest.contacts[1], flight.last_seen, flight.first_seen) AS last_contact,
       -- Flights from before the migration that added the column have no value.
       coalesce(flight.airborne, flight.take_off IS NOT NULL OR flight.landing IS NOT NULL
                              OR newest.on_grounds[1] IS NOT TRUE) AS airborne,
       newest.contacts[1] AS newest_contact, newest.callsigns[1] AS newest_callsign,
       newest.on_grounds[1] AS newest_on_ground,
       newest.contacts[2] AS before_contact, newest.callsigns[2] AS before_callsign,
       newest.on_grounds[2] AS before_on_ground
FROM (SELECT DISTINCT icao24 FROM unnest($1::text[], $2::timestamptz[]) AS new (icao24, last_contact)) AS requested
CROSS JOIN LATERAL (
    SELECT * FROM flight_legs AS flight
    WHERE flight.icao24 = requested.icao24 ORDER BY flight.first_seen DESC LIMIT 1
) AS flight
CROSS JOIN LATERAL (
    SELECT array_agg(two.last_contact) AS contacts, array_agg(two.callsign) AS callsigns,
           array_agg(two.on_ground) AS on_grounds
    FROM (
        SELECT state.last_contact, state.callsign, state.on_ground FROM state_vectors AS state
        WHERE state.icao24 = requested.icao24 AND state.last_contact >= flight.first_seen
          AND (state.icao24, state.last_contact) NOT IN (SELECT * FROM unnest($1::text[], $2::timestamptz[]))
        ORDER BY state.last_contact DESC LIMIT 2
    ) AS two
) AS newest;

-- neighbours: the two state vectors before and the one after each late one, without those that arrived with
-- it. Late ones from before all that is kept are left out: nothing around them is known. $5 is the silence that
-- ends a flight
SELECT late.icao24, late.last_contact, late.callsign, late.on_ground,
       before.contacts[2] AS first_contact, before.callsigns[2] AS first_callsign,
       before.on_grounds[2] AS first_on_ground,
       before.contacts[1] AS second_contact, before.callsigns[1] AS second_callsign,
       before.on_grounds[1] AS second_on_ground,
       after.last_contact AS after_contact, after.on_ground AS after_on_ground
FROM (
    SELECT *, array_agg(last_contact) OVER (PARTITION BY icao24) AS contacts
    FROM unnest($1::text[], $2::timestamptz[], $3::text[], $4::boolean[])
        AS late (icao24, last_contact, callsign, on_ground)
) AS late
CROSS JOIN LATERAL (
    SELECT array_agg(two.last_contact) AS contacts, array_agg(two.callsign) AS callsigns,
           array_agg(two.on_ground) AS on_grounds
    FROM (
        SELECT state.last_contact, state.callsign, state.on_ground FROM state_vectors AS state
        WHERE state.icao24 = late.icao24 AND state.last_contact < late.last_contact
          AND state.last_contact >= late.last_contact - 2 * $5::interval
          AND state.last_contact <> ALL (late.contacts)
        ORDER BY state.last_contact DESC LIMIT 2
    ) AS two
) AS before
LEFT JOIN LATERAL (
    SELECT state.last_contact, state.on_ground FROM state_vectors AS state
    WHERE state.icao24 = late.icao24 AND state.last_contact > late.last_contact
      AND state.last_contact <= late.last_contact + $5::interval
      AND state.last_contact <> ALL (late.contacts)
    ORDER BY state.last_contact LIMIT 1
) AS after ON TRUE
WHERE late.last_contact >= coalesce(
    (SELECT max(dropped_before) FROM retention_marks), '-infinity'
);

-- withdraw_flights: delete the flights that must be segmented again, and return from where on. That is from the
-- flight that a late state vector belongs to, or from the flight before it where no silence separates the two.
-- A flight that began before all that is kept stays; then it is from the first state vector after that flight.
-- $3 is the silence that ends a flight
WITH kept AS (
    SELECT coalesce(max(dropped_before), '-infinity') AS since FROM retention_marks
), own AS (
    SELECT late.icao24, late.last_contact, flight.first_seen, flight.last_seen, flight.ends_before,
           kept.since AS kept_since, flight.first_seen < kept.since AS is_older
    FROM unnest($1::text[], $2::timestamptz[]) AS late (icao24, last_contact)
    CROSS JOIN kept
    LEFT JOIN LATERAL (
        SELECT * FROM flight_legs AS flight
        WHERE flight.icao24 = late.icao24 AND flight.first_seen <= greatest(late.last_contact, kept.since)
        ORDER BY flight.first_seen DESC LIMIT 1
    ) AS flight ON TRUE
), own_starts AS (
    SELECT own.icao24, own.kept_since, CASE
        WHEN own.is_older THEN (
            SELECT min(state.last_contact) FROM state_vectors AS state
            WHERE state.icao24 = own.icao24 AND state.last_contact >= own.kept_since
              AND state.last_contact
                  >= least(own.ends_before, own.last_seen + $3::interval + INTERVAL '1 second')
        )
        ELSE coalesce(own.first_seen, own.last_contact)
    END AS first_seen
    FROM own
), candidates AS (
    SELECT icao24, first_seen, TRUE AS is_own FROM own_starts WHERE first_seen IS NOT NULL
    UNION ALL
    SELECT own_starts.icao24, before.first_seen, FALSE
    FROM own_starts
    CROSS JOIN LATERAL (
        SELECT flight.first_seen FROM flight_legs AS flight
        WHERE flight.icao24 = own_starts.icao24 AND flight.first_seen < own_starts.first_seen
          AND flight.first_seen >= own_starts.kept_since
        ORDER BY flight.first_seen DESC LIMIT 1
    ) AS before
), judged AS (
    SELECT candidates.*,
           -- No silence separates it from what came before, which may have expired.
           EXISTS (
               SELECT FROM state_vectors AS state
               WHERE state.icao24 = candidates.icao24
                 AND state.last_contact < candidates.first_seen
                 AND state.last_contact >= candidates.first_seen - $3::interval
           ) OR EXISTS (
               SELECT FROM flight_legs AS flight
               WHERE flight.icao24 = candidates.icao24 AND flight.first_seen < candidates.first_seen
                 AND flight.last_seen >= candidates.first_seen - $3::interval
           ) AS is_certain
    FROM candidates
), starts AS (
    SELECT DISTINCT ON (icao24) icao24, first_seen, is_certain
    FROM (
        SELECT *, bool_or(is_certain) FILTER (WHERE is_own)
                      OVER (PARTITION BY icao24) AS reaches_back
        FROM judged
    ) AS possible
    WHERE is_own OR reaches_back
    ORDER BY icao24, first_seen
), closed AS (
    UPDATE flight_legs AS flight SET ends_before = starts.first_seen
    FROM own JOIN starts USING (icao24)
    WHERE own.is_older AND flight.icao24 = own.icao24 AND flight.first_seen = own.first_seen
      AND flight.ends_before > starts.first_seen
), withdrawn AS (
    DELETE FROM flight_legs AS flight USING starts
    WHERE flight.icao24 = starts.icao24 AND flight.first_seen >= starts.first_seen
    RETURNING flight.icao24, flight.first_seen, flight.take_off
)
SELECT starts.icao24, starts.first_seen, starts.is_certain,
       coalesce(withdrawn.take_off = starts.first_seen, FALSE) AS starts_with_take_off
FROM starts LEFT JOIN withdrawn USING (icao24, first_seen);

-- observations: all observations that flights are segmented from, since the given times
SELECT state.icao24, state.last_contact, state.callsign, state.origin_country, state.on_ground,
       state.velocity, coalesce(state.baro_altitude, state.geo_altitude) AS altitude
FROM unnest($1::text[], $2::timestamptz[]) AS requested (icao24, since)
JOIN state_vectors AS state
  ON state.icao24 = requested.icao24 AND state.last_contact >= requested.since
ORDER BY state.icao24, state.last_contact;

-- save_flights: store flights that began or changed. They are to be measured again, unless the state vectors
-- that they were measured from may have expired
INSERT INTO flight_legs AS flight
    (icao24, first_seen, callsign, origin_country, take_off, landing, ends_before, airborne)
SELECT icao24, first_seen, callsign, origin_country, take_off, landing,
       coalesce(ends_before, 'infinity'), airborne
FROM unnest(
    $1::text[], $2::timestamptz[], $3::text[], $4::text[], $5::timestamptz[], $6::timestamptz[],
    $7::timestamptz[], $8::boolean[]
) AS segmented (icao24, first_seen, callsign, origin_country, take_off, landing, ends_before, airborne)
ON CONFLICT (icao24, first_seen) DO UPDATE
    SET callsign = excluded.callsign, take_off = excluded.take_off, landing = excluded.landing,
        ends_before = excluded.ends_before, airborne = excluded.airborne,
        airports_due = now(),
        takeoff_airport = CASE WHEN flight.take_off IS NOT DISTINCT FROM excluded.take_off
                               THEN flight.takeoff_airport END,
        last_seen = CASE WHEN flight.first_seen < (SELECT max(dropped_before) FROM retention_marks)
                         THEN flight.last_seen END;

-- invalidate_flights: have flights measured again that old state vectors were added to, also while they are
-- being measured; not flights whose other state vectors may have expired
UPDATE flight_legs AS flight SET last_seen = NULL, airports_due = now(), takeoff_airport = NULL
FROM unnest($1::text[], $2::timestamptz[]) AS late (icao24, last_contact)
WHERE flight.icao24 = late.icao24
  AND late.last_contact >= flight.first_seen AND late.last_contact < flight.ends_before
  AND flight.first_seen >= coalesce((SELECT max(dropped_before) FROM retention_marks), '-infinity');

-- mark_minutes_dirty: mark minutes whose rollup must be computed again, for all aircraft. Returns the minutes that
-- it does not mark, because their hour was counted, and so were they: of those single aircraft are marked
WITH fresh AS (
    INSERT INTO touched_minutes (minute)
    SELECT minute FROM unnest($1::timestamptz[]) AS minute
    WHERE NOT EXISTS (
        SELECT FROM hourly_counts WHERE hour = date_trunc('hour', minute, 'UTC'))
)
SELECT minute FROM unnest($1::timestamptz[]) AS minute
WHERE EXISTS (SELECT FROM hourly_counts WHERE hour = date_trunc('hour', minute, 'UTC'));

-- mark_aircraft_dirty: mark the minutes of single aircraft whose rollup must be computed again
INSERT INTO touched_minutes (minute, icao24)
SELECT * FROM unnest($1::timestamptz[], $2::text[]);

-- lock_dirty_flights: flights that are over and not measured yet; those that another session changes at the
-- moment or has changed just before are left for a later run, because old state vectors seldom come alone, and
-- the archive would wait with the next one for the measuring
SELECT icao24, first_seen, airports_due FROM flight_legs AS flight
WHERE flight.last_seen IS NULL
  AND (flight.ends_before < now() - INTERVAL '1 hour'
       OR (flight.first_seen < now() - INTERVAL '1 day' AND NOT EXISTS (
           SELECT FROM state_vectors AS state
           WHERE state.icao24 = flight.icao24 AND state.last_contact >= now() - INTERVAL '1 day')))
  AND (flight.airports_due BETWEEN now() - $2::interval AND now()) IS NOT TRUE
ORDER BY flight.ends_before
LIMIT $1
FOR UPDATE SKIP LOCKED;

-- measure_flights: store the measures of a flight before its state vectors expire; if they have expired, the
-- flight counts as measured without them
UPDATE flight_legs AS flight
SET last_seen = coalesce(measured.last_seen, flight.first_seen), distance_km = measured.distance_km,
    max_altitude = measured.max_altitude, state_vectors = measured.state_vectors,
    west = measured.west, south = measured.south, east = measured.east, north = measured.north,
    implausible_positions = measured.implausible_positions,
    implausible_altitudes = measured.implausible_altitudes
FROM unnest($1::text[], $2::timestamptz[]) AS finished (icao24, first_seen)
JOIN flight_legs AS whole USING (icao24, first_seen)
CROSS JOIN LATERAL measure_flight(whole.icao24, whole.first_seen, whole.ends_before) AS measured
WHERE flight.icao24 = finished.icao24 AND flight.first_seen = finished.first_seen;

-- dirty_minutes: the oldest minutes that are over and marked for all aircraft, of a range of so many minutes, with the
-- ids of their marks
WITH due AS (
    SELECT minute, id FROM touched_minutes
    WHERE icao24 IS NULL AND minute < date_trunc('minute', now()) - INTERVAL '1 minute'
)
SELECT minute, array_agg(id) AS ids FROM due
WHERE minute < (SELECT min(minute) FROM due) + $1 * INTERVAL '1 minute'
GROUP BY minute ORDER BY minute;

-- dirty_aircraft: the oldest marks of single aircraft, at most so many, within an hour
WITH due AS (
    SELECT minute, icao24, id FROM touched_minutes
    WHERE icao24 IS NOT NULL AND minute < date_trunc('minute', now()) - INTERVAL '1 minute'
)
SELECT minute, icao24, array_agg(id) AS ids FROM due
WHERE minute < (SELECT min(minute) FROM due) + INTERVAL '1 hour'
GROUP BY minute, icao24 ORDER BY minute, icao24 LIMIT $1;

-- divide_minute: mark each aircraft of a minute by itself, instead of all
WITH marks AS (
    DELETE FROM touched_minutes WHERE icao24 IS NULL AND minute = $1
)
INSERT INTO touched_minutes (minute, icao24)
SELECT DISTINCT $1::timestamptz, icao24 FROM state_vectors
WHERE last_contact >= $1 AND last_contact < $1::timestamptz + INTERVAL '1 minute';

-- make_minutely_partitions: make the parts for minutes of these days; a hypertable makes its chunks by itself
SELECT make_minutely_partitions($1::date[]);

-- roll_up_minutes: store the last state vector of each aircraft in each of these minutes, which lie in the range from
-- $2 and before $3. The range is given by itself, so that the columnstore reads it once and not for each minute. If
-- there are fewer state vectors than before, the minute has partly expired, and the old row stays
INSERT INTO minutely_state_vectors AS minutely
SELECT DISTINCT ON (minute, icao24)
       requested.minute,
       count(*) OVER (PARTITION BY requested.minute, state.icao24) AS state_vectors,
       state.icao24, state.callsign, state.origin_country, state.time_position, state.last_contact,
       state.longitude, state.latitude, state.baro_altitude, state.on_ground, state.velocity,
       state.true_track, state.vertical_rate, state.geo_altitude, state.squawk, state.spi,
       state.position_source, state.category
FROM unnest($1::timestamptz[]) AS requested (minute)
JOIN state_vectors AS state ON date_trunc('minute', state.last_contact) = requested.minute
WHERE state.last_contact >= $2 AND state.last_contact < $3
ORDER BY minute, icao24, state.last_contact DESC
ON CONFLICT (icao24, minute) DO UPDATE
SET state_vectors = excluded.state_vectors, callsign = excluded.callsign,
    origin_country = excluded.origin_country, time_position = excluded.time_position,
    last_contact = excluded.last_contact, longitude = excluded.longitude,
    latitude = excluded.latitude, baro_altitude = excluded.baro_altitude,
    on_ground = excluded.on_ground, velocity = excluded.velocity,
    true_track = excluded.true_track, vertical_rate = excluded.vertical_rate,
    geo_altitude = excluded.geo_altitude, squawk = excluded.squawk, spi = excluded.spi,
    position_source = excluded.position_source, category = excluded.category
WHERE excluded.state_vectors >= minutely.state_vectors;

-- roll_up_aircraft: like roll_up_minutes for single aircraft, $2, in these minutes, which lie in the range from $3 and
-- before $4. So few late rows read and change few parts of the columnstore
INSERT INTO minutely_state_vectors AS minutely
SELECT requested.minute, state.state_vectors,
       state.icao24, state.callsign, state.origin_country, state.time_position, state.last_contact,
       state.longitude, state.latitude, state.baro_altitude, state.on_ground, state.velocity,
       state.true_track, state.vertical_rate, state.geo_altitude, state.squawk, state.spi,
       state.position_source, state.category
FROM unnest($1::timestamptz[], $2::text[]) AS requested (minute, icao24)
CROSS JOIN LATERAL (
    SELECT state.*, count(*) OVER () AS state_vectors FROM state_vectors AS state
    WHERE state.icao24 = requested.icao24
      AND state.last_contact >= requested.minute
      AND state.last_contact < requested.minute + INTERVAL '1 minute'
      AND state.last_contact >= $3 AND state.last_contact < $4
    ORDER BY state.last_contact DESC LIMIT 1
) AS state
ON CONFLICT (icao24, minute) DO UPDATE
SET state_vectors = excluded.state_vectors, callsign = excluded.callsign,
    origin_country = excluded.origin_country, time_position = excluded.time_position,
    last_contact = excluded.last_contact, longitude = excluded.longitude,
    latitude = excluded.latitude, baro_altitude = excluded.baro_altitude,
    on_ground = excluded.on_ground, velocity = excluded.velocity,
    true_track = excluded.true_track, vertical_rate = excluded.vertical_rate,
    geo_altitude = excluded.geo_altitude, squawk = excluded.squawk, spi = excluded.spi,
    position_source = excluded.position_source, category = excluded.category
WHERE excluded.state_vectors >= minutely.state_vectors;

-- mark_hours_dirty: mark hours whose minutes have changed
INSERT INTO touched_hours (hour)
SELECT DISTINCT date_trunc('hour', minute) FROM unnest($1::timestamptz[]) AS requested (minute)
ON CONFLICT DO NOTHING;

-- plan_for_given_times: plan each statement of this transaction for its times, because a plan for any times locks every
-- part of a table
SET LOCAL plan_cache_mode = force_custom_plan;

-- clear_dirty_minutes: delete the marks of minutes that were rolled up; marks that were set meanwhile stay
DELETE FROM touched_minutes WHERE id = ANY ($1::bigint[]);

-- dirty_hours: marked hours that are over and have no marked minute left
SELECT hour FROM touched_hours AS dirty
WHERE hour < date_trunc('hour', now() - INTERVAL '10 minutes')
  AND NOT EXISTS (
      SELECT FROM touched_minutes
      WHERE minute >= dirty.hour AND minute < dirty.hour + INTERVAL '1 hour')
ORDER BY hour LIMIT $1;

-- roll_up_hour: count aircraft and state vectors of each country in an hour
INSERT INTO hourly_counts
SELECT $1, origin_country, count(DISTINCT icao24), sum(state_vectors)
FROM minutely_state_vectors
WHERE minute >= $1 AND minute < $1 + INTERVAL '1 hour'
GROUP BY origin_country
ON CONFLICT (hour, origin_country) DO UPDATE
SET aircraft = excluded.aircraft, state_vectors = excluded.state_vectors;

-- clear_dirty_hour: delete the mark of an hour that was rolled up; only maintenance changes hours, one instance at a time
DELETE FROM touched_hours WHERE hour = $1;

-- waiting_rollups: what is over and marked: minutes of all aircraft, minutes of single aircraft, hours
SELECT count(DISTINCT minute) FILTER (WHERE icao24 IS NULL) AS minutes,
       count(*) FILTER (WHERE icao24 IS NOT NULL) AS aircraft_minutes,
       (SELECT count(*) FROM touched_hours WHERE hour < date_trunc('hour', now() - INTERVAL '10 minutes')) AS hours
FROM touched_minutes WHERE minute < date_trunc('minute', now()) - INTERVAL '1 minute';

-- try_maintenance_lock: whether this instance may roll up and merge now; only one instance does at a time, the others skip it
SELECT pg_try_advisory_xact_lock(hashtext('flight-monitor sums up'));

-- fit_chunks: set how much time a chunk of the hypertable spans, for the given number of rows
SELECT fit_chunks($1);

-- chunks_to_compress: the chunks of so many days ago or earlier that are to be compressed, in the order of gain; other
-- editions than TimescaleDB Community have none
SELECT part, is_compressed FROM chunks_to_compress($1);

-- compress_part: compress a chunk, unless another instance compresses one now or has compressed this one
SELECT compress_part($1, $2);

-- drop_expired_minutes: drop the oldest day or chunk of the minutely rollup, if all of it is older than the limit
WITH dropped AS (
    SELECT part, ends_before FROM drop_minutely_state_vectors_before($1)
), noted AS (
    INSERT INTO retention_bounds AS known
    SELECT 'minutely_state_vectors', max(ends_before) FROM dropped HAVING count(*) > 0
    ON CONFLICT (relation) DO UPDATE SET dropped_before = excluded.dropped_before
    WHERE known.dropped_before < excluded.dropped_before
)
SELECT part, ends_before FROM dropped;

-- delete_expired_flights: delete a number of flights, the oldest first
WITH noted AS (
    INSERT INTO retention_bounds AS known VALUES ('flight_legs', $1)
    ON CONFLICT (relation) DO UPDATE SET dropped_before = excluded.dropped_before
    WHERE known.dropped_before < excluded.dropped_before
)
DELETE FROM flight_legs WHERE (icao24, first_seen) IN (
    SELECT icao24, first_seen FROM flight_legs
    WHERE first_seen < $1 AND (ends_before < $1 OR last_seen < $1)
    ORDER BY first_seen LIMIT $2
);

-- parts: the time range of each day, month or chunk of state vectors
SELECT begins, ends_before FROM parts_of('stored_state_vectors') ORDER BY begins;

-- first_contacts: the first contact of each aircraft in a part
SELECT icao24, min(last_contact) AS since FROM state_vectors
WHERE last_contact >= $1 AND last_contact < $2 GROUP BY icao24;

-- rebuild_starts: from where on to segment each aircraft's flights again, given its first contact; a flight that
-- began before the state vectors that are left stays as it is
SELECT kept.icao24, coalesce(flight.ends_before, kept.since) AS since
FROM unnest($1::text[], $2::timestamptz[]) AS kept (icao24, since)
LEFT JOIN flight_legs AS flight
  ON flight.icao24 = kept.icao24 AND flight.first_seen < kept.since AND flight.ends_before > kept.since
WHERE flight.ends_before IS DISTINCT FROM 'infinity'
ORDER BY kept.icao24;

-- mark_part_dirty: mark every minute of a part that has rows, for all aircraft
INSERT INTO touched_minutes (minute)
SELECT DISTINCT date_trunc('minute', last_contact) FROM state_vectors
WHERE last_contact >= $1 AND last_contact < $2;
