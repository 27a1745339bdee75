ALTER TABLE minutely_state_vectors SET (
    timescaledb.enable_columnstore = TRUE,
    timescaledb.segmentby = 'icao24',
    timescaledb.orderby = 'minute DESC'
)
----
CALL add_columnstore_policy('minutely_state_vectors', after => INTERVAL '4 days')
