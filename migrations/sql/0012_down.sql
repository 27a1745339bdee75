DROP VIEW identified_flights, aircraft_identities
----
DROP TABLE aircraft_loads, airlines, aircraft
