"""The audit: proof that every message was stored exactly once."""
