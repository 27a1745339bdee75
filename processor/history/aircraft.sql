-- aircraft_records: what the table of aircraft says of some addresses
SELECT icao24, registration, type, model, manufacturer, operator, operator_icao,
       operator_radio_name, serial_number, year_built, military
FROM aircraft_identities WHERE icao24 = ANY($1);

-- aircraft_version: when the table of aircraft was changed last, so that it is read again
SELECT coalesce(extract(epoch FROM max(loaded_at)) * 1000000, 0)::bigint FROM aircraft_loads;
