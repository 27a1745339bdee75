CREATE TABLE aircraft (
    icao24              text     PRIMARY KEY CHECK (icao24 ~ '^[0-9a-f]{6}$'),
    registration        text,
    type                text,
    model               text,
    manufacturer        text,
    operator            text,
    operator_icao       text,
    operator_radio_name text,
    serial_number       text,
    year_built          smallint,
    military            boolean,
    source              text     NOT NULL CHECK (source IN ('packaged', 'imported'))
)
----
CREATE INDEX aircraft_registration ON aircraft (registration)
----
COMMENT ON TABLE aircraft IS 'what tables of aircraft say of each transponder address; null means that they do not say'
----
COMMENT ON COLUMN aircraft.icao24 IS 'the aircraft: its 24-bit transponder address, six lower-case hexadecimal digits'
----
COMMENT ON COLUMN aircraft.registration IS 'the registration, as painted on the aircraft'
----
COMMENT ON COLUMN aircraft.type IS 'ICAO type designator (Doc 8643), such as A320'
----
COMMENT ON COLUMN aircraft.model IS 'the manufacturer''s name of the model'
----
COMMENT ON COLUMN aircraft.manufacturer IS 'name of the manufacturer'
----
COMMENT ON COLUMN aircraft.operator IS 'name of the operator; null for private ones'
----
COMMENT ON COLUMN aircraft.operator_icao IS 'the three letters of the operator (ICAO Doc 8585)'
----
COMMENT ON COLUMN aircraft.operator_radio_name IS 'how the operator is called by radio, such as SPEEDBIRD'
----
COMMENT ON COLUMN aircraft.serial_number IS 'the manufacturer''s number of the airframe'
----
COMMENT ON COLUMN aircraft.year_built IS 'year of manufacture'
----
COMMENT ON COLUMN aircraft.military IS 'whether armed forces operate it'
----
COMMENT ON COLUMN aircraft.source IS 'packaged with this program, or imported by import-aircraft'
----
CREATE TABLE airlines (
    icao text PRIMARY KEY,
    name text NOT NULL
)
----
COMMENT ON TABLE airlines IS 'airlines by the three letters with which their callsigns begin'
----
COMMENT ON COLUMN airlines.icao IS 'the three letters of the airline (ICAO Doc 8585)'
----
COMMENT ON COLUMN airlines.name IS 'name of the airline'
----
-- What was loaded when: the archive loads a newer packaged table, the live half reads changed rows again.
CREATE TABLE aircraft_loads (
    source    text        PRIMARY KEY,
    version   integer     NOT NULL,
    n_rows    bigint      NOT NULL,
    loaded_at timestamptz NOT NULL DEFAULT now()
)
----
COMMENT ON TABLE aircraft_loads IS 'the archive''s: which version of each source the table of aircraft holds'
