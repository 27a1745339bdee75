"""The columns that a client chooses for a file of state vectors."""

from collections.abc import AsyncGenerator, Sequence
from typing import Any

import pytest

from processor.history.export.identified import add_identities, choose_columns, has_identity
from processor.history.export.table import STATE_VECTORS, Row
from processor.reference.aircraft_table import packaged_aircraft
from processor.reference.identities import Identities
from processor.stream.output_format import ALL_FIELDS


def test_columns_keep_their_order_and_the_key() -> None:
    table = choose_columns(STATE_VECTORS, ("type", "squawk", "registration"))
    assert table.names == ("icao24", "last_contact", "squawk", "registration", "type")
    assert has_identity(table)


def test_every_field_of_the_stream_is_a_column() -> None:
    table = choose_columns(STATE_VECTORS, ALL_FIELDS)
    assert table.names == ALL_FIELDS


def test_without_a_choice_there_are_the_fields_of_opensky() -> None:
    table = choose_columns(STATE_VECTORS, ())
    assert table is STATE_VECTORS
    assert not has_identity(table)
    with pytest.raises(ValueError, match="'colour' is none of icao24, callsign"):
        choose_columns(STATE_VECTORS, ("colour",))


async def test_rows_get_the_identities_of_their_aircraft() -> None:
    record = packaged_aircraft("4b17c4")
    assert record is not None

    async def pages() -> AsyncGenerator[Sequence[Row], None]:
        yield [{"icao24": "4b17c4", "callsign": None}]
        yield [{"icao24": "400f00", "callsign": "SWR1"}]

    found: list[Any] = [row async for page in add_identities(pages(), Identities()) for row in page]
    assert [row["registration"] for row in found] == [record.registration, None]
    assert [row["operator_icao"] for row in found] == [record.operator_icao, "SWR"]
    assert [row["military"] for row in found] == [False, False]
