"""Store the topic telemetry.raw in TimescaleDB or PostgreSQL, and stream it to browsers."""
