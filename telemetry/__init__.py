"""The contract that collector and processor share: one record, its bytes, its settings."""
