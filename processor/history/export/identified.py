"""Choose the columns of a file of state vectors, also those that say which aircraft it is."""

from collections.abc import Sequence
from contextlib import aclosing

import msgspec

from processor.history.export.reading import Pages
from processor.history.export.table import Column, ColumnType, Table
from processor.reference.identities import Identities
from processor.reference.identity import IDENTITY_FIELDS

ALWAYS = ("icao24", "last_contact")
"""The columns that every file has: the key of a state vector."""

IDENTITY_COLUMNS = tuple(
    Column(name, ColumnType.BOOL if name == "military" else ColumnType.TEXT)
    for name in IDENTITY_FIELDS
)


def choose_columns(table: Table, names: Sequence[str]) -> Table:
    """Return a table with the named columns, in the order of the table and then of the identity.

    Args:
        table: State vectors.
        names: The names; empty for all columns of the table and none of the identity.

    Raises:
        ValueError: There is no such column.
    """
    if not names:
        return table
    there = (*table.columns, *IDENTITY_COLUMNS)
    for name in names:
        if name not in [column.name for column in there]:
            raise ValueError(f"{name!r} is none of {', '.join(column.name for column in there)}")
    wanted = {*ALWAYS, *names}
    columns = tuple(column for column in there if column.name in wanted)
    return msgspec.structs.replace(table, columns=columns)


def has_identity(table: Table) -> bool:
    """Whether a table has columns of the identity."""
    return not set(IDENTITY_FIELDS).isdisjoint(table.names)


async def add_identities(pages: Pages, identities: Identities) -> Pages:
    """Yield pages of rows with the columns of the identity."""
    async with aclosing(pages) as rows:
        async for page in rows:
            found = await identities.find(row["icao24"] for row in page)
            identified = []
            for row in page:
                identity, callsign = found[row["icao24"]], row["callsign"]
                identified.append(
                    dict(row)
                    | {
                        "registration": identity.registration,
                        "type": identity.type,
                        "operator": identity.operator_name(callsign),
                        "operator_icao": identity.operator_code(callsign),
                        "military": identity.military,
                    }
                )
            yield identified
