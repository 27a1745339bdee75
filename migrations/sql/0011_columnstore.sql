ALTER TABLE stored_state_vectors SET (
    timescaledb.enable_columnstore = TRUE,
    timescaledb.segmentby = '',
    timescaledb.orderby = 'icao24, last_contact DESC'
)
