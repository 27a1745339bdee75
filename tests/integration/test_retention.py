"""Retention deletes only expired data, in small steps, whatever clocks and single rows say."""

import asyncio
import datetime as dt
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry
from structlog.testing import capture_logs

from processor.archive.audit.audit import audit
from processor.archive.columnstore import Columnstore
from processor.archive.database import Database
from processor.archive.maintenance import Maintenance
from processor.archive.metrics import ArchiveMetrics
from processor.archive.retention import (
    DEAD_LETTERS_A_RUN,
    MAX_CLOCK_OFFSET_SECONDS,
    RetentionPeriods,
)
from processor.archive.sql import load_audit_queries, load_queries
from telemetry.state_vector import StateVector
from testkit import faketime_install
from testkit.edition import Place
from testkit.invented_day import Leg
from testkit.queries import fetch, fetch_value
from testkit.services import Service
from testkit.state_vectors import state_vector
from testkit.stored_day import store

DAY = 86_400
KEPT = RetentionPeriods(state_vectors_days=30, minutely_days=0, flights_days=0, dead_letters_days=0)
COUNT = "SELECT count(*) FROM state_vectors"


def noon(days_ago: int) -> int:
    """Return the noon of a day, by which the invented rows are a day apart."""
    return int(time.time()) // DAY * DAY - days_ago * DAY + DAY // 2


def crowd(moment: int, aircraft: int = 100) -> list[StateVector]:
    """Return as many aircraft at one time as retention needs to believe that time."""
    return [state_vector(f"{number:06x}", moment) for number in range(aircraft)]


@pytest.fixture
def place(migrated_place: Place) -> Place:
    """Give a migrated database of each kind."""
    return migrated_place


def fill(dsn: str, *vectors: StateVector) -> None:
    """Store state vectors and their minutes; each aircraft has one flight."""
    by_aircraft: dict[str, list[StateVector]] = {}
    for vector in sorted(vectors, key=lambda vector: vector.last_contact):
        by_aircraft.setdefault(vector.icao24, []).append(vector)
    asyncio.run(store(dsn, [Leg(flown) for flown in by_aircraft.values()]))


class Archive:
    """The maintenance of an archive on a host whose clock the test sets."""

    def __init__(self, dsn: str, kept: RetentionPeriods, *, ahead_seconds: float = 0) -> None:
        self.registry = CollectorRegistry()
        self.database = Database(
            url=dsn,
            application_name="test",
            connect_timeout_seconds=5,
            statement_timeout_seconds=20,
            host_clock=lambda: time.time() + ahead_seconds,
        )
        queries, metrics = load_queries(), ArchiveMetrics(self.registry)
        self.maintenance = Maintenance(
            database=self.database,
            queries=queries,
            metrics=metrics,
            kept=kept,
            chunk_rows=25_000_000,
            columnstore=Columnstore(
                database=self.database, queries=queries, metrics=metrics, compress_after_days=4
            ),
        )

    async def maintain(self) -> None:
        """Run the maintenance of one minute."""
        await self.database.run(self.maintenance.maintain)

    async def audit(self) -> str:
        """Run the audit and return its proof."""
        return str(await self.database.run(lambda session: audit(session, load_audit_queries())))


@pytest.fixture
async def archive(place: Place) -> AsyncIterator[Callable[..., Archive]]:
    """Give a function that starts an archive on the place's database."""
    archives: list[Archive] = []

    def start(kept: RetentionPeriods = KEPT, *, ahead_seconds: float = 0) -> Archive:
        archives.append(Archive(place.dsn, kept, ahead_seconds=ahead_seconds))
        return archives[-1]

    yield start
    for started in archives:
        await started.database.close()


def days_stored(dsn: str, table: str = "state_vectors") -> list[int]:
    """Return how many days ago there are rows, oldest first."""
    today = dt.datetime.now(dt.UTC).date()
    statement = f"SELECT DISTINCT (last_contact AT TIME ZONE 'UTC')::date FROM {table} ORDER BY 1"  # noqa: S608 - a name of ours
    return [(today - row[0]).days for row in fetch(dsn, statement)]


def n_expired(archive: Archive, table: str) -> float | None:
    """Return how many rows of a table retention has counted as deleted."""
    name = "flightmonitor_archive_expired_rows_total"
    return archive.registry.get_sample_value(name, {"table": table})


def clock_offset(archive: Archive) -> float:
    """Return the value of the metric."""
    value = archive.registry.get_sample_value("flightmonitor_archive_database_clock_offset_seconds")
    assert value is not None
    return value


@pytest.mark.wrong_clock
def test_archive_on_a_host_whose_clock_is_40_days_ahead_drops_nothing(
    place: Place, tmp_path: Path
) -> None:
    """The process reports the reason from its start, and all rows are still there."""
    fill(place.dsn, *(row for days_ago in (20, 10, 1) for row in crowd(noon(days_ago))))
    service = Service(
        *("processor", "--role", "archive"),
        folder=tmp_path,
        environment={
            "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1",
            "DATABASE_URL": place.dsn,
            "HTTP_PORT": "0",
            **faketime_install.environment("+40d"),
        },
    ).start()
    try:
        reason = service.wait_for_event("retention_refused")["reason"]
    finally:
        service.kill()
    assert "set the one that is wrong" in reason
    assert fetch_value(place.dsn, COUNT) == 300


