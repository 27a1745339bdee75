"""The hash of a row is the same in Python and in every kind of database."""

import asyncio
from collections.abc import Iterator
from typing import NamedTuple

import asyncpg
import msgspec
import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from processor.archive.digest import as_bigint, hash_rows, sum_by_day
from processor.archive.encoded import (
    COLUMNS,
    MAX_KNOWN,
    RENEWED_AFTER_ROWS,
    Encoded,
    IdentityCache,
    encode_rows,
)
from processor.archive.instants import take_unix_seconds
from processor.archive.sql import load_audit_queries
from processor.archive.stored_values import STORED_FIELDS, round_to_stored, to_stored_row
from processor.archive.unique_rows import to_rows
from telemetry.state_vector import StateVector
from testkit.migration import migrated_database
from testkit.producer import vectors
from testkit.state_vectors import START, state_vector, state_vectors

DAY = 86_400
FEW_DAYS = (START, START + 4 * DAY)
"""When invented rows were received; those of `EDGES` also in far years."""

EDGES = [
    state_vector("000000", START, latitude=-0.0, velocity=0.0, true_track=-0.0, sensors=[]),
    state_vector("000001", START, callsign="elevenbytes", origin_country="a text of 12"),
    state_vector("000002", START, origin_country="Zürich \N{EURO SIGN} and some more bytes"),
    state_vector("000003", 946_684_800, time_position=946_684_800, sensors=[-1, 2**31 - 1]),
    state_vector("000004", 4_102_444_799, position_source=-32_768, category=-1, squawk=None),
    state_vector("000005", START, vertical_rate=-1e6, geo_altitude=0.1, baro_altitude=1e-45),
]


@pytest.fixture(scope="module")
def dsn(server_dsn: str) -> Iterator[str]:
    """Give the address of a migrated database of each kind."""
    with migrated_database(server_dsn) as dsn:
        yield dsn


class Stored(NamedTuple):
    """The rows and their digest after a COPY."""

    rows: list[tuple[object, ...]]
    digest: int


async def store(dsn: str, made: list[StateVector], encoded: Encoded | None) -> Stored:
    """Store state vectors, encoded or by the driver, and return what the audit makes of them."""
    connection = await asyncpg.connect(dsn)
    await take_unix_seconds(connection)
    transaction = connection.transaction()
    await transaction.start()
    days = sorted({vector.last_contact // DAY for vector in made})
    await connection.execute(
        "SELECT make_partitions(ARRAY(SELECT '1970-01-01'::date + unnest($1::int[])))", days
    )
    if encoded is None:
        rows = map(to_stored_row, made)
        await connection.copy_records_to_table(
            "stored_state_vectors", records=rows, columns=STORED_FIELDS
        )
    else:
        await connection.copy_to_table(
            "stored_state_vectors", source=encoded.stream(), columns=COLUMNS, format="binary"
        )
    [summed] = await connection.fetch(load_audit_queries().stored, 0, 4_102_444_800, 0)
    stored = await connection.fetch("SELECT * FROM state_vectors ORDER BY icao24, last_contact")
    await transaction.rollback()
    await connection.close()
    return Stored([tuple(row) for row in stored], summed["digest"])


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.lists(
        state_vectors(times=FEW_DAYS),
        min_size=1,
        max_size=30,
        unique_by=lambda one: (one.icao24, one.last_contact),
    )
)
@example(EDGES)
@example(vectors(7_000, aircraft=700))
def test_the_digest_is_the_same(dsn: str, made: list[StateVector]) -> None:
    """This holds for any state vectors: long texts, nulls, both zeros, negative numbers."""
    made = list(map(round_to_stored, made))
    stored = asyncio.run(store(dsn, made, None))
    assert len(stored.rows) == len(made)
    assert stored.digest == as_bigint(sum(hash_rows(to_rows(made)).tolist()))


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.lists(
        state_vectors(times=FEW_DAYS).map(lambda one: msgspec.structs.replace(one, sensors=None)),
        min_size=1,
        max_size=30,
        unique_by=lambda one: (one.icao24, one.last_contact),
    )
)
@example([msgspec.structs.replace(one, sensors=None) for one in vectors(7_000, aircraft=700)])
def test_what_is_encoded_is_stored_as_by_the_driver(dsn: str, made: list[StateVector]) -> None:
    """Every value of every row is equal, and so are the hashes, also of cached identities."""
    made = list(map(round_to_stored, made))
    expected = asyncio.run(store(dsn, made, None))
    for _ in range(2):
        encoded = encode_rows(made)
        assert encoded is not None
        assert asyncio.run(store(dsn, made, encoded)) == expected
        assert as_bigint(sum(encoded.hashes.tolist())) == expected.digest


def test_sensors_are_left_to_the_driver() -> None:
    """OpenSky sends them to their owner only."""
    assert encode_rows([state_vector(), state_vector(sensors=[1])]) is None
    assert encode_rows([state_vector()]) is not None


def test_what_is_known_has_a_bound() -> None:
    """More identities than the cache holds are encoded correctly."""
    made = [state_vector(f"{number:06x}") for number in range(MAX_KNOWN + 5_000)]
    encoded = encode_rows(made)
    assert encoded is not None
    again = encode_rows(made[::-1])
    assert again is not None
    assert again.hashes[::-1].tolist() == encoded.hashes.tolist()
    assert encoded.hashes[-100:].tolist() == hash_rows(to_rows(made[-100:])).tolist()


def test_identities_are_forgotten_in_time() -> None:
    """The cache holds the aircraft of the newest rows alone, and encodes all the same."""
    cache = IdentityCache()
    first, later = (
        (icao24, None, None, None, False, False, 0, None) for icao24 in ("000001", "000002")
    )
    heads, hashes = cache.find([first])
    for _ in range(RENEWED_AFTER_ROWS // 100_000 + 1):
        cache.find([later] * 100_000)
    assert len(cache) == 1
    heads_again, hashes_again = cache.find([first])
    assert (heads_again.tolist(), hashes_again.tolist()) == (heads.tolist(), hashes.tolist())


@given(st.integers(-(2**70), 2**70))
def test_sums_wrap_around_as_bigint_does(number: int) -> None:
    """The result is the lower 64 bits, signed."""
    assert -(2**63) <= as_bigint(number) < 2**63
    assert (as_bigint(number) - number) % 2**64 == 0


def test_values_that_change_places_change_the_digest() -> None:
    """If two rows swap a value, the sum changes."""
    one, other = state_vector("000001", velocity=1.0), state_vector("000002", velocity=2.0)
    swapped = [state_vector("000001", velocity=2.0), state_vector("000002", velocity=1.0)]
    assert hash_rows(to_rows([one, other])).sum() != hash_rows(to_rows(swapped)).sum()


def test_digests_of_partitions_and_days_add_up() -> None:
    """Each row counts for its own partition and UTC day."""
    made = [state_vector("000001", START + day * DAY) for day in (0, 0, 1, 1, 1)]
    rows = to_rows(made)
    hashes = hash_rows(rows)
    times = np.array([one.last_contact for one in made])
    added = sum_by_day(hashes, times, np.array([3, 4, 3, 3, 4]))
    counted = {(one.partition, one.day): one.n_rows for one in added}
    first = START // DAY
    assert counted == {(3, first): 1, (4, first): 1, (3, first + 1): 2, (4, first + 1): 1}
    assert as_bigint(sum(one.digest for one in added)) == as_bigint(sum(hashes.tolist()))
