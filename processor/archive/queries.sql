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

-- missing_days: those of these days that have no part yet; of days near today a hypertable needs none
SELECT missing_days('state_vectors', $1::date[]);

-- make_partitions: room for rows of these days; a hypertable needs none
SELECT make_partitions($1::date[]);

-- make_coming_partitions: room for today and so many days more, by the server's calendar
SELECT make_coming_partitions($1);

-- create_staging: where rows wait that may be there already; once for each connection
CREATE TEMPORARY TABLE IF NOT EXISTS staging (LIKE state_vectors) ON COMMIT DELETE ROWS;

-- insert_staged: what is not there yet
INSERT INTO state_vectors SELECT * FROM staging
ON CONFLICT (icao24, last_contact) DO NOTHING
RETURNING icao24, last_contact;

-- set_aside: messages that hold no state vector
INSERT INTO dead_letters
    (cluster_id, topic, partition, message_offset, key, headers, value, reason, published_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9);

-- record: what became of every message, in the transaction that made it true
INSERT INTO ingest_ledger
    (cluster_id, topic, partition, lo, hi, n_in, n_inserted, n_duplicate, n_dead, epoch, digest,
     seal)
SELECT $1, $2, span.*,
       ledger_seal(partition, lo, hi, n_in, n_inserted, n_duplicate, n_dead, digest)
FROM unnest(
    $3::int[], $4::bigint[], $5::bigint[], $6::int[], $7::int[], $8::int[], $9::int[],
    $10::bigint[], $11::bigint[]
) AS span (partition, lo, hi, n_in, n_inserted, n_duplicate, n_dead, epoch, digest);

-- account: what a transaction added to the rows of each day; only the owner of a partition writes here
INSERT INTO ingest_days AS known (cluster_id, topic, partition, day, n_rows, digest)
SELECT $1, $2, * FROM unnest($3::int[], $4::date[], $5::bigint[], $6::bigint[])
ON CONFLICT (cluster_id, topic, partition, day) DO UPDATE
    SET n_rows = known.n_rows + excluded.n_rows,
        digest = as_bigint(known.digest::numeric + excluded.digest);

-- recorded: what a transaction stored whose acknowledgement was lost
SELECT partition, n_inserted FROM ingest_ledger
WHERE cluster_id = $1 AND topic = $2
  AND (partition, lo) IN (SELECT * FROM unnest($3::int[], $4::bigint[]));

-- retention_limit: the moment before which what is older than so many days may go; null if nothing may
SELECT retention_limit($1);

-- drop_expired: the oldest day or chunk of state vectors, if all of it is older than they are to be kept
SELECT part, ends_before FROM drop_state_vectors_before($1);

-- mark_expired: state vectors before this moment were dropped on purpose. Of the days before it: those
-- without rows are gone; of those that have lost some (chunks of several days and of hours side by
-- side) it is not known what is left
WITH marked AS (
    INSERT INTO retention_marks (dropped_before) VALUES ($1) ON CONFLICT DO NOTHING
), accounted AS (
    SELECT cluster_id, topic, partition, day, n_rows, digest,
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
  AND (n_left = 0 OR n_left < n_expected);

-- merge_ledger: turn the transactions of each day that has been over for so many days into one entry of
-- each partition: the sums stay what they are, in a hundred-thousandth of the rows. Never over a hole,
-- an overlap or a changed entry, which the audit has to find
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
           sum(n_inserted)::int AS n_inserted, sum(n_duplicate)::int AS n_duplicate,
           sum(n_dead)::int AS n_dead, max(epoch) AS epoch, max(committed_at) AS committed_at,
           as_bigint(sum(digest)) AS digest, sum(n_transactions) AS n_transactions
    FROM merged GROUP BY cluster_id, topic, partition, run
)
INSERT INTO ingest_ledger
    (cluster_id, topic, partition, lo, hi, n_in, n_inserted, n_duplicate, n_dead, epoch,
     committed_at, digest, n_transactions, seal, is_merged)
SELECT day.*, ledger_seal(partition, lo, hi, n_in, n_inserted, n_duplicate, n_dead, digest), TRUE
FROM day;

