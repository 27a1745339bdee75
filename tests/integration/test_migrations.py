"""The migrations on both kinds of database: up, down, up again, two at once, the same promises."""

import asyncio
import datetime as dt
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import asyncpg
import pytest

from processor.archive.batch import to_rows
from processor.archive.instants import take_unix_seconds
from standalone.database import EmbeddedDatabase
from telemetry.state_vector import FIELDS
from tests.support import databases
from tests.support.migration import TIMEOUT_S, migrate, start_migration
from tests.support.queries import fetch, fetch_value
from tests.support.state_vectors import state_vector
from tests.support.timescale import Timescale

TABLES = {"state_vectors", "dead_letters", "ingest_offsets", "ingest_ledger", "retention_marks"}
VIEWS = {"latest_state_vectors", "hourly_traffic"}
DAY = 86_400
FIRST_DAY = dt.date(2026, 9, 1)
FIRST_MOMENT = int(dt.datetime(2026, 9, 1, 12, tzinfo=dt.UTC).timestamp())


class Place(NamedTuple):
    """An empty database, and of which kind it is."""

    dsn: str
    is_timescale: bool


@pytest.fixture(scope="module")
def embedded_url() -> Iterator[str]:
    """Give the address of an embedded server."""
    folder = Path(tempfile.mkdtemp(prefix="embedded-"))
    folder.chmod(0o755)
    with EmbeddedDatabase(folder) as embedded:
        yield embedded.url
    shutil.rmtree(folder)


@pytest.fixture(params=["embedded", pytest.param("timescale", marks=pytest.mark.real_database)])
def place(request: pytest.FixtureRequest) -> Iterator[Place]:
    """Give an empty database of each kind."""
    is_timescale = request.param == "timescale"
    if is_timescale:
        timescale: Timescale = request.getfixturevalue("timescale")
        timescale.start()
        server = timescale.dsn
    else:
        server = request.getfixturevalue("embedded_url")
    dsn = databases.create_database(server)
    yield Place(dsn, is_timescale)
    databases.drop_database(server, dsn)


def relations(dsn: str) -> set[str]:
    """Return the names of our tables and views, partitions aside."""
    rows = fetch(
        dsn,
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace"
        " AND relkind IN ('r', 'p', 'v') AND NOT relispartition",
    )
    return {row[0] for row in rows} - {"alembic_version"}


def functions(dsn: str) -> set[str]:
    """Return the names of our functions."""
    rows = fetch(
        dsn,
        "SELECT proname FROM pg_proc WHERE proname = ANY ($1)",
        ["make_partitions", "drop_state_vectors_before"],
    )
    return {row[0] for row in rows}


def insert(dsn: str, days: int) -> None:
    """Store a state vector on each of so many days."""
    vectors = [state_vector("4b1814", FIRST_MOMENT + day * DAY) for day in range(days)]

    async def copy() -> None:
        connection = await asyncpg.connect(dsn)
        await take_unix_seconds(connection)
        wanted = [FIRST_DAY + dt.timedelta(days=day) for day in range(days)]
        await connection.execute("SELECT make_partitions($1::date[])", wanted)
        await connection.copy_records_to_table(
            "state_vectors", records=to_rows(vectors), columns=FIELDS
        )
        await connection.close()

    asyncio.run(copy())


def parts(place: Place) -> int:
    """Return how many parts the table has."""
    if place.is_timescale:
        statement = "SELECT count(*) FROM show_chunks('state_vectors')"
    else:
        statement = "SELECT count(*) FROM pg_inherits WHERE inhparent = 'state_vectors'::regclass"
    return int(fetch_value(place.dsn, statement))


def test_up_down_and_up_again(place: Place) -> None:
    """Nothing of ours is left after the way down, and the second way up ends as the first."""
    migrate(place.dsn)
    assert relations(place.dsn) == TABLES | VIEWS
    insert(place.dsn, 3)
    migrate(place.dsn, "downgrade", "base")
    assert (relations(place.dsn), functions(place.dsn)) == (set(), set())
    migrate(place.dsn)
    assert relations(place.dsn) == TABLES | VIEWS
    assert fetch_value(place.dsn, "SELECT count(*) FROM state_vectors") == 0


def test_two_migrators_at_once(place: Place) -> None:
    """Instances that start together migrate one after the other; both succeed."""
    migrators = [start_migration(place.dsn) for _ in range(2)]
    printed = [migrator.communicate(timeout=TIMEOUT_S)[0] for migrator in migrators]
    assert [migrator.returncode for migrator in migrators] == [0, 0], printed
    assert relations(place.dsn) == TABLES | VIEWS
    assert fetch(place.dsn, "SELECT version_num FROM alembic_version") == [("0001",)]


