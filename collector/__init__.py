"""Polls the OpenSky Network and publishes every new state vector to Kafka."""
