"""No batch stops the archive: of any days, and with rows that the database refuses each time."""

import asyncio
import math
import time
from collections.abc import AsyncIterator, Collection, Iterator
from urllib.parse import urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from processor.archive.batch_division import MAX_HOURS
from processor.archive.rejected_rows import MAX_IN_A_ROW
from processor.errors import FatalError, PoisonedLogError
from telemetry.codec import encode
from telemetry.state_vector import StateVector
from testkit import databases
from testkit.edition import Place
from testkit.messages import InventedMessage, garbage, message, message_of_rows
from testkit.migration import create_migrated_database
from testkit.protocol import LossyDatabase
from testkit.queries import fetch, fetch_value
from testkit.refusing import REFUSED, TOO_MANY, WAYS, RefusingArchive
from testkit.state_vectors import state_vector
from testkit.tcp_proxy import TcpProxy

pytestmark = pytest.mark.timeout(180)

DAY = 86_400
NOW = int(time.time())
"""Days near today have parts of their own, so the times of these tests count from it."""


@pytest.fixture
async def archive(place: Place) -> AsyncIterator[RefusingArchive]:
    """Give an archive that owns the log, on a migrated database of each kind."""
    archive = RefusingArchive(place.dsn)
    await archive.claim()
    yield archive
    await archive.database.close()


def crowd(count: int, *, refused: Collection[int] = ()) -> list[StateVector]:
    """Return so many aircraft of one minute; the database refuses some of them."""
    return [
        state_vector(f"{REFUSED if number in refused else '000'}{number:03x}", NOW - number % 60)
        for number in range(count)
    ]


def parts(place: Place, table: str = "state_vectors") -> int:
    """Return how many parts a table has."""
    return int(fetch_value(place.dsn, "SELECT count(*) FROM parts_of($1)", table))


@pytest.mark.parametrize("days", [600, pytest.param(1_200, marks=pytest.mark.nightly)])
async def test_days_without_end_make_parts_of_a_bounded_number(
    place: Place, archive: RefusingArchive, days: int
) -> None:
    """A batch of days of 26 years takes several transactions; parts are days or months."""
    apart = 9_600 // days
    vectors = [
        state_vector(f"{number:06x}", NOW - (30 + apart * number) * DAY) for number in range(days)
    ]
    stored = await archive.store(vectors)
    assert (stored.n_inserted, stored.next_offsets) == (days, {0: days})
    assert archive.attempts == math.ceil(days / MAX_HOURS)
    assert parts(place) < 400 // apart + 26 * 13
    assert (await archive.store(crowd(3))).n_inserted == 3
    assert (await archive.audit()).startswith("audit clean")


async def test_hours_without_end_are_few_in_a_transaction(
    place: Place, archive: RefusingArchive
) -> None:
    """Also where the parts are chunks of an hour."""
    if place.is_timescale:
        databases.execute(
            place.dsn, "SELECT set_chunk_time_interval('stored_state_vectors', INTERVAL '1 hour')"
        )
    vectors = [state_vector(f"{number:06x}", NOW - number * 3_600) for number in range(500)]
    assert (await archive.store(vectors)).n_inserted == 500
    assert archive.attempts == math.ceil(500 / MAX_HOURS)
    if place.is_timescale:
        assert parts(place) < 7 * 24 + 24 + 500 // 24
    assert (await archive.audit()).startswith("audit clean")


async def test_beyond_what_the_server_has_locks_for_parts_span_months(
    place: Place, archive: RefusingArchive
) -> None:
    """A history for ever goes on, in fewer parts a year; nothing is refused for it."""
    databases.execute(
        place.dsn,
        "CREATE OR REPLACE FUNCTION most_parts() RETURNS integer LANGUAGE sql AS 'SELECT 20'",
    )
    vectors = [state_vector(f"{number:06x}", NOW - (100 - number) * DAY) for number in range(90)]
    assert (await archive.store(vectors)).n_inserted == 90
    assert parts(place) <= 20 + 5
    assert (await archive.audit()).startswith("audit clean")


@pytest.mark.parametrize("way", WAYS)
async def test_one_row_that_is_refused_is_set_aside_and_all_others_are_stored(
    archive: RefusingArchive, way: str
) -> None:
    """Whatever class of error the database gives; with its words, at the cost of a logarithm."""
    archive.refuse(way)
    stored = await archive.store(crowd(1_000, refused={619}))
    assert (stored.n_inserted, stored.n_dead, stored.next_offsets) == (999, 1, {0: 1_000})
    assert archive.attempts <= 2 * math.ceil(math.log2(1_000)) + 2
    account = await archive.account()
    assert account.rows == [each.icao24 for each in crowd(1_000) if each.icao24 != "00026b"]
    assert list(account.dead) == [(0, 619)]
    assert account.dead[0, 619].startswith("the database refuses it (")
    assert (await archive.store(crowd(1_000)[:1])).n_duplicate == 1
    assert (await archive.audit()).startswith("audit clean")


