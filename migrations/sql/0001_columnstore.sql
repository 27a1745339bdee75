-- Rows of one aircraft stand together, newest first: a fifth of the size, and a track still
-- comes in a millisecond.
ALTER TABLE state_vectors SET (
    timescaledb.enable_columnstore = TRUE,
    timescaledb.segmentby = 'icao24',
    timescaledb.orderby = 'last_contact DESC'
)
----
-- Later than any back-fill and any repeated reading of the topic (kafka.retention_hours).
CALL add_columnstore_policy('state_vectors', after => INTERVAL '4 days')