def test_migrating_again_changes_nothing(place: Place) -> None:
    """`alembic upgrade head` on a database that is there keeps its rows."""
    migrate(place.dsn)
    insert(place.dsn, 2)
    migrate(place.dsn)
    assert fetch_value(place.dsn, "SELECT count(*) FROM state_vectors") == 2


def test_time_is_divided_by_day(place: Place) -> None:
    """A hypertable with TimescaleDB, native partitions without; a day in each part."""
    migrate(place.dsn)
    insert(place.dsn, 5)
    assert parts(place) == 5
    kind = fetch_value(
        place.dsn, "SELECT relkind::text FROM pg_class WHERE oid = 'state_vectors'::regclass"
    )
    if not place.is_timescale:
        assert kind == "p"
        return
    assert kind == "r"
    found = fetch(
        place.dsn,
        "SELECT column_name::text, time_interval FROM timescaledb_information.dimensions"
        " WHERE hypertable_name = 'state_vectors'",
    )
    assert found == [("last_contact", dt.timedelta(days=1))]


@pytest.mark.parametrize("hour", [0, 23])
def test_a_part_goes_only_when_all_of_it_is_older(place: Place, hour: int) -> None:
    """Retention drops whole days, the same ones on both kinds, whatever the hour."""
    migrate(place.dsn)
    insert(place.dsn, 6)
    before = dt.datetime(2026, 9, 4, hour, tzinfo=dt.UTC)
    fetch(place.dsn, "SELECT drop_state_vectors_before($1)", before)
    left = fetch(place.dsn, "SELECT (last_contact)::date FROM state_vectors ORDER BY 1")
    assert [row[0].day for row in left] == [4, 5, 6]
    assert parts(place) == 3


def test_partitions_can_be_asked_for_again_and_by_two_at_once(place: Place) -> None:
    """Instances make room for the same days side by side, and for days that were dropped."""
    migrate(place.dsn)
    days = [FIRST_DAY + dt.timedelta(days=number) for number in range(20)]

    async def ask() -> None:
        connections = [await asyncpg.connect(place.dsn) for _ in range(4)]
        for _ in range(3):
            await asyncio.gather(
                *(
                    connection.execute("SELECT make_partitions($1::date[])", days)
                    for connection in connections
                )
            )
        for connection in connections:
            await connection.close()

    asyncio.run(ask())
    insert(place.dsn, 2)
    dropped = fetch(
        place.dsn,
        "SELECT drop_state_vectors_before($1)",
        dt.datetime(2026, 9, 2, tzinfo=dt.UTC),
    )
    assert len(dropped) == 1
    assert fetch_value(place.dsn, "SELECT count(*) FROM state_vectors") == 1
    asyncio.run(ask())


def test_session_time_zone_does_not_move_the_days(place: Place) -> None:
    """Days are UTC's, also for an operator whose session is elsewhere."""
    migrate(place.dsn)

    async def make() -> None:
        connection = await asyncpg.connect(
            place.dsn, server_settings={"timezone": "Pacific/Auckland"}
        )
        await connection.execute("SELECT make_partitions($1::date[])", [FIRST_DAY])
        await connection.close()

    asyncio.run(make())
    insert(place.dsn, 1)
    before = dt.datetime(2026, 9, 2, tzinfo=dt.UTC)

    async def drop() -> None:
        connection = await asyncpg.connect(
            place.dsn, server_settings={"timezone": "America/Los_Angeles"}
        )
        await connection.execute("SELECT drop_state_vectors_before($1)", before)
        await connection.close()

    asyncio.run(drop())
    assert fetch_value(place.dsn, "SELECT count(*) FROM state_vectors") == 0


def test_views_show_the_newest_and_the_hours(place: Place) -> None:
    """The views made for people answer, and with what their names say."""
    migrate(place.dsn)
    now = int(dt.datetime.now(dt.UTC).timestamp())
    vectors = [state_vector("4b1814", now - age, velocity=float(age)) for age in (5, 60, 7_200)]

    async def copy() -> None:
        connection = await asyncpg.connect(place.dsn)
        await take_unix_seconds(connection)
        days = {dt.datetime.fromtimestamp(vector.last_contact, dt.UTC).date() for vector in vectors}
        await connection.execute("SELECT make_partitions($1::date[])", sorted(days))
        await connection.copy_records_to_table(
            "state_vectors", records=to_rows(vectors), columns=FIELDS
        )
        await connection.close()

    asyncio.run(copy())
    assert fetch(place.dsn, "SELECT velocity FROM latest_state_vectors") == [(5.0,)]
    totals = fetch(place.dsn, "SELECT sum(state_vectors)::int FROM hourly_traffic")
    assert totals == [(3,)]
