"""Decide which tests a worker of `pytest --numprocesses` runs, and which ones begin."""

import pytest
from xdist.scheduler import LoadScopeScheduling

_SLOWEST_FIRST = (
    *(
        "page",
        "clients",
        "docs",
        "end_to_end",
        "faults",
        "attacks",
        "contract",
        "integration",
        "property",
    ),
    "unit",
)
"""The order in which the workers begin the folders, so that no worker ends long after another."""

_ONE_WORKER = {"page"}
"""Folders whose tests all use one pipeline, which takes a quarter of a minute to start."""


def sort_by_folder(items: list[pytest.Item]) -> None:
    """Put the tests of the slowest folders first; tests of one file stay together."""
    ranks = {folder: rank for rank, folder in enumerate(_SLOWEST_FIRST)}
    items.sort(key=lambda item: ranks.get(_folder_of(item.nodeid), 0))


class FileScheduling(LoadScopeScheduling):
    """Give a worker all tests of a file, as they share fixtures, or all tests of some folders."""

    def _split_scope(self, nodeid: str) -> str:
        folder = _folder_of(nodeid)
        return folder if folder in _ONE_WORKER else nodeid.partition("::")[0]


def _folder_of(nodeid: str) -> str:
    """Return the folder in tests/ that a test is in."""
    return nodeid.split("/")[1]
