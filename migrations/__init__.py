"""Alembic: the schema, version by version."""