@pytest.mark.parametrize("ahead_seconds", [40 * DAY, -40 * DAY, MAX_CLOCK_OFFSET_SECONDS + 1])
async def test_clocks_that_differ_by_minutes_stop_retention(
    place: Place, archive: Callable[..., Archive], ahead_seconds: float
) -> None:
    """Expired data are deleted only once host and server agree on the time."""
    await asyncio.to_thread(fill, place.dsn, *crowd(noon(40)), *crowd(noon(1)))
    wrong = archive(ahead_seconds=ahead_seconds)
    with capture_logs() as lines:
        await wrong.maintain()
    events = [line["event"] for line in lines if line["event"] != "packaged_aircraft_loaded"]
    assert events == ["retention_refused"]
    assert wrong.maintenance.refusal is not None
    assert f"{abs(ahead_seconds):.0f} s" in wrong.maintenance.refusal
    assert abs(clock_offset(wrong) - ahead_seconds) < 1
    assert days_stored(place.dsn) == [40, 1]
    right = archive(ahead_seconds=MAX_CLOCK_OFFSET_SECONDS - 5)
    await right.maintain()
    assert right.maintenance.refusal is None
    assert days_stored(place.dsn) == [1]


async def test_server_whose_clock_is_ahead_of_all_rows_drops_what_is_old_among_them(
    place: Place, archive: Callable[..., Archive]
) -> None:
    """Both clocks are 40 days ahead, as on one host: days count back from the newest rows."""
    moments = [noon(days_ago) for days_ago in (75, 60, 41, 40)]
    rows = [row for moment in moments for row in crowd(moment)]
    await asyncio.to_thread(fill, place.dsn, *rows)
    for _ in range(3):
        await archive().maintain()
    assert days_stored(place.dsn) == [60, 41, 40]


async def test_rows_of_the_future_do_not_move_the_limit(
    place: Place, archive: Callable[..., Archive]
) -> None:
    """Neither a row of 2099 nor some of tomorrow count as the newest."""
    rows = [*crowd(noon(65)), *crowd(noon(50)), *crowd(noon(31)), *crowd(noon(-20), aircraft=99)]
    rows.append(state_vector("ffffff", 4_080_000_000))
    await asyncio.to_thread(fill, place.dsn, *rows)
    for _ in range(3):
        await archive().maintain()
    assert days_stored(place.dsn)[:2] == [50, 31]
    assert fetch_value(place.dsn, COUNT) == 300


async def test_few_rows_that_are_ahead_do_not_expire_the_others(
    place: Place, archive: Callable[..., Archive]
) -> None:
    """The oldest of the newest hundred rows decides."""
    await asyncio.to_thread(
        fill, place.dsn, *crowd(noon(60)), *crowd(noon(40)), *crowd(noon(1), aircraft=99)
    )
    await archive().maintain()
    assert days_stored(place.dsn) == [60, 40, 1]


async def test_a_run_drops_one_part_the_oldest_first(
    place: Place, archive: Callable[..., Archive]
) -> None:
    """An operator has time to stop it; the mark shows what was dropped."""
    rows = [row for days_ago in (45, 44, 43, 30, 1) for row in crowd(noon(days_ago))]
    await asyncio.to_thread(fill, place.dsn, *rows)
    fetch(
        place.dsn,
        "INSERT INTO ingest_days (cluster_id, topic, partition, day, n_rows, digest)"
        " SELECT 'c', 't', 0, (last_contact AT TIME ZONE 'UTC')::date, count(*), 0"
        " FROM state_vectors GROUP BY 4",
    )
    left, one = [], archive()
    for _ in range(4):
        await one.maintain()
        left.append(days_stored(place.dsn))
    assert n_expired(one, "state_vectors") == 300
    assert left == [[44, 43, 30, 1], [43, 30, 1], [30, 1], [30, 1]]
    [newest] = fetch(place.dsn, "SELECT max(dropped_before) FROM retention_marks")[0]
    assert int(newest.timestamp()) == noon(43) + DAY // 2


async def test_a_row_of_2004_leaves_a_mark_of_2004(
    place: Place, archive: Callable[..., Archive]
) -> None:
    """The rows that are left are still compared and measured."""
    await asyncio.to_thread(
        fill, place.dsn, state_vector("ffffff", 1_100_000_000), *crowd(noon(5)), *crowd(noon(1))
    )
    await archive().maintain()
    assert days_stored(place.dsn) == [5, 1]
    [newest] = fetch(place.dsn, "SELECT max(dropped_before) FROM retention_marks")[0]
    assert newest.year == 2004


async def test_instances_side_by_side_drop_each_part_once(
    place: Place, archive: Callable[..., Archive]
) -> None:
    """No instance fails because another one was quicker."""
    rows = [row for days_ago in (45, 44, 43, 42, 1) for row in crowd(noon(days_ago))]
    await asyncio.to_thread(fill, place.dsn, *rows)
    archives = [archive() for _ in range(4)]
    for _ in range(4):
        await asyncio.gather(*(each.maintain() for each in archives))
    assert days_stored(place.dsn) == [1]