-- dead_letters_limit: the moment before which dead letters are more than so many rows or bytes; null if
-- there are not so many. Of what is stored compressed its compressed size counts
SELECT max(recorded_at) + INTERVAL '1 microsecond' FROM (
    SELECT recorded_at, row_number() OVER newest_first AS n_rows,
           sum(100 + pg_column_size(headers) + pg_column_size(reason)
               + coalesce(pg_column_size(key), 0) + coalesce(pg_column_size(value), 0))
               OVER newest_first AS n_bytes
    FROM dead_letters
    WINDOW newest_first AS (ORDER BY recorded_at DESC ROWS UNBOUNDED PRECEDING)
) AS counted
WHERE n_rows > $1 OR n_bytes > $2;

-- delete_expired_dead_letters: a number of them, the oldest first, and where those that are left begin
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

-- reset_offsets: keep a lost log's offsets under another name, so that the next start begins anew
UPDATE ingest_offsets SET topic = $2 WHERE topic = $1 RETURNING cluster_id, partition, next_offset;

-- reset_offsets_ledger: and its ledger,
UPDATE ingest_ledger SET topic = $2 WHERE topic = $1;

-- reset_offsets_days: and what it added to each day,
UPDATE ingest_days SET topic = $2 WHERE topic = $1;

-- reset_offsets_dead_letters: and what was set aside
UPDATE dead_letters SET topic = $2 WHERE topic = $1;

-- courses: where aircraft stand that are not known yet: their newest flight and its two newest state
-- vectors, which may have expired, so long ago that what comes next is another flight
SELECT leg.icao24, leg.first_seen, leg.callsign, leg.origin_country, leg.take_off, leg.landing,
       coalesce(newest.contacts[1], leg.last_seen, leg.first_seen) AS last_contact,
       -- Before the migration that brought the column nothing was said.
       coalesce(leg.airborne, leg.take_off IS NOT NULL OR leg.landing IS NOT NULL
                              OR newest.on_grounds[1] IS NOT TRUE) AS airborne,
       newest.contacts[1] AS newest_contact, newest.callsigns[1] AS newest_callsign,
       newest.on_grounds[1] AS newest_on_ground,
       newest.contacts[2] AS before_contact, newest.callsigns[2] AS before_callsign,
       newest.on_grounds[2] AS before_on_ground
FROM unnest($1::text[]) AS asked (icao24)
CROSS JOIN LATERAL (
    SELECT * FROM flight_legs AS leg
    WHERE leg.icao24 = asked.icao24 ORDER BY leg.first_seen DESC LIMIT 1
) AS leg
CROSS JOIN LATERAL (
    SELECT array_agg(two.last_contact) AS contacts, array_agg(two.callsign) AS callsigns,
           array_agg(two.on_ground) AS on_grounds
    FROM (
        SELECT state.last_contact, state.callsign, state.on_ground FROM state_vectors AS state
        WHERE state.icao24 = asked.icao24 AND state.last_contact >= leg.first_seen
        ORDER BY state.last_contact DESC LIMIT 2
    ) AS two
) AS newest;

-- neighbours: what stood before and after state vectors that came late, when they were not there; of
-- those older than all that is kept nothing can be told
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
          AND state.last_contact >= late.last_contact - INTERVAL '1 hour'
          AND state.last_contact <> ALL (late.contacts)
        ORDER BY state.last_contact DESC LIMIT 2
    ) AS two
) AS before
LEFT JOIN LATERAL (
    SELECT state.last_contact, state.on_ground FROM state_vectors AS state
    WHERE state.icao24 = late.icao24 AND state.last_contact > late.last_contact
      AND state.last_contact <= late.last_contact + INTERVAL '30 minutes'
      AND state.last_contact <> ALL (late.contacts)
    ORDER BY state.last_contact LIMIT 1
) AS after ON TRUE
WHERE late.last_contact >= coalesce(
    (SELECT max(dropped_before) FROM retention_marks), '-infinity'
);

