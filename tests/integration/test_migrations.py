"""The migrations on both kinds of database: up, down, up again, two at once, the same promises."""

import asyncio
import datetime as dt

import asyncpg
import pytest

from migrations.editions import BETWEEN_STATEMENTS, SQL
from testkit.databases import execute
from testkit.edition import Place
from testkit.invented_day import Leg
from testkit.migration import TIMEOUT_S, migrate, start_migration
from testkit.queries import fetch, fetch_value
from testkit.state_vectors import state_vector
from testkit.stored_day import store

ARCHIVE = {"state_vectors", "dead_letters", "ingest_offsets", "ingest_ledger", "retention_marks"}
STORED = {"stored_state_vectors"}
AUDIT = {"ingest_days", "retention_bounds"}
FIRST_VIEWS = {"latest_state_vectors", "hourly_traffic"}
HISTORY = {
    *("flight_legs", "minutely_state_vectors", "hourly_counts"),
    *("touched_minutes", "touched_hours"),
}
IDENTITY = {"aircraft", "airlines", "aircraft_loads", "aircraft_identities", "identified_flights"}
ALL = ARCHIVE | STORED | AUDIT | FIRST_VIEWS | HISTORY | IDENTITY
ALL |= {"flights", "tracks", "emergencies"}
FUNCTIONS = {
    *("make_partitions", "drop_state_vectors_before"),
    *("make_minutely_partitions", "drop_minutely_state_vectors_before"),
    *("great_circle_km", "measure_flight", "plausible_parts"),
    *("fit_chunks", "chunks_to_compress", "compress_part", "retention_limit", "drop_oldest_part"),
    *("as_bigint", "ledger_seal"),
    *("parts_of", "most_parts", "uncovered_days", "missing_days", "span_of_part", "make_part"),
    *("make_coming_part", "make_coming_partitions", "rows_of_day"),
}
HEAD = "0012"
DIVIDED = {
    "stored_state_vectors": ("make_partitions", "drop_state_vectors_before", "last_contact"),
    "minutely_state_vectors": (
        *("make_minutely_partitions", "drop_minutely_state_vectors_before"),
        "minute",
    ),
}
"""The tables divided by time, with the functions that make and drop their parts."""

DAY = 86_400
FIRST_DAY = dt.date(2026, 9, 1)
FIRST_MOMENT = int(dt.datetime(2026, 9, 1, 12, tzinfo=dt.UTC).timestamp())


def relations(dsn: str) -> set[str]:
    """Return the names of the project's tables and views, without partitions."""
    rows = fetch(
        dsn,
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace"
        " AND relkind IN ('r', 'p', 'v') AND NOT relispartition",
    )
    return {row[0] for row in rows} - {"alembic_version"}


def functions(dsn: str) -> set[str]:
    """Return the names of the project's functions; TimescaleDB's belong to its extension."""
    rows = fetch(
        dsn,
        "SELECT proname FROM pg_proc AS function WHERE pronamespace = 'public'::regnamespace"
        " AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = function.oid AND deptype = 'e')",
    )
    return {row[0] for row in rows}


def insert(dsn: str, days: int) -> None:
    """Store a state vector on each of so many days, and the minutes."""
    vectors = [state_vector("4b1814", FIRST_MOMENT + day * DAY) for day in range(days)]
    asyncio.run(store(dsn, [Leg(vectors)]))


def parts(place: Place, table: str = "stored_state_vectors") -> int:
    """Return how many parts a table has."""
    if place.is_timescale:
        statement = "SELECT count(*) FROM show_chunks($1::text::regclass)"
    else:
        statement = "SELECT count(*) FROM pg_inherits WHERE inhparent = $1::text::regclass"
    return int(fetch_value(place.dsn, statement, table))


def days_in(dsn: str, table: str) -> list[int]:
    """Return the day of the month of each row, in order."""
    statement = f"SELECT (last_contact)::date FROM {table} ORDER BY 1"  # noqa: S608 - a name of ours
    return [row[0].day for row in fetch(dsn, statement)]


