"""Messages in Avro and Protobuf are stored, counted and set aside like those of JSON."""

import json
import sys
import threading
from typing import cast

import pytest

from configuration.shared_sections import KafkaSettings
from kafka_client import schema_registry
from kafka_client.registry_errors import RegistryUnavailableError
from kafka_client.schema_registry import RegisteredSchema
from processor.archive.audit.log import _Taken
from processor.archive.batch import Batch, Claim, count_rows
from processor.archive.database import Record
from processor.archive.dead_letter import DeadLetter
from processor.archive.republishing import _headers
from processor.archive.time_window import TimeBounds
from processor.errors import FatalError, ReconnectError
from processor.framed_messages import Unframer
from processor.live.decoding import Decoder
from telemetry import avro_rows, protobuf_rows
from telemetry.codec import CONTENT_TYPE, SCHEMA_VERSION, check_headers
from telemetry.framing import frame
from telemetry.schemas import read_schema
from telemetry.state_vector import StateVector
from testkit.messages import InventedMessage, garbage, message, message_of_rows
from testkit.producer import vectors
from testkit.state_vectors import START, state_vector

SETTINGS = KafkaSettings(schema_registry_url="http://127.0.0.1:1")
HEADERS = {
    "schema-version": b"2",
    "content-type": b"application/avro",
    "poll-time": str(START).encode(),
}
ROWS = vectors(6, aircraft=6)


class InventedRegistry:
    """The schemas of the project; tests let it go away."""

    is_away = False

    def find(self, schema_id: int) -> RegisteredSchema | None:
        if self.is_away:
            raise RegistryUnavailableError("away")
        files = {
            1: ("AVRO", avro_rows.ONE_ROW_FILE),
            2: ("AVRO", avro_rows.SEVERAL_ROWS_FILE),
            3: ("PROTOBUF", protobuf_rows.SCHEMA_FILE),
        }
        if schema_id not in files:
            return None
        kind, file = files[schema_id]
        return RegisteredSchema(kind, read_schema(file))


@pytest.fixture(autouse=True)
def registry(monkeypatch: pytest.MonkeyPatch) -> InventedRegistry:
    """Give the registry that is connected to."""
    registry = InventedRegistry()
    monkeypatch.setattr(schema_registry, "SchemaRegistry", lambda _settings: registry)
    return registry


def mixed() -> list[InventedMessage]:
    """Return ten rows in all six kinds of messages."""
    return [
        message(0, 1, ROWS[0]),
        InventedMessage(0, 2, frame(1, avro_rows.encode_row(ROWS[1])), HEADERS),
        InventedMessage(0, 4, frame(2, avro_rows.encode_rows(ROWS[1:4])), HEADERS),
        InventedMessage(0, 5, frame(3, protobuf_rows.encode_row(ROWS[4]))),
        message_of_rows(0, 6, ROWS[4:6]),
        InventedMessage(0, 7, frame(3, protobuf_rows.encode_rows(ROWS[4:6]))),
    ]


EXPECTED = [*ROWS[:2], *ROWS[1:5], *ROWS[4:6], *ROWS[4:6]]


def stored(batch: Batch) -> tuple[list[StateVector], list[DeadLetter]]:
    """Return what a batch of one partition holds."""
    [span] = batch.spans.values()
    return span.state_vectors, span.dead_letters


def test_messages_of_json_are_handed_on_untouched() -> None:
    """They are the same objects, so that they cost no more than before."""
    messages = [
        message(0, 1, ROWS[0]),
        message_of_rows(0, 2, ROWS),
        garbage(0, 3),
        garbage(0, 4, None),
    ]
    assert Unframer(SETTINGS).read(messages) is messages


