CREATE TABLE state_vectors (LIKE state_vector_columns) PARTITION BY RANGE (last_contact)