@pytest.mark.parametrize(
    ("count", "refused"),
    [
        (300, {0}),
        (300, {0, 299}),
        (300, set(range(100, 110))),
        (120, set(range(120))),
        pytest.param(300, set(range(300)), marks=pytest.mark.nightly),
    ],
)
async def test_any_number_of_refused_rows(
    archive: RefusingArchive, count: int, refused: set[int]
) -> None:
    """The first, two, ten side by side, all: each is set aside, each other one stored once."""
    archive.refuse("constraint")
    stored = await archive.store(crowd(count, refused=refused))
    assert (stored.n_inserted, stored.n_dead) == (count - len(refused), len(refused))
    assert stored.refused == len(refused)
    assert {offset for _, offset in (await archive.account()).dead} == refused
    assert archive.attempts <= 3 * len(refused) + 20 * min(len(refused), 20)
    assert (await archive.store(crowd(5))).n_dead == 0
    assert (await archive.audit()).startswith("audit clean")


async def test_what_is_too_much_at_a_time_is_stored_in_parts(archive: RefusingArchive) -> None:
    """Nothing is set aside because the server is short of memory."""
    databases.execute(archive.dsn, TOO_MANY)
    stored = await archive.store(crowd(700))
    assert (stored.n_inserted, stored.n_dead) == (700, 0)
    assert archive.attempts == 7 + 8  # three halvings, and the eight that passed
    assert (await archive.audit()).startswith("audit clean")


