"""telemetry.raw into TimescaleDB and out to browsers."""
