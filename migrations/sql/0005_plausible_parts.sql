-- For each position of an aircraft, the part of the track that it belongs to; null for a position that is
-- implausible. Times are Unix seconds, in order of reception; speeds are km/h.
--
-- First, runs: a run continues with each position that can be reached from its last one. A single outlier
-- is left out: another run begins only with the third position in a row that agrees with the ones before
-- it and not with the run.
-- Then, the runs that an aircraft can have flown one after another: those that last longest, less ten
-- times the seconds that it lacked to reach them. So an hour of false positions under jamming is
-- implausible as a whole, and a position that was late does not end the track. Runs before or after all of
-- these count as well, from three positions on, because nothing shows which are false. The step to a run
-- that cannot be reached does not count; another part begins there.
--
-- Times are whole seconds, so a step of less than a minute may be a second longer than it seems.
CREATE FUNCTION plausible_parts(
    times double precision[], longitudes double precision[], latitudes double precision[],
    max_km_h double precision DEFAULT 1300
) RETURNS integer[] LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    enough     CONSTANT integer := 3;
    most_runs  CONSTANT integer := 64;  -- the longest; what is in others is implausible
    strictness CONSTANT double precision := 10;
    km_second  CONSTANT double precision := max_km_h / 3600;
    total      CONSTANT integer := coalesce(cardinality(times), 0);
    run_of     integer[] := array_fill(NULL::integer, ARRAY[total]);
    -- Of each run: its first and last position, the time of the last, how many there are.
    firsts     integer[] := '{}';
    lasts      integer[] := '{}';
    last_times double precision[] := '{}';
    sizes      integer[] := '{}';
    known      integer;
    candidate  integer;
    chosen     integer;
    seconds    double precision;
    runs       integer[];
    -- Of each of these runs: what the best way up to it is worth, and the run before it there.
    worths     double precision[] := '{}';
    previous   integer[] := '{}';
    worth      double precision;
    part_of    integer[] := array_fill(NULL::integer, ARRAY[total]);
    counted    integer[] := '{}';
    part      integer;
BEGIN
    FOR n IN 1 .. total LOOP
        chosen := NULL;
        IF known IS NOT NULL THEN
            seconds := greatest(times[n] - last_times[known], 0);
            IF great_circle_km(
                latitudes[lasts[known]], longitudes[lasts[known]], latitudes[n], longitudes[n]
            ) <= km_second * (seconds + CASE WHEN seconds < 60 THEN 1 ELSE 0 END) THEN
                chosen := known;
                candidate := NULL;
            ELSIF candidate IS NOT NULL THEN
                seconds := greatest(times[n] - last_times[candidate], 0);
                IF great_circle_km(
                    latitudes[lasts[candidate]], longitudes[lasts[candidate]],
                    latitudes[n], longitudes[n]
                ) <= km_second * (seconds + CASE WHEN seconds < 60 THEN 1 ELSE 0 END) THEN
                    chosen := candidate;
                END IF;
            END IF;
        END IF;
        IF chosen IS NULL THEN
            chosen := cardinality(firsts) + 1;
            firsts := firsts || n;
            lasts := lasts || n;
            last_times := last_times || times[n];
            sizes := sizes || 0;
            candidate := chosen;
            known := coalesce(known, chosen);
        END IF;
        run_of[n] := chosen;
        lasts[chosen] := n;
        last_times[chosen] := greatest(last_times[chosen], times[n]);
        sizes[chosen] := sizes[chosen] + 1;
        IF chosen = candidate AND (sizes[chosen] >= enough OR chosen = known) THEN
            known := chosen;
            candidate := NULL;
        END IF;
    END LOOP;

    -- The longest in order of time; of a track that has none, the longest of all.
    runs := ARRAY(
        SELECT longest.run FROM (
            SELECT run, size FROM unnest(sizes) WITH ORDINALITY AS each (size, run)
            WHERE size >= least(enough, (SELECT max(size) FROM unnest(sizes) AS size))
            ORDER BY size DESC, run LIMIT most_runs
        ) AS longest
        ORDER BY longest.run
    );
    IF runs <> '{}' AND sizes[runs[1]] < enough THEN
        runs := runs[1:1];
    END IF;

    FOR here IN 1 .. cardinality(runs) LOOP
        worths := worths || 0::double precision;
        previous := previous || NULL::integer;
        FOR there IN 1 .. here - 1 LOOP
            seconds := greatest(times[firsts[runs[here]]] - last_times[runs[there]], 0);
            worth := worths[there] - strictness * greatest(
                great_circle_km(
                    latitudes[lasts[runs[there]]], longitudes[lasts[runs[there]]],
                    latitudes[firsts[runs[here]]], longitudes[firsts[runs[here]]]
                ) / km_second - seconds - CASE WHEN seconds < 60 THEN 1 ELSE 0 END,
                0
            );
            IF worth > worths[here] THEN
                worths[here] := worth;
                previous[here] := there;
            END IF;
        END LOOP;
        worths[here] := worths[here] + sizes[runs[here]]
            + last_times[runs[here]] - times[firsts[runs[here]]];
    END LOOP;

    -- Back along the best way; then what lies before or after it.
    chosen := (
        SELECT here FROM unnest(worths) WITH ORDINALITY AS each (worth, here)
        ORDER BY each.worth DESC, here LIMIT 1
    );
    WHILE chosen IS NOT NULL LOOP
        counted := runs[chosen] || counted;
        chosen := previous[chosen];
    END LOOP;
    counted := ARRAY(
        SELECT run FROM unnest(runs) AS run
        WHERE run = ANY (counted) OR run < counted[1] OR run > counted[cardinality(counted)]
        ORDER BY run
    );

    -- Runs of which one can be reached from the other are one part.
    FOR here IN 1 .. cardinality(counted) LOOP
        seconds := CASE WHEN here > 1 THEN
            greatest(times[firsts[counted[here]]] - last_times[counted[here - 1]], 0) END;
        IF here = 1 OR great_circle_km(
            latitudes[lasts[counted[here - 1]]], longitudes[lasts[counted[here - 1]]],
            latitudes[firsts[counted[here]]], longitudes[firsts[counted[here]]]
        ) > km_second * (seconds + CASE WHEN seconds < 60 THEN 1 ELSE 0 END) THEN
            part := counted[here];
        END IF;
        FOR n IN firsts[counted[here]] .. lasts[counted[here]] LOOP
            IF run_of[n] = counted[here] THEN
                part_of[n] := part;
            END IF;
        END LOOP;
    END LOOP;
    RETURN part_of;
END
$$
