"""A snapshot at a time: all aircraft as the live stream showed them then."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence

from processor.history.area_restriction import Boxes, box_columns
from processor.history.database import Connection, Record
from processor.history.errors import TooLargeError
from processor.history.queries import HistoryStatements
from processor.history.stored_rows import NO_IDENTITIES, in_columns, to_state_vectors
from processor.reference.identity import Identity
from processor.stream import events
from processor.stream.query import StreamQuery


async def read_traffic_at(
    connection: Connection,
    statements: HistoryStatements,
    moment: dt.datetime,
    *,
    expiry: dt.timedelta,
    max_rows: int,
    areas: Boxes,
) -> Sequence[Record]:
    """Return the newest row of each aircraft that was received within the expiry before a moment.

    Args:
        connection: A connection to the history.
        statements: Its SQL statements.
        moment: The time of the snapshot.
        expiry: Aircraft that were silent for longer are left out.
        max_rows: The most aircraft that the answer may have.
        areas: The areas of the principal; only aircraft inside them at the moment are read.

    Raises:
        TooLargeError: There are more aircraft than that.
    """
    arguments = (moment, expiry, max_rows + 1)
    if areas is not None:
        rows = await connection.fetch(statements.traffic_at_within, *arguments, *box_columns(areas))
    else:
        rows = await connection.fetch(statements.traffic_at, *arguments)
    if not rows and areas is None:
        rows = await connection.fetch(statements.traffic_at_by_minute, *arguments)
    if len(rows) > max_rows:
        raise TooLargeError(
            f"more than {max_rows} aircraft were received then; one answer may not have more"
            " (history.max_rows)"
        )
    return rows


def write_snapshot(
    query: StreamQuery,
    rows: Iterable[Record],
    moment: dt.datetime,
    identities: Mapping[str, Identity] = NO_IDENTITIES,
) -> bytes:
    """Return the data of the `snapshot` event that the stream would have sent then.

    Args:
        query: What is asked for.
        rows: The rows of all aircraft.
        moment: The time of the snapshot.
        identities: Who the aircraft are, if the query has something to do with it.
    """
    states = sorted(to_state_vectors(rows), key=lambda state: state.icao24)
    columns = in_columns(states, identities)
    encoded = [aircraft.encode(query.output_format) for aircraft in query.filter.select(columns)]
    return events.snapshot(encoded, query.output_format, id="", now=moment.timestamp()).data