-- uncut: take back the flights from the one on that state vectors which came late belong to, or the
-- one before that if no silence parts them. One that began before all that is kept stays as it is;
-- then from the first state vector on that is not its
WITH kept AS (
    SELECT coalesce(max(dropped_before), '-infinity') AS since FROM retention_marks
), own AS (
    SELECT late.icao24, late.last_contact, leg.first_seen, leg.last_seen, leg.ends_before,
           kept.since AS kept_since, leg.first_seen < kept.since AS is_older
    FROM unnest($1::text[], $2::timestamptz[]) AS late (icao24, last_contact)
    CROSS JOIN kept
    LEFT JOIN LATERAL (
        SELECT * FROM flight_legs AS leg
        WHERE leg.icao24 = late.icao24 AND leg.first_seen <= greatest(late.last_contact, kept.since)
        ORDER BY leg.first_seen DESC LIMIT 1
    ) AS leg ON TRUE
), own_begins AS (
    SELECT own.icao24, own.kept_since, CASE
        WHEN own.is_older THEN (
            SELECT min(state.last_contact) FROM state_vectors AS state
            WHERE state.icao24 = own.icao24 AND state.last_contact >= own.kept_since
              AND state.last_contact
                  >= least(own.ends_before, own.last_seen + INTERVAL '30 minutes 1 second')
        )
        ELSE coalesce(own.first_seen, own.last_contact)
    END AS first_seen
    FROM own
), candidates AS (
    SELECT icao24, first_seen, TRUE AS is_own FROM own_begins WHERE first_seen IS NOT NULL
    UNION ALL
    SELECT own_begins.icao24, before.first_seen, FALSE
    FROM own_begins
    CROSS JOIN LATERAL (
        SELECT leg.first_seen FROM flight_legs AS leg
        WHERE leg.icao24 = own_begins.icao24 AND leg.first_seen < own_begins.first_seen
          AND leg.first_seen >= own_begins.kept_since
        ORDER BY leg.first_seen DESC LIMIT 1
    ) AS before
), judged AS (
    SELECT candidates.*,
           -- No silence before it; what was then may have expired.
           EXISTS (
               SELECT FROM state_vectors AS state
               WHERE state.icao24 = candidates.icao24
                 AND state.last_contact < candidates.first_seen
                 AND state.last_contact >= candidates.first_seen - INTERVAL '30 minutes'
           ) OR EXISTS (
               SELECT FROM flight_legs AS leg
               WHERE leg.icao24 = candidates.icao24 AND leg.first_seen < candidates.first_seen
                 AND leg.last_seen >= candidates.first_seen - INTERVAL '30 minutes'
           ) AS is_certain
    FROM candidates
), begins AS (
    SELECT DISTINCT ON (icao24) icao24, first_seen, is_certain
    FROM (
        SELECT *, bool_or(is_certain) FILTER (WHERE is_own)
                      OVER (PARTITION BY icao24) AS goes_further_back
        FROM judged
    ) AS possible
    WHERE is_own OR goes_further_back
    ORDER BY icao24, first_seen
), closed AS (
    UPDATE flight_legs AS leg SET ends_before = begins.first_seen
    FROM own JOIN begins USING (icao24)
    WHERE own.is_older AND leg.icao24 = own.icao24 AND leg.first_seen = own.first_seen
      AND leg.ends_before > begins.first_seen
), taken_back AS (
    DELETE FROM flight_legs AS leg USING begins
    WHERE leg.icao24 = begins.icao24 AND leg.first_seen >= begins.first_seen
    RETURNING leg.icao24, leg.first_seen, leg.take_off
)
SELECT begins.icao24, begins.first_seen, begins.is_certain,
       coalesce(taken_back.take_off = begins.first_seen, FALSE) AS begins_with_take_off
FROM begins LEFT JOIN taken_back USING (icao24, first_seen);

-- sightings: all that flights are cut by, from a moment on
SELECT state.icao24, state.last_contact, state.callsign, state.origin_country, state.on_ground,
       state.velocity, coalesce(state.baro_altitude, state.geo_altitude) AS altitude
FROM unnest($1::text[], $2::timestamptz[]) AS asked (icao24, since)
JOIN state_vectors AS state
  ON state.icao24 = asked.icao24 AND state.last_contact >= asked.since