async def test_a_database_that_refuses_everything_stops_the_archive(
    archive: RefusingArchive, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Then it is not the messages; what was set aside until then is accounted for."""
    monkeypatch.setattr("processor.archive.rejected_rows.MAX_IN_A_ROW", 20)
    archive.refuse("constraint")
    with pytest.raises(PoisonedLogError, match="more than 20 rows in succession are refused"):
        await archive.store(crowd(200, refused=set(range(200))))
    assert len((await archive.account()).dead) == 20
    assert MAX_IN_A_ROW == 1_000


async def test_dead_letter_that_is_refused_keeps_its_origin(archive: RefusingArchive) -> None:
    """A message that cannot even be set aside as it came does not stop the archive either."""
    databases.execute(
        archive.dsn, "ALTER TABLE dead_letters ADD CONSTRAINT small CHECK (value IS NULL)"
    )
    vectors = [message(0, 0, each) for each in crowd(20)]
    stored = await archive.write(archive.read([*vectors[:7], garbage(0, 0), *vectors[7:]]))
    assert (stored.n_inserted, stored.n_dead) == (20, 1)
    assert "its original content is refused too" in (await archive.account()).dead[0, 7]
    assert (await archive.audit()).startswith("audit clean")
    databases.execute(archive.dsn, "ALTER TABLE dead_letters ADD CHECK (message_offset < 20)")
    with pytest.raises(FatalError, match="23514"):
        await archive.write(archive.read([garbage(0, 0)]))


@pytest.mark.parametrize("way", ["constraint", "unknown code"])
async def test_refused_rows_of_a_message_are_set_aside_and_its_others_are_stored(
    archive: RefusingArchive, way: str
) -> None:
    """A message of several rows is stored in one transaction, its refused rows as dead letters."""
    archive.refuse(way)
    vectors = crowd(600, refused={20, 419, 420})
    messages = [message_of_rows(0, 0, vectors[at : at + 200]) for at in range(0, 600, 200)]
    stored = await archive.write(archive.read([*messages, message(0, 0, crowd(601)[600])]))
    assert (stored.n_inserted, stored.n_dead, stored.refused) == (598, 3, 3)
    assert (stored.next_offsets, stored.n_messages) == ({0: 4}, 4)
    account = await archive.account()
    assert account.dead_rows == {(0, 0, 20), (0, 2, 19), (0, 2, 20)}
    assert len(account.rows) == 598
    ledger = fetch(archive.dsn, "SELECT sum(n_in), sum(n_rows), count(*) FROM ingest_ledger")
    assert ledger == [(4, 601, 4)]
    assert "= 598 inserted + 0 duplicates + 3 dead letters" in (proof := await archive.audit())
    assert proof.startswith("audit clean")
    assert "601 rows of 4 messages" in proof


async def test_several_dead_letters_of_one_message_that_are_refused(
    archive: RefusingArchive,
) -> None:
    """Each keeps its origin and the reason; the other rows are stored."""
    databases.execute(
        archive.dsn, "ALTER TABLE dead_letters ADD CONSTRAINT small CHECK (value IS NULL)"
    )
    value = b"[%s]" % b",".join([b"{}", *map(encode, crowd(20)), b"1"])
    stored = await archive.write(archive.read([InventedMessage(0, 0, value)]))
    assert (stored.n_inserted, stored.n_dead) == (20, 2)
    assert (await archive.account()).dead_rows == {(0, 0, 0), (0, 0, 21)}
    assert (await archive.audit()).startswith("audit clean")


@pytest.mark.parametrize("wrong", [{"sensors": [2**40]}, {"category": 2**20}])
async def test_values_that_cannot_be_encoded_are_a_message_s_fault(
    archive: RefusingArchive, wrong: dict[str, object]
) -> None:
    """They never reach the server, and are not tried for ever."""
    batch = archive.batch(crowd(40))
    batch.spans[0].state_vectors[17] = replace(batch.spans[0].state_vectors[17], **wrong)
    stored = await archive.write(batch)
    assert (stored.n_inserted, stored.n_dead) == (39, 1)
    assert list((await archive.account()).dead) == [(0, 17)]
    assert (await archive.audit()).startswith("audit clean")


async def test_outages_while_a_batch_is_halved_lose_nothing(place: Place) -> None:
    """The connection breaks after any byte, in each step of the search."""
    address = urlsplit(place.dsn)
    user_info = address.netloc.rpartition("@")[0]
    with TcpProxy(address.port or 0) as proxy:
        way = address._replace(netloc=f"{user_info}@127.0.0.1:{proxy.port}").geturl()
        archive = RefusingArchive(way, partitions=2, database=LossyDatabase(way, proxy))
        await archive.claim()
        RefusingArchive(place.dsn).refuse("trigger")
        breaks = iter(range(500, 200_000, 1_700))

        def break_soon() -> None:
            proxy.restore()
            if archive.attempts % 2:
                proxy.reset_after(next(breaks))

        archive.between = break_soon
        stored = await archive.store(crowd(200, refused={3, 77, 150}))
        proxy.restore()
        archive.between = proxy.restore
        assert (stored.n_inserted, stored.n_dead) == (197, 3)
        assert sorted((await archive.account()).dead) == [(0, 75), (1, 1), (1, 38)]
        assert (await archive.audit()).startswith("audit clean")
        await archive.database.close()


@pytest.fixture(scope="module")
def refusing_dsn(embedded_server: str) -> Iterator[str]:
    """Give a migrated database that refuses some aircraft."""
    dsn = create_migrated_database(embedded_server)
    databases.execute(dsn, WAYS["constraint"])
    yield dsn
    databases.drop_database(embedded_server, dsn)


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck), database=None)
@given(
    kinds=st.lists(st.text("grdx", min_size=1, max_size=4), min_size=1, max_size=20),
    partitions=st.integers(1, 3),
    days=st.integers(0, 100),
)
def test_whatever_is_refused_the_rest_is_stored_once(
    refusing_dsn: str, kinds: list[str], partitions: int, days: int
) -> None:
    """Good, refused, duplicate and malformed rows, one or several in a message, of any days."""
    asyncio.run(_check_any(refusing_dsn, kinds, partitions, days))


async def _check_any(dsn: str, kinds: list[str], partitions: int, days: int) -> None:
    fetch(dsn, "TRUNCATE stored_state_vectors, flight_legs, touched_minutes, ingest_days")
    fetch(dsn, "TRUNCATE ingest_ledger, ingest_offsets, dead_letters")
    archive = RefusingArchive(dsn, partitions=partitions)
    await archive.claim()
    rows, n_dead, messages = set(), 0, []
    for number, several in enumerate(kinds):
        values = [_row(4 * number + place, kind, days) for place, kind in enumerate(several)]
        rows |= {value for value, kind in zip(values, several, strict=True) if kind in "gx"}
        n_dead += sum(kind in "rd" for kind in several)
        value = values[0] if len(values) == 1 else b"[%s]" % b",".join(values)
        messages.append(InventedMessage(0, 0, value))
    stored = await archive.write(archive.read(messages))
    account = await archive.account()
    assert (stored.n_inserted, stored.n_dead) == (len(rows), n_dead)
    n_rows = sum(map(len, kinds))
    assert stored.n_inserted + stored.n_duplicate + stored.n_dead == n_rows
    assert stored.n_messages == len(kinds)
    assert len(account.rows) == len(rows)
    assert account.dead_rows == {
        (number % partitions, number // partitions, place)
        for number, several in enumerate(kinds)
        for place, kind in enumerate(several)
        if kind in "rd" and len(several) > 1
    }
    assert (await archive.audit()).startswith("audit clean")
    await archive.database.close()


def _row(number: int, kind: str, days: int) -> bytes:
    if kind == "d":
        return b"{}"
    if kind == "x":  # the same one, time and again
        return encode(state_vector("000fff", NOW))
    prefix = REFUSED if kind == "r" else "000"
    return encode(state_vector(f"{prefix}{number:03x}", NOW - days * number * DAY))