async def test_minutes_flights_and_dead_letters_go_by_the_same_limit(
    place: Place, archive: Callable[..., Archive]
) -> None:
    """Each table has its own days, counted by the same clock and rows."""
    rows = [row for days_ago in (65, 50, 1) for row in crowd(noon(days_ago))]
    await asyncio.to_thread(fill, place.dsn, *rows)
    fetch(place.dsn, "UPDATE flight_legs SET last_seen = first_seen WHERE icao24 < '000032'")
    set_aside(place.dsn, days_ago=65, offsets=range(3))
    set_aside(place.dsn, days_ago=1, offsets=range(3, 5))
    kept = RetentionPeriods(
        state_vectors_days=0, minutely_days=60, flights_days=60, dead_letters_days=60
    )
    one = archive(kept)
    await one.maintain()
    assert n_expired(one, "state_vectors") == 0
    assert n_expired(one, "flights") == 50
    assert n_expired(one, "dead_letters") == 3
    assert days_stored(place.dsn) == [65, 50, 1]
    assert days_stored(place.dsn, "minutely_state_vectors") == [50, 1]
    assert fetch_value(place.dsn, "SELECT count(*) FROM flight_legs") == 50
    assert fetch_value(place.dsn, "SELECT count(*) FROM dead_letters") == 2


def set_aside(dsn: str, *, days_ago: int, offsets: range) -> None:
    """Store dead letters, one a transaction, with their offsets and ledger."""
    since = dt.datetime.now(dt.UTC) - dt.timedelta(days=days_ago)
    fetch(
        dsn,
        "INSERT INTO ingest_offsets (cluster_id, topic, partition, ledger_start, next_offset,"
        " epoch, owner) VALUES ('c', 't', 0, 0, $1, 1, 'test')"
        " ON CONFLICT (cluster_id, topic, partition) DO UPDATE"
        " SET next_offset = excluded.next_offset",
        offsets.stop,
    )
    fetch(
        dsn,
        "INSERT INTO ingest_ledger (cluster_id, topic, partition, lo, hi, n_in, n_rows,"
        " n_inserted, n_duplicate, n_dead, epoch, committed_at)"
        " SELECT 'c', 't', 0, n, n + 1, 1, 1, 0, 0, 1, 1, $3"
        " FROM generate_series($1::bigint, $2::bigint - 1) AS n",
        *(offsets.start, offsets.stop, since),
    )
    fetch(
        dsn,
        "INSERT INTO dead_letters"
        " (cluster_id, topic, partition, message_offset, headers, reason, recorded_at)"
        " SELECT 'c', 't', 0, n, '{}', 'x', $3"
        " FROM generate_series($1::bigint, $2::bigint - 1) AS n",
        *(offsets.start, offsets.stop, since),
    )


async def test_dead_letters_that_have_expired_leave_the_audit_right(
    place: Place, archive: Callable[..., Archive]
) -> None:
    """A run deletes some of them; the audit counts those from the first that is kept."""
    await asyncio.to_thread(fill, place.dsn, *crowd(noon(1)))
    # As the migration does for rows that were stored without digests.
    fetch(
        place.dsn,
        "INSERT INTO ingest_days (cluster_id, topic, partition, day)"
        " SELECT DISTINCT '', '', -1, (last_contact AT TIME ZONE 'UTC')::date FROM state_vectors",
    )
    fetch(place.dsn, "INSERT INTO retention_marks (dropped_before) VALUES ('2000-01-01Z')")
    set_aside(place.dsn, days_ago=100, offsets=range(DEAD_LETTERS_A_RUN + 10))
    set_aside(
        place.dsn, days_ago=1, offsets=range(DEAD_LETTERS_A_RUN + 10, DEAD_LETTERS_A_RUN + 12)
    )
    one = archive(RetentionPeriods(0, 0, 0, 90))
    left = []
    for _ in range(3):
        await one.maintain()
        left.append(fetch_value(place.dsn, "SELECT count(*) FROM dead_letters"))
        assert "audit found nothing wrong" in await one.audit()
    assert left == [12, 2, 2]
    fetch(place.dsn, "DELETE FROM dead_letters WHERE message_offset = $1", DEAD_LETTERS_A_RUN + 11)
    with pytest.raises(Exception, match="1 dead letters are there, 2 in the ledger"):
        await one.audit()


async def test_room_for_coming_days_is_made_by_the_servers_calendar(
    place: Place, archive: Callable[..., Archive]
) -> None:
    """A host whose clock is 40 days ahead makes no useless partitions."""
    await archive(ahead_seconds=40 * DAY).maintain()
    if not place.is_timescale:
        today = dt.datetime.now(dt.UTC).date()
        names = {
            f"stored_state_vectors_{today + dt.timedelta(days=ahead):%Y%m%d}" for ahead in range(3)
        }
        made = (
            "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = $1::text::regclass"
        )
        assert {row[0] for row in fetch(place.dsn, made, "stored_state_vectors")} == names
