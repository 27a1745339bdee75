CREATE TABLE state_vectors (LIKE state_vector_columns)
----
SELECT create_hypertable(
    'state_vectors',
    by_range('last_contact', (
        SELECT time_interval FROM timescaledb_information.dimensions
        WHERE hypertable_schema = current_schema() AND hypertable_name = 'former_state_vectors'
    )),
    create_default_indexes => FALSE
)
