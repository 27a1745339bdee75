"""docs/exports.md describes all columns and formats."""

import pytest

from processor.history.export.table import FLIGHTS, STATE_VECTORS, Table
from processor.history.export.write import FILE_FORMATS
from telemetry.state_vector import FIELDS
from testkit.services import ROOT

DOCUMENT = (ROOT / "docs" / "exports.md").read_text()


@pytest.mark.parametrize("table", [STATE_VECTORS, FLIGHTS])
def test_every_column_is_described(table: Table) -> None:
    """Its name is in the document."""
    assert [name for name in table.names if f"`{name}`" not in DOCUMENT] == []


def test_every_format_is_described() -> None:
    """Its media type is in the document."""
    for name, each in FILE_FORMATS.items():
        assert f"| `{name}` | `{each.media_type.partition(';')[0]}` |" in DOCUMENT


def test_state_vectors_have_all_fields_of_opensky() -> None:
    """The columns are OpenSky's fields, in its order."""
    assert STATE_VECTORS.names == FIELDS