def test_all_kinds_may_follow_each_other() -> None:
    """In one partition, with offsets, counts and order kept, in both halves."""
    messages = Unframer(SETTINGS).read(mixed())
    batch = Batch()
    counted = list(batch.add_all(messages, Claim(0, 1, 1)))
    assert sum(each for each in counted if isinstance(each, int)) == len(EXPECTED)
    assert stored(batch) == (EXPECTED, [])
    assert batch.spans[0].hi == 8
    assert [count_rows(each) for each in messages] == [1, 1, 3, 1, 2, 2]
    updates = [update for each in Decoder().decode(messages) for update in each.updates]
    assert [update.state_vector for update in updates] == EXPECTED


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (b"\0\0", "has no schema id"),
        (frame(9, b"abc"), "schema id 9: the schema registry has no such schema"),
        (frame(1, avro_rows.encode_row(ROWS[0])[:-3]), "schema id 1: the Avro record is malformed"),
        (frame(3, b"\x08\x0a"), "schema id 3: the message indexes are cut off"),
        (frame(3, b"\x00\x0a\x50"), "schema id 3: the Protobuf message is malformed"),
        (frame(2, b"\x00"), "an array without rows"),
    ],
)
def test_what_cannot_be_read_becomes_a_dead_letter(value: bytes, reason: str) -> None:
    """As it came, with its own headers; the messages around it are stored."""
    bad = InventedMessage(0, 2, value, HEADERS)
    messages = Unframer(SETTINGS).read([message(0, 1, ROWS[0]), bad, message(0, 3, ROWS[1])])
    batch = Batch()
    list(batch.add_all(messages, Claim(0, 1, 1)))
    vectors_, [letter] = stored(batch)
    assert vectors_ == ROWS[:2]
    assert reason in letter.reason
    assert letter.row is None
    assert count_rows(messages[1]) == 1
    if reason != "an array without rows":
        assert letter.value == value
        assert letter.headers["content-type"] == "application/avro"


def test_a_bad_row_becomes_a_dead_letter_of_json_that_can_be_published_again() -> None:
    """The other rows of its message are stored."""
    late = state_vector("000009", last_contact=START + 9_000)
    misplaced = state_vector("00000a", latitude=91.0)
    rows = [ROWS[0], late, misplaced, ROWS[1]]
    value = frame(2, avro_rows.encode_rows(rows))
    messages = Unframer(SETTINGS).read([InventedMessage(0, 1, value, HEADERS)])
    batch = Batch()
    list(batch.add_all(messages, Claim(0, 1, 1), TimeBounds(earliest=0, latest=START + 600)))
    vectors_, letters = stored(batch)
    assert vectors_ == [ROWS[0], ROWS[1]]
    assert [letter.row for letter in letters] == [1, 2]
    for letter, row in zip(letters, rows[1:3], strict=True):
        assert json.loads(letter.value or b"")["icao24"] == row.icao24
        record = cast("Record", {"headers": json.dumps(letter.headers)})
        again = dict(_headers(record))
        assert again["content-type"] == CONTENT_TYPE
        assert again["schema-version"] == SCHEMA_VERSION
        check_headers({name: text for name, text in again.items() if isinstance(text, bytes)})


def test_a_registry_that_is_away_is_waited_for(registry: InventedRegistry) -> None:
    """No message is judged meanwhile; the reason is there for `/ready`."""
    unframer = Unframer(SETTINGS)
    registry.is_away = True
    with pytest.raises(ReconnectError, match="away"):
        unframer.read(mixed())
    assert unframer.trouble == "away"
    with pytest.raises(ReconnectError):
        unframer.retry()
    stopping = threading.Event()
    timer = threading.Timer(0.2, lambda: setattr(registry, "is_away", False))
    timer.start()
    assert len(unframer.read_or_wait(mixed(), stopping)) == 6
    assert [unframer.trouble] == [None]


def test_a_reader_that_stops_waits_for_no_registry(registry: InventedRegistry) -> None:
    """The messages are read again after the next start."""
    registry.is_away = True
    stopping = threading.Event()
    stopping.set()
    assert Unframer(SETTINGS).read_or_wait(mixed(), stopping) == []


def test_without_a_registry_the_half_stops(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is set aside; the text says what to do."""
    with pytest.raises(FatalError, match=r"set kafka\.schema_registry_url"):
        Unframer(KafkaSettings()).read(mixed())
    monkeypatch.setitem(sys.modules, "telemetry.avro_rows", None)
    with pytest.raises(FatalError, match="install fastavro and protobuf"):
        Unframer(SETTINGS).read(mixed())


def test_the_audit_counts_what_the_archive_counted() -> None:
    """A message that was set aside as a whole is one row, also once its schema is registered."""
    messages = Unframer(SETTINGS).read(mixed())
    taken = _Taken([], frozenset({4, 6}))
    assert [taken.count_rows(each) for each in messages] == [1, 1, 1, 1, 2, 2]
