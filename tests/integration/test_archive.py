"""The archive on real Kafka and TimescaleDB stores each published message once."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest
from confluent_kafka import Consumer, Producer, TopicPartition

from telemetry.codec import POLL_MESSAGES, encode
from testkit.audit_log import KEPT_BYTES
from testkit.deployment import Deployment
from testkit.kafka import Kafka
from testkit.producer import HEADERS, Outgoing, as_messages, vectors
from testkit.queries import fetch, fetch_value
from testkit.state_vectors import START, state_vector
from testkit.timescale import Timescale
from testkit.waiting import wait_until

pytestmark = [pytest.mark.real_kafka, pytest.mark.real_database]

TWO_MB = 2_000_000


@pytest.fixture
def large_stage(kafka: Kafka, timescale: Timescale) -> Iterator[Deployment]:
    """Give a stage whose topic takes messages of 4 MB and times of any century."""
    config = {
        "max.message.bytes": "4000000",
        "message.timestamp.after.max.ms": "9223372036854775807",
    }
    with Deployment(kafka, timescale, topic_config=config) as deployment:
        yield deployment


def ledger_totals(deployment: Deployment) -> tuple[int, ...]:
    """Return n_in, n_inserted, n_duplicate and n_dead over the whole ledger."""
    [totals] = fetch(
        deployment.database_url,
        "SELECT sum(n_in), sum(n_inserted), sum(n_duplicate), sum(n_dead) FROM ingest_ledger",
    )
    return tuple(int(total) for total in totals)


def test_every_published_vector_is_stored_with_all_its_values(deployment: Deployment) -> None:
    """All 18 fields come back as they were published; what was null is null."""
    published = vectors(5_000)
    deployment.publish(as_messages(published))
    deployment.archive()
    deployment.wait_until_stored()
    account = deployment.check()
    assert (account.rows, account.dead_letters) == (5_000, 0)
    nulls = fetch_value(
        deployment.database_url,
        "SELECT count(*) FROM state_vectors WHERE callsign IS NULL OR sensors IS NULL",
    )
    assert nulls == sum(vector.callsign is None or vector.sensors is None for vector in published)


def test_empty_texts_are_not_nulls_and_extremes_are_kept(deployment: Deployment) -> None:
    """The limits of each field's range are stored; a contact in 2099 is set aside."""
    edges = [
        state_vector("000000", 946_684_800, longitude=-180.0, latitude=-90.0),
        state_vector("ffffff", longitude=180.0, latitude=90.0, category=-32_768),
        state_vector("fffffe", time_position=4_102_444_799),
        state_vector("4b1814", callsign="", origin_country="", squawk="", sensors=[]),
        state_vector("4b1815", velocity=1e6, baro_altitude=-1e6, true_track=1e-50),
        state_vector("4b1816", sensors=[2**31 - 1], position_source=32_767),
    ]
    deployment.publish(as_messages(edges))
    deployment.archive()
    deployment.wait_until_stored()
    assert deployment.check().rows == len(edges)


def test_an_answer_is_stored_once_it_is_complete(deployment: Deployment) -> None:
    """Its messages say how many they are: the archive waits neither for more nor for silence."""
    deployment.archive(ARCHIVE_IDLE_SECONDS="5", ARCHIVE_MAX_BATCH_AGE_SECONDS="60")
    deployment.publish(as_messages(vectors(10)))  # announces nothing, so that silence decides
    deployment.wait_until_stored()
    announced = [
        (POLL_MESSAGES, b"500"),
        ("poll-time", str(START).encode()),
        ("source", b"global"),
    ]
    published = time.monotonic()
    deployment.publish(
        [
            outgoing._replace(headers=[*HEADERS, *announced])
            for outgoing in as_messages(vectors(510)[10:])
        ]
    )
    deployment.wait_until_stored()
    assert time.monotonic() - published < 4
    assert deployment.check().rows == 510


