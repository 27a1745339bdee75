"""Databases and stages for attacks on the archive, and a server for attacks on the live half."""

from collections.abc import Iterator

import pytest

from testkit.attack import Attack
from testkit.edition import Place
from tests.integration.conftest import deployment, migrated_place

__all__ = ["deployment", "migrated_place", "place"]


@pytest.fixture(scope="module")
def attack() -> Iterator[Attack]:
    """Give a server with healthy subscribers, which all attacks of a module share."""
    with Attack() as attack:
        yield attack


@pytest.fixture
def place(migrated_place: Place) -> Place:
    """Give a migrated database of each kind."""
    return migrated_place
