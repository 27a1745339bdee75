-- Which of an aircraft's positions it can have flown through: for each its part of the track, null
-- for one that is implausible. Times are Unix seconds, in order of reception; km/h.
--
-- A part goes on with each position that can be reached from its last one. A lone outlier is set
-- aside by itself: only with the third position in a row that agrees with the ones before it and not
-- with the part does another part begin, or one of those from before go on. At the end the longest
-- part counts, and of the others those with three positions or more that lie before or after it in
-- time: the way between parts is unknown and does not count. What lies amid a longer part, such as
-- an hour of false positions under jamming, is implausible as a whole.
--
-- Times are whole seconds, so steps of less than a minute may be a second longer than they seem.
CREATE FUNCTION plausible_parts(
    times double precision[], longitudes double precision[], latitudes double precision[],
    max_km_h double precision DEFAULT 1300
) RETURNS integer[] LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    enough    CONSTANT integer := 3;
    most      CONSTANT integer := 16;  -- parts that are gone on with, and that may count
    parts     integer[] := array_fill(NULL::integer, ARRAY[coalesce(cardinality(times), 0)]);
    -- Of each part: its first and last position, the time of the last, how many there are.
    firsts    integer[] := '{}';
    lasts     integer[] := '{}';
    last_times double precision[] := '{}';
    sizes     integer[] := '{}';
    former    integer[] := '{}';
    counted   integer[] := '{}';
    known     integer;
    candidate integer;
    chosen    integer;
    part      integer;
    seconds   double precision;
BEGIN
    FOR n IN 1 .. coalesce(cardinality(times), 0) LOOP
        chosen := NULL;
        FOREACH part IN ARRAY ARRAY[known, candidate] LOOP
            CONTINUE WHEN part IS NULL;
            seconds := greatest(times[n] - last_times[part], 0);
            IF great_circle_km(
                latitudes[lasts[part]], longitudes[lasts[part]],
                latitudes[n], longitudes[n]
            ) <= max_km_h / 3600 * (seconds + CASE WHEN seconds < 60 THEN 1 ELSE 0 END) THEN
                chosen := part;
                EXIT;
            END IF;
        END LOOP;
        IF chosen IS NULL THEN
            chosen := cardinality(firsts) + 1;
            firsts := firsts || n;
            lasts := lasts || n;
            last_times := last_times || times[n];
            sizes := sizes || 0;
            IF known IS NULL THEN
                known := chosen;
            ELSE
                candidate := chosen;
            END IF;
        ELSIF chosen = known THEN
            candidate := NULL;
        END IF;
        parts[n] := chosen;
        lasts[chosen] := n;
        last_times[chosen] := greatest(last_times[chosen], times[n]);
        sizes[chosen] := sizes[chosen] + 1;
        CONTINUE WHEN chosen IS DISTINCT FROM candidate OR sizes[chosen] < enough;

        -- The candidate is believed. It may be one of the former parts that goes on.
        former := (known || former)[1:most];
        known := candidate;
        candidate := NULL;
        FOREACH part IN ARRAY former LOOP
            seconds := greatest(times[firsts[known]] - last_times[part], 0);
            CONTINUE WHEN part = former[1] OR great_circle_km(
                latitudes[lasts[part]], longitudes[lasts[part]],
                latitudes[firsts[known]], longitudes[firsts[known]]
            ) > max_km_h / 3600 * (seconds + CASE WHEN seconds < 60 THEN 1 ELSE 0 END);
            FOR earlier IN firsts[known] .. n LOOP
                IF parts[earlier] = known THEN
                    parts[earlier] := part;
                END IF;
            END LOOP;
            sizes[part] := sizes[part] + sizes[known];
            sizes[known] := 0;
            lasts[part] := n;
            last_times[part] := last_times[known];
            former := array_remove(former, part);
            known := part;
            EXIT;
        END LOOP;
    END LOOP;

    FOR part IN
        SELECT number FROM unnest(sizes) WITH ORDINALITY AS each (size, number)
        ORDER BY size DESC, number LIMIT most
    LOOP
        CONTINUE WHEN counted <> '{}' AND (sizes[part] < enough OR EXISTS (
            SELECT FROM unnest(counted) AS other
            WHERE firsts[part] <= lasts[other] AND lasts[part] >= firsts[other]
        ));
        counted := counted || part;
    END LOOP;
    RETURN ARRAY(
        SELECT CASE WHEN number = ANY (counted) THEN number END
        FROM unnest(parts) WITH ORDINALITY AS each (number, n) ORDER BY n
    );
END
$$