def test_duplicates_are_stored_once_and_counted(deployment: Deployment) -> None:
    """An aircraft and time count once: in a batch, across batches and across partitions."""
    once = vectors(1_000)
    deployment.publish(as_messages([*once, *once[:100]], partition=0))
    archive = deployment.archive()
    deployment.wait_until_stored()
    deployment.publish(as_messages(once[:300], partition=0))
    deployment.publish(as_messages(once[:200], partition=3))
    deployment.wait_until_stored()
    counted = {
        f'flightmonitor_archive_rows_total{{result="{result}"}} {count}.0'
        for result, count in {"inserted": 1_000, "duplicate": 600, "dead": 0}.items()
    }
    wait_until(
        lambda: counted <= set(httpx.get(f"{archive.url}/metrics").text.splitlines()),
        timeout_s=10,
        what=str(counted),
    )
    assert archive.stop() == 0
    assert deployment.check().repeated == 600
    assert ledger_totals(deployment) == (1_600, 1_000, 600, 0)


def test_the_stored_position_is_committed_to_kafka(deployment: Deployment) -> None:
    """Not that the archive would go by it: tools that watch the lag there do."""
    deployment.publish(as_messages(vectors(700), partition=2))
    deployment.archive()
    deployment.wait_until_stored()
    consumer = Consumer(
        {
            "bootstrap.servers": deployment.kafka.bootstrap_servers,
            "group.id": f"archive-{deployment.topic}",
        }
    )

    def committed() -> int:
        [found] = consumer.committed([TopicPartition(deployment.topic, 2)], timeout=10)
        return int(found.offset)

    wait_until(lambda: committed() == 700, timeout_s=10, what=lambda: f"700, not {committed()}")
    consumer.close()


def test_first_of_two_with_one_key_counts(deployment: Deployment) -> None:
    """A second message for the same aircraft and time changes nothing."""
    pair = [state_vector(velocity=100.0), state_vector(velocity=200.0)]
    deployment.publish(as_messages(pair, partition=1))
    deployment.archive()
    deployment.wait_until_stored()
    deployment.publish(as_messages([state_vector(velocity=300.0)], partition=1))
    deployment.wait_until_stored()
    deployment.check()
    assert fetch(deployment.database_url, "SELECT velocity FROM state_vectors") == [(100.0,)]


MALFORMED = {
    "not JSON": Outgoing(b"\xff\x00garbage", b"4b1814"),
    "tombstone": Outgoing(None, b"4b1814"),
    "empty": Outgoing(b"", None),
    "wrong version": Outgoing(encode(state_vector()), b"4b1814", [("schema-version", b"2")]),
    "wrong content": Outgoing(encode(state_vector()), b"4b1814", [("content-type", b"text/csv")]),
    "latitude": Outgoing(encode(state_vector(latitude=91.0)), b"4b1814"),
    "NaN": Outgoing(encode(state_vector()).replace(b"47.4556", b"NaN"), b"4b1814"),
    "unknown field": Outgoing(encode(state_vector()).replace(b"{", b'{"new":1,', 1), b"4b1814"),
    "bytes in headers": Outgoing(b"[]", b"\x00\xff", [("\N{BELL}", b"\x00\xff"), ("a", b"")]),
    "rejected by the collector": Outgoing(
        b'["4b1814",null,"Switzerland",1790000000,"NaN"]',
        b"4b1814",
        [*HEADERS, ("rejected", b"latitude: NaN")],
    ),
}


def test_malformed_messages_are_set_aside_whole(deployment: Deployment) -> None:
    """Reason, origin, headers, key and raw bytes are kept, and nothing else is lost."""
    good = vectors(500)
    outgoing = [message._replace(partition=2) for message in MALFORMED.values()]
    deployment.publish([*as_messages(good[:250]), *outgoing, *as_messages(good[250:])])
    archive = deployment.archive()
    deployment.wait_until_stored()
    assert archive.stop() == 0
    account = deployment.check()  # compares keys and raw bytes with the log's
    assert (account.rows, account.dead_letters) == (500, len(MALFORMED))
    letters = fetch(
        deployment.database_url,
        "SELECT partition, value, headers, reason, published_at IS NOT NULL FROM dead_letters "
        "ORDER BY message_offset",
    )
    for message, (partition, value, headers, reason, is_dated) in zip(
        outgoing, letters, strict=True
    ):
        assert (partition, value, is_dated) == (2, message.value, True)
        assert json.loads(headers).keys() == dict(message.headers).keys()
        assert reason
    assert letters[-1][3] == "latitude: NaN"


