CREATE TABLE stored_state_vectors (LIKE stored_columns) PARTITION BY RANGE (last_contact)
