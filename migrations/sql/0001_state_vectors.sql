-- The columns of a state vector. The file of the edition makes the table, divided by time.
CREATE TEMPORARY TABLE state_vector_columns (
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
    sensors         integer[],
    geo_altitude    real,
    squawk          text,
    spi             boolean          NOT NULL,
    position_source smallint         NOT NULL,
    category        smallint
) ON COMMIT DROP