ORDER BY state.icao24, state.last_contact;

-- save_legs: flights that began or changed; whatever was measured of them is to be measured anew,
-- unless what it was measured by may have expired
INSERT INTO flight_legs AS leg
    (icao24, first_seen, callsign, origin_country, take_off, landing, ends_before, airborne)
SELECT icao24, first_seen, callsign, origin_country, take_off, landing,
       coalesce(ends_before, 'infinity'), airborne
FROM unnest(
    $1::text[], $2::timestamptz[], $3::text[], $4::text[], $5::timestamptz[], $6::timestamptz[],
    $7::timestamptz[], $8::boolean[]
) AS cut (icao24, first_seen, callsign, origin_country, take_off, landing, ends_before, airborne)
ON CONFLICT (icao24, first_seen) DO UPDATE
    SET callsign = excluded.callsign, take_off = excluded.take_off, landing = excluded.landing,
        ends_before = excluded.ends_before, airborne = excluded.airborne,
        last_seen = CASE WHEN leg.first_seen < (SELECT max(dropped_before) FROM retention_marks)
                         THEN leg.last_seen END;

-- invalidate: flights that old state vectors were added to, also while they are being measured; not
-- those whose others may have expired
UPDATE flight_legs AS leg SET last_seen = NULL
FROM unnest($1::text[], $2::timestamptz[]) AS added (icao24, last_contact)
WHERE leg.icao24 = added.icao24
  AND added.last_contact >= leg.first_seen AND added.last_contact < leg.ends_before
  AND leg.first_seen >= coalesce((SELECT max(dropped_before) FROM retention_marks), '-infinity');

-- touch_minutes: minutes whose rows are to be summed up
INSERT INTO touched_minutes (minute) SELECT unnest($1::timestamptz[]);

-- lock_unmeasured: flights that are over; those that somebody changes now are left for the next time
SELECT icao24, first_seen FROM flight_legs AS leg
WHERE leg.last_seen IS NULL
  AND (leg.ends_before < now() - INTERVAL '1 hour'
       OR (leg.first_seen < now() - INTERVAL '1 day' AND NOT EXISTS (
           SELECT FROM state_vectors AS state
           WHERE state.icao24 = leg.icao24 AND state.last_contact >= now() - INTERVAL '1 day')))
ORDER BY leg.ends_before
LIMIT $1
FOR UPDATE SKIP LOCKED;

-- measure: keep what the state vectors of a flight add up to, before they expire; if they have
-- expired, there is nothing to wait for
UPDATE flight_legs AS leg
SET last_seen = coalesce(measured.last_seen, leg.first_seen), distance_km = measured.distance_km,
    max_altitude = measured.max_altitude, state_vectors = measured.state_vectors,
    west = measured.west, south = measured.south, east = measured.east, north = measured.north,
    implausible_positions = measured.implausible_positions,
    implausible_altitudes = measured.implausible_altitudes
FROM unnest($1::text[], $2::timestamptz[]) AS over (icao24, first_seen)
JOIN flight_legs AS whole USING (icao24, first_seen)
CROSS JOIN LATERAL measure_flight(whole.icao24, whole.first_seen, whole.ends_before) AS measured
WHERE leg.icao24 = over.icao24 AND leg.first_seen = over.first_seen;

-- touched_minutes: the oldest minutes that are over, and the marks that tell of them
SELECT minute, array_agg(id) AS ids FROM touched_minutes
WHERE minute < date_trunc('minute', now()) - INTERVAL '1 minute'
GROUP BY minute ORDER BY minute LIMIT $1;

-- make_minutely_partitions: room for the minutes of these days; a hypertable needs none
SELECT make_minutely_partitions($1::date[]);

-- sum_up_minutes: the last state vector of each aircraft in each of these minutes; fewer than before
-- are what is left of a minute that has expired
INSERT INTO minutely_state_vectors AS minutely
SELECT DISTINCT ON (minute, icao24)
       asked.minute,
       count(*) OVER (PARTITION BY asked.minute, state.icao24) AS state_vectors,
       state.icao24, state.callsign, state.origin_country, state.time_position, state.last_contact,
       state.longitude, state.latitude, state.baro_altitude, state.on_ground, state.velocity,
       state.true_track, state.vertical_rate, state.geo_altitude, state.squawk, state.spi,
       state.position_source, state.category