def test_up_down_and_up_again(place: Place) -> None:
    """The downgrade leaves nothing, and the second upgrade ends like the first."""
    migrate(place.dsn)
    assert (relations(place.dsn), functions(place.dsn)) == (ALL, FUNCTIONS)
    insert(place.dsn, 3)
    migrate(place.dsn, "downgrade", "base")
    assert (relations(place.dsn), functions(place.dsn)) == (set(), set())
    migrate(place.dsn)
    assert (relations(place.dsn), functions(place.dsn)) == (ALL, FUNCTIONS)
    assert fetch_value(place.dsn, "SELECT count(*) FROM state_vectors") == 0


def test_each_way_down_keeps_what_was_there_before(place: Place) -> None:
    """One revision at a time, with rows: the state vectors stay until the first goes."""
    migrate(place.dsn)
    insert(place.dsn, 2)
    migrate(place.dsn, "downgrade", "0002")
    assert relations(place.dsn) == ALL - STORED - AUDIT - {"tracks", "emergencies"}
    migrate(place.dsn, "downgrade", "0001")
    assert relations(place.dsn) == ARCHIVE | FIRST_VIEWS
    assert fetch_value(place.dsn, "SELECT sum(state_vectors)::int FROM hourly_traffic") == 2
    migrate(place.dsn)
    assert relations(place.dsn) == ALL
    assert fetch_value(place.dsn, "SELECT count(*) FROM state_vectors") == 2


def test_everything_for_people_is_described(place: Place) -> None:
    """Each table and view has a comment, and so has each column that the reader sees."""
    migrate(place.dsn)
    bare = fetch(
        place.dsn,
        "SELECT relname FROM pg_class WHERE relname = ANY ($1) AND obj_description(oid) IS NULL",
        list(ALL),
    )
    assert bare == []
    columns = fetch(
        place.dsn,
        "SELECT attrelid::regclass::text, attname FROM pg_attribute"
        " WHERE attrelid::regclass::text = ANY ($1) AND attnum > 0"
        " AND has_table_privilege('flights_reader', attrelid, 'SELECT')"
        " AND col_description(attrelid, attnum) IS NULL",
        list(ALL),
    )
    assert columns == []


def test_two_migrators_at_once(place: Place) -> None:
    """Instances that start together migrate one after the other; both succeed."""
    migrators = [start_migration(place.dsn) for _ in range(2)]
    printed = [migrator.communicate(timeout=TIMEOUT_S)[0] for migrator in migrators]
    assert [migrator.returncode for migrator in migrators] == [0, 0], printed
    assert relations(place.dsn) == ALL
    assert fetch(place.dsn, "SELECT version_num FROM alembic_version") == [(HEAD,)]


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
    assert [parts(place, table) for table in DIVIDED] == [5, 5]
    kinds = fetch(
        place.dsn, "SELECT relkind::text FROM pg_class WHERE relname = ANY ($1)", list(DIVIDED)
    )
    assert kinds == [("r",) if place.is_timescale else ("p",)] * 2
    if not place.is_timescale:
        return
    found = fetch(
        place.dsn,
        "SELECT hypertable_name::text, column_name::text, time_interval"
        " FROM timescaledb_information.dimensions",
    )
    spans = dict.fromkeys(DIVIDED, dt.timedelta(days=1))
    if place.has_columnstore:
        spans["stored_state_vectors"] = dt.timedelta(hours=6)
    assert set(found) == {(table, names[2], spans[table]) for table, names in DIVIDED.items()}


@pytest.mark.parametrize("hour", [0, 23])
def test_a_part_goes_only_when_all_of_it_is_older(place: Place, hour: int) -> None:
    """Retention drops whole days, the same ones on both kinds, whatever the hour."""
    migrate(place.dsn)
    insert(place.dsn, 6)
    before = dt.datetime(2026, 9, 4, hour, tzinfo=dt.UTC)
    for table, (_, drop, _) in DIVIDED.items():
        while fetch(place.dsn, f"SELECT {drop}($1)", before):
            pass
        assert days_in(place.dsn, table) == [4, 5, 6]
        assert parts(place, table) == 3


