CREATE TABLE stored_state_vectors (LIKE stored_columns)
----
SELECT create_hypertable(
    'stored_state_vectors',
    by_range('last_contact', (
        SELECT time_interval FROM timescaledb_information.dimensions
        WHERE hypertable_schema = current_schema() AND hypertable_name = 'former_state_vectors'
    )),
    create_default_indexes => FALSE
)
