"""The history: what the archive has stored, for queries by clients."""
