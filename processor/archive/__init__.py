"""The archive: every state vector stored exactly once."""
