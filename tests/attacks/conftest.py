"""Databases and stages for attacks on the archive."""

from tests.integration.conftest import place, stage

__all__ = ["place", "stage"]
