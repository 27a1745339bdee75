"""docs/exports.md names what there is."""

import pytest

from processor.history.export.table import FLIGHTS, STATE_VECTORS, Table
from processor.history.export.write import FILE_FORMATS
from telemetry.state_vector import FIELDS
from testkit.services import ROOT

DOCUMENT = (ROOT / "docs" / "exports.md").read_text()


@pytest.mark.parametrize("table", [STATE_VECTORS, FLIGHTS])
def test_every_column_is_described(table: Table) -> None:
    """By its name."""
    assert [name for name in table.names if f"`{name}`" not in DOCUMENT] == []


def test_every_format_is_described() -> None:
    """With its media type."""
    for name, each in FILE_FORMATS.items():
        assert f"| `{name}` | `{each.media_type.partition(';')[0]}` |" in DOCUMENT


def test_state_vectors_are_opensky_s() -> None:
    """All fields, in its order."""
    assert STATE_VECTORS.names == FIELDS