FROM unnest($1::timestamptz[]) AS asked (minute)
JOIN state_vectors AS state
  ON state.last_contact >= asked.minute
 AND state.last_contact < asked.minute + INTERVAL '1 minute'
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

-- touch_hours: hours whose minutes have changed
INSERT INTO touched_hours (hour)
SELECT DISTINCT date_trunc('hour', minute) FROM unnest($1::timestamptz[]) AS asked (minute)
ON CONFLICT DO NOTHING;

-- forget_minutes: marks of what has been summed up; those set meanwhile stay
DELETE FROM touched_minutes WHERE id = ANY ($1::bigint[]);

-- touched_hours: hours that are over and have no minute left to be summed up
SELECT hour FROM touched_hours AS touched
WHERE hour < date_trunc('hour', now() - INTERVAL '10 minutes')
  AND NOT EXISTS (
      SELECT FROM touched_minutes
      WHERE minute >= touched.hour AND minute < touched.hour + INTERVAL '1 hour')
ORDER BY hour LIMIT $1;

-- sum_up_hour: aircraft and state vectors of each country
INSERT INTO hourly_counts
SELECT $1, origin_country, count(DISTINCT icao24), sum(state_vectors)
FROM minutely_state_vectors
WHERE minute >= $1 AND minute < $1 + INTERVAL '1 hour'
GROUP BY origin_country
ON CONFLICT (hour, origin_country) DO UPDATE
SET aircraft = excluded.aircraft, state_vectors = excluded.state_vectors;

-- forget_hour: it is summed up; only maintenance touches hours, one at a time
DELETE FROM touched_hours WHERE hour = $1;

-- take_turns: one sums up at a time, of all instances; the others go without
SELECT pg_try_advisory_xact_lock(hashtext('flight-monitor sums up'));

-- fit_chunks: how much time a chunk of the hypertable is to span, for so many rows
SELECT fit_chunks($1);

-- compress_after: how old chunks are that the columnstore takes over, in days
SELECT compress_after($1);

-- drop_expired_minutes: the oldest day or chunk of minutes, if all of it is older than they are to be kept
WITH dropped AS (
    SELECT part, ends_before FROM drop_minutely_state_vectors_before($1)
), noted AS (
    INSERT INTO retention_bounds AS known
    SELECT 'minutely_state_vectors', max(ends_before) FROM dropped HAVING count(*) > 0
    ON CONFLICT (relation) DO UPDATE SET dropped_before = excluded.dropped_before
    WHERE known.dropped_before < excluded.dropped_before
)
SELECT part, ends_before FROM dropped;

-- delete_expired_flights: a number of them, the oldest first
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

-- parts: from when to when each day, month or chunk of state vectors is
SELECT begins, ends_before FROM parts_of('state_vectors') ORDER BY begins;

-- first_contacts: the first of each aircraft in a part
SELECT icao24, min(last_contact) AS since FROM state_vectors
WHERE last_contact >= $1 AND last_contact < $2 GROUP BY icao24;

-- rebuild_begins: where to cut each aircraft's flights anew, by its first contact; a flight that began
-- before the state vectors that are left stays as it is
SELECT kept.icao24, coalesce(leg.ends_before, kept.since) AS since
FROM unnest($1::text[], $2::timestamptz[]) AS kept (icao24, since)
LEFT JOIN flight_legs AS leg
  ON leg.icao24 = kept.icao24 AND leg.first_seen < kept.since AND leg.ends_before > kept.since
WHERE leg.ends_before IS DISTINCT FROM 'infinity'
ORDER BY kept.icao24;

-- rebuild_minutes: every minute of a part that has rows
INSERT INTO touched_minutes (minute)
SELECT DISTINCT date_trunc('minute', last_contact) FROM state_vectors
WHERE last_contact >= $1 AND last_contact < $2;
