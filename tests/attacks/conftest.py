"""Databases and stages for attacks on the archive."""

from tests.integration.conftest import deployment, place

__all__ = ["deployment", "place"]
