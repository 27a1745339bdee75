ALTER TABLE stored_state_vectors RENAME TO former_state_vectors
----
ALTER VIEW state_vectors RENAME TO former_view
