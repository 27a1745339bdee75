"""The audit: proof that each message was stored exactly once."""
