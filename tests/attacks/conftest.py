"""Databases and stages for attacks on the archive."""

from tests.integration.conftest import embedded_url, place, stage

__all__ = ["embedded_url", "place", "stage"]
