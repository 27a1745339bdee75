-- The last state vector of each aircraft in each minute, for long tracks, replay and statistics: a tenth
-- of the rows of state_vectors.
CREATE TEMPORARY TABLE minutely_columns (
    minute          timestamptz      NOT NULL,
    state_vectors   integer          NOT NULL,
    icao24          text             NOT NULL,
    callsign        text,
    origin_country  text,
    time_position   timestamptz,
    last_contact    timestamptz      NOT NULL,
    longitude       double precision,
    latitude        double precision,
    baro_altitude   real,
    on_ground       boolean          NOT NULL,
    velocity        real,
    true_track      real,
    vertical_rate   real,
    geo_altitude    real,
    squawk          text,
    spi             boolean          NOT NULL,
    position_source smallint         NOT NULL,
    category        smallint
) ON COMMIT DROP
----
-- Dirty minutes: rows were added since the minute was rolled up. There is a row for each transaction and
-- no key, so that storing never waits for rolling up.
CREATE TABLE touched_minutes (
    id     bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    minute timestamptz NOT NULL
)
