-- The columns of a state vector as they are stored, in an order that leaves few gaps between them. A column of
-- whole numbers is compressed to a fraction of a column of doubles, and OpenSky sends no more digits than these.
CREATE TEMPORARY TABLE stored_columns (
    last_contact     timestamptz NOT NULL,
    position_age     bigint,
    longitude_e4     integer,
    latitude_e4      integer,
    velocity_e2      integer,
    true_track_e2    integer,
    vertical_rate_e2 integer,
    baro_altitude    real,
    geo_altitude     real,
    position_source  smallint    NOT NULL,
    category         smallint,
    on_ground        boolean     NOT NULL,
    spi              boolean     NOT NULL,
    icao24           text        NOT NULL,
    callsign         text,
    origin_country   text,
    squawk           text,
    sensors          integer[]
) ON COMMIT DROP