def test_oversized_message_is_set_aside(large_stage: Deployment) -> None:
    """dead_letters keeps the beginning of 2 MB of garbage, and the archive continues."""
    large = Outgoing(b"x" * TWO_MB, b"4b1814", partition=0)
    large_stage.publish([large, *as_messages(vectors(100))])
    large_stage.archive()
    large_stage.wait_until_stored()
    account = large_stage.check()
    assert (account.rows, account.dead_letters) == (100, 1)
    kept = "SELECT length(value), reason FROM dead_letters"
    [(length, reason)] = fetch(large_stage.database_url, kept)
    assert length == KEPT_BYTES
    assert "2,000,000 bytes of value" in reason


def test_number_that_no_column_holds_is_set_aside(deployment: Deployment) -> None:
    """A sensor's serial beyond 32 bits does not stop the archive."""
    poison = [state_vector("4b1814", sensors=[2**31]), state_vector("4b1815", sensors=[2**70])]
    deployment.publish([*as_messages(poison), *as_messages(vectors(100))])
    archive = deployment.archive()
    deployment.wait_until_stored(timeout_s=10)
    assert archive.is_running
    account = deployment.check()
    assert (account.rows, account.dead_letters) == (100, 2)


def test_address_with_a_line_break_is_set_aside(deployment: Deployment) -> None:
    """An icao24 is six digits and nothing after them."""
    value = encode(state_vector("4b1814")).replace(b"4b1814", b"4b1814\\n")
    deployment.publish([Outgoing(value, b"4b1814"), *as_messages(vectors(10))])
    deployment.archive()
    deployment.wait_until_stored()
    account = deployment.check()
    assert (account.rows, account.dead_letters) == (10, 1)


def test_malformed_message_from_the_far_future_is_set_aside(large_stage: Deployment) -> None:
    """A timestamp that no calendar holds does not stop the archive."""
    future = Outgoing(b"garbage", b"4b1814", partition=0, timestamp_ms=2**60)
    large_stage.publish([future, *as_messages(vectors(100))])
    large_stage.archive()
    large_stage.wait_until_stored(timeout_s=10)
    account = large_stage.check()
    assert (account.rows, account.dead_letters) == (100, 1)


def test_vectors_of_many_days_are_stored(deployment: Deployment) -> None:
    """One batch may span weeks: each day has its own part of the table."""
    weeks = [state_vector("4b1814", START + day * 86_400) for day in range(30)]
    deployment.publish(as_messages(weeks))
    deployment.archive()
    deployment.wait_until_stored()
    assert deployment.check().rows == len(weeks)


def test_gaps_in_the_log_are_no_losses(deployment: Deployment) -> None:
    """Messages of an aborted transaction are not stored, and their offsets leave no gap."""
    made = vectors(150)
    with transactions(deployment) as producer:
        for vector in made[:100]:
            producer.produce(deployment.topic, encode(vector), vector.icao24, partition=0)
        producer.commit_transaction()
        producer.begin_transaction()
        for vector in made[100:]:
            producer.produce(deployment.topic, encode(vector), vector.icao24, partition=0)
        producer.flush()
        producer.abort_transaction()
    deployment.publish(as_messages(vectors(10, first=1_000), partition=0))
    archive = deployment.archive()
    deployment.wait_until_stored()
    assert archive.stop() == 0
    assert deployment.check().rows == 110
    assert ledger_totals(deployment) == (110, 110, 0, 0)


@contextmanager
def transactions(deployment: Deployment) -> Iterator[Producer]:
    """Give a producer whose first transaction has begun."""
    producer = Producer(
        {
            "bootstrap.servers": deployment.kafka.bootstrap_servers,
            "transactional.id": deployment.topic,
        }
    )
    producer.init_transactions()
    producer.begin_transaction()
    yield producer
