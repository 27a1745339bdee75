-- loaded_version: which version of the packaged table the database holds, 0 for none
SELECT coalesce((SELECT version FROM aircraft_loads WHERE source = 'packaged'), 0);

-- create_aircraft_staging: where rows are copied to first, because COPY cannot update
CREATE TEMPORARY TABLE aircraft_staging (
    line integer, icao24 text, registration text, type text, model text, manufacturer text,
    operator text, operator_icao text, operator_radio_name text, serial_number text,
    year_built smallint, military boolean
) ON COMMIT DROP;

-- create_airline_staging: the same for airlines
CREATE TEMPORARY TABLE airline_staging (icao text, name text) ON COMMIT DROP;

-- replace_packaged: rows of an earlier package give way, imported ones stay
WITH gone AS (
    DELETE FROM aircraft WHERE source = 'packaged'
      AND icao24 NOT IN (SELECT icao24 FROM aircraft_staging)
)
INSERT INTO aircraft (
    icao24, registration, type, model, manufacturer, operator, operator_icao, operator_radio_name,
    serial_number, year_built, military, source
)
SELECT icao24, registration, type, model, manufacturer, operator, operator_icao,
       operator_radio_name, serial_number, year_built, military, 'packaged'
FROM aircraft_staging
ON CONFLICT (icao24) DO UPDATE SET
    registration = excluded.registration, type = excluded.type, model = excluded.model,
    manufacturer = excluded.manufacturer, operator = excluded.operator,
    operator_icao = excluded.operator_icao, operator_radio_name = excluded.operator_radio_name,
    serial_number = excluded.serial_number, year_built = excluded.year_built,
    military = excluded.military
WHERE aircraft.source = 'packaged';

-- replace_airlines: the packaged airlines, all of which are in the staging table
WITH gone AS (
    DELETE FROM airlines WHERE icao NOT IN (SELECT icao FROM airline_staging)
)
INSERT INTO airlines (icao, name) SELECT icao, name FROM airline_staging
ON CONFLICT (icao) DO UPDATE SET name = excluded.name;

-- import_aircraft: of several lines for an address the last one counts; empty values change nothing
INSERT INTO aircraft (
    icao24, registration, type, model, manufacturer, operator, operator_icao, operator_radio_name,
    serial_number, year_built, military, source
)
SELECT DISTINCT ON (icao24)
       icao24, registration, type, model, manufacturer, operator, operator_icao,
       operator_radio_name, serial_number, year_built, military, 'imported'
FROM aircraft_staging
ORDER BY icao24, line DESC
ON CONFLICT (icao24) DO UPDATE SET
    registration = coalesce(excluded.registration, aircraft.registration),
    type = coalesce(excluded.type, aircraft.type),
    model = coalesce(excluded.model, aircraft.model),
    manufacturer = coalesce(excluded.manufacturer, aircraft.manufacturer),
    operator = CASE
        WHEN excluded.operator IS NULL AND excluded.operator_icao IS NULL THEN aircraft.operator
        ELSE excluded.operator END,
    operator_icao = CASE
        WHEN excluded.operator IS NULL AND excluded.operator_icao IS NULL
        THEN aircraft.operator_icao ELSE excluded.operator_icao END,
    operator_radio_name = CASE
        WHEN excluded.operator IS NULL AND excluded.operator_icao IS NULL
        THEN coalesce(excluded.operator_radio_name, aircraft.operator_radio_name)
        ELSE excluded.operator_radio_name END,
    serial_number = coalesce(excluded.serial_number, aircraft.serial_number),
    year_built = coalesce(excluded.year_built, aircraft.year_built),
    military = coalesce(excluded.military, aircraft.military),
    source = excluded.source;

-- record_load: what was loaded; each import has a version of its own
INSERT INTO aircraft_loads (source, version, n_rows) VALUES ($1, coalesce($2, 1), $3)
ON CONFLICT (source) DO UPDATE SET
    version = coalesce($2, aircraft_loads.version + 1), n_rows = excluded.n_rows,
    loaded_at = now();

-- lock_aircraft: one load at a time
SELECT pg_advisory_xact_lock(hashtext('flight monitor aircraft'));