def test_partitions_can_be_asked_for_again_and_by_two_at_once(place: Place) -> None:
    """Instances make room for the same days side by side, and for days that were dropped."""
    migrate(place.dsn)
    days = [FIRST_DAY + dt.timedelta(days=number) for number in range(20)]

    async def request() -> None:
        connections = [await asyncpg.connect(place.dsn) for _ in range(4)]
        for make, _, _ in [*DIVIDED.values()] * 3:
            await asyncio.gather(
                *(
                    connection.execute(f"SELECT {make}($1::date[])", days)
                    for connection in connections
                )
            )
        for connection in connections:
            await connection.close()

    asyncio.run(request())
    insert(place.dsn, 2)
    for table, (_, drop, _) in DIVIDED.items():
        dropped = fetch(place.dsn, f"SELECT {drop}($1)", dt.datetime(2026, 9, 2, tzinfo=dt.UTC))
        assert len(dropped) == 1
        assert days_in(place.dsn, table) == [2]
    asyncio.run(request())


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
    vectors = [state_vector("4b1814", now - age, velocity=float(age)) for age in (7_200, 60, 5)]
    asyncio.run(store(place.dsn, [Leg(vectors)]))
    assert fetch(place.dsn, "SELECT velocity FROM latest_state_vectors") == [(5.0,)]
    assert fetch(place.dsn, "SELECT icao24, state_vectors FROM flights") == [("4b1814", 3)]
    assert fetch_value(place.dsn, "SELECT count(*) FROM tracks") == 3


def test_hours_come_from_their_rollup_unless_they_are_dirty(place: Place) -> None:
    """A dirty hour is counted from its minutes; the others come from the rollup."""
    migrate(place.dsn)
    hour = FIRST_MOMENT // 3_600 * 3_600
    vectors = [
        *(state_vector("4b1814", hour + age) for age in (0, 20, 60)),
        state_vector("3c6444", hour + 30, origin_country="Germany"),
        state_vector("4b1814", hour + 3_600),
    ]
    asyncio.run(store(place.dsn, [Leg(vectors)]))
    traffic = "SELECT origin_country, aircraft, state_vectors FROM hourly_traffic ORDER BY hour, 1"
    counted = [("Germany", 1, 1), ("Switzerland", 1, 3)]
    assert fetch(place.dsn, traffic) == [*counted, ("Switzerland", 1, 1)]
    first = dt.datetime.fromtimestamp(hour, dt.UTC)
    summed = "INSERT INTO hourly_counts VALUES ($1, 'Germany', 7, 70)"
    fetch(place.dsn, summed, first)
    assert fetch(place.dsn, traffic) == [*counted, ("Switzerland", 1, 1)]
    fetch(place.dsn, "DELETE FROM touched_hours WHERE hour = $1", first)
    assert fetch(place.dsn, traffic) == [("Germany", 7, 70), ("Switzerland", 1, 1)]


def test_only_the_licence_keeps_the_columnstore_away(place: Place) -> None:
    """Its statements cannot run in this edition, but the server knows all that they name."""
    migrate(place.dsn)
    insert(place.dsn, 1)
    if place.has_columnstore:
        pytest.skip("this edition has it; test_columnstore.py runs what it does")
    to_compress = "SELECT part, is_compressed FROM chunks_to_compress(4)"
    assert fetch(place.dsn, to_compress) == []
    assert fetch_value(place.dsn, "SELECT compress_part('stored_state_vectors', 4)") is False
    if not place.is_timescale:
        return
    execute(place.dsn, "DROP FUNCTION chunks_to_compress(integer), compress_part(text, integer)")
    for statement in (SQL / "0010_columnstore.sql").read_text().split(BETWEEN_STATEMENTS):
        if "CREATE FUNCTION" in statement:
            execute(place.dsn, statement.replace("'state_vectors'", "'stored_state_vectors'"))
    found = fetch(place.dsn, to_compress)
    assert [is_compressed for _, is_compressed in found] == [False, False]
    with pytest.raises(asyncpg.FeatureNotSupportedError, match='current "apache" license'):
        fetch(place.dsn, "SELECT compress_part($1, 4)", found[0][0])
