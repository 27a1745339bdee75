"""The contract of the topic telemetry.raw: one record and its bytes."""
