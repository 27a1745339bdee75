"""Databases and stages for attacks on the archive."""

import pytest

from testkit.edition import Place
from tests.integration.conftest import deployment, migrated_place

__all__ = ["deployment", "migrated_place", "place"]


@pytest.fixture
def place(migrated_place: Place) -> Place:
    """Give a migrated database of each kind."""
    return migrated_place
