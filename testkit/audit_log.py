"""The independent checker: read the whole topic again and compare it with the tables.

It knows nothing of the ledger and shares no code with the services: what JSON and the 18 names
mean is written down here a second time.
"""

import json
import struct
import time
from collections import defaultdict
from collections.abc import Iterator
from typing import Any, NamedTuple

from confluent_kafka import Consumer, KafkaError, Message, TopicPartition

from testkit.queries import fetch

TIMEOUT_S = 30.0
READ_TIMEOUT_S = 90.0

_COLUMNS = (
    *("icao24", "callsign", "origin_country", "time_position", "last_contact", "longitude"),
    *("latitude", "baro_altitude", "on_ground", "velocity", "true_track", "vertical_rate"),
    *("sensors", "geo_altitude", "squawk", "spi", "position_source", "category"),
)
_TIMES = {"time_position", "last_contact"}
_STEPS = {
    **dict.fromkeys(("longitude", "latitude"), 10_000),
    **dict.fromkeys(("velocity", "true_track", "vertical_rate"), 100),
}
_SINGLE_PRECISION = {"baro_altitude", "velocity", "true_track", "vertical_rate", "geo_altitude"}

Key = tuple[str, int]
Values = tuple[Any, ...]

KEPT_BYTES = 16_384
"""Bytes of key and value that a dead letter keeps, as docs/access.md promises."""


class LogRecord(NamedTuple):
    """One message as the broker keeps it."""

    partition: int
    offset: int
    key: bytes | None
    value: bytes | None


class Account(NamedTuple):
    """The outcome of the topic's messages.

    Attributes:
        records: The messages.
        rows: The rows that are stored.
        dead_letters: The rows, and messages as a whole, that were set aside.
        published: The rows in the messages.
    """

    records: int
    rows: int
    dead_letters: int
    published: int

    @property
    def repeated(self) -> int:
        """Published rows whose state vector another row contained before."""
        return self.published - self.rows - self.dead_letters


Place = tuple[int, int, int | None]
"""Partition, offset, and the row of a message of several rows."""

DeadLetters = dict[Place, tuple[bytes | None, bytes | None]]
"""The key and the value of each dead letter."""


class UnaccountedError(AssertionError):
    """A message was lost, changed or invented."""


def check_log(bootstrap_servers: str, topic: str, dsn: str) -> Account:
    """Account for every message below the high watermarks, and for every row.

    Raises:
        UnaccountedError: Naming some of the messages or rows at fault.
    """
    records = read_log(bootstrap_servers, topic)
    dead = _dead_letters(dsn, topic)
    published = [row for record in sorted(records) for row in _rows_of(record, dead)]
    first, faults = _first_occurrences(published, dead)
    rows = _stored_rows(dsn)
    stored = {row[0]: row[1] for row in rows}
    faults += [f"{len(rows) - len(stored)} keys have two rows"] * (len(rows) != len(stored))
    faults += [f"not stored: {key} of {where}" for key, where in first.items() if key not in stored]
    faults += [f"not in the topic: {key}" for key in stored if key not in first]
    faults += [
        f"changed: {key} is {stored[key]}, the topic has {list(first[key].values())}"
        for key in first.keys() & stored.keys()
        if stored[key] not in first[key].values()
    ]
    places = {place for place, _ in published}
    faults += [f"dead letter without a message: {place}" for place in dead.keys() - places]
    if faults:
        raise UnaccountedError(f"{len(faults)} faults, the first: " + "; ".join(faults[:5]))
    return Account(len(records), len(rows), len(dead), len(published))


def read_log(bootstrap_servers: str, topic: str) -> list[LogRecord]:
    """Return everything from the low to the high watermark of every partition."""
    consumer = Consumer(
        {
            "bootstrap.servers": bootstrap_servers,
            "group.id": "independent-checker",
            "enable.auto.commit": False,
            "auto.offset.reset": "error",
            "enable.partition.eof": True,
            "log_level": 0,
        }
    )
    try:
        marks = _watermarks(consumer, topic)
        consumer.assign([TopicPartition(topic, number, low) for number, (low, _) in marks.items()])
        return list(_read_to(consumer, {number: high for number, (_, high) in marks.items()}))
    finally:
        consumer.close()


def read_watermarks(bootstrap_servers: str, topic: str) -> dict[int, tuple[int, int]]:
    """Return the lowest and the next offset of every partition."""
    consumer = Consumer(
        {"bootstrap.servers": bootstrap_servers, "group.id": "watermarks", "log_level": 0}
    )
    try:
        return _watermarks(consumer, topic)
    finally:
        consumer.close()


def _watermarks(consumer: Consumer, topic: str) -> dict[int, tuple[int, int]]:
    partitions = consumer.list_topics(topic, timeout=TIMEOUT_S).topics[topic].partitions
    marks = {}
    for number in partitions:
        where = TopicPartition(topic, number)
        marks[number] = consumer.get_watermark_offsets(where, timeout=TIMEOUT_S)
    return marks


def _read_to(consumer: Consumer, ends: dict[int, int]) -> list[LogRecord]:
    found: list[LogRecord] = []
    waiting = {number for number, high in ends.items() if high > 0}
    give_up_at = time.monotonic() + READ_TIMEOUT_S
    while waiting:
        if time.monotonic() > give_up_at:
            raise TimeoutError(f"partitions {waiting} not read in {READ_TIMEOUT_S} s")
        messages = consumer.consume(10_000, timeout=1.0)
        for message in messages:
            if (error := message.error()) is not None:
                if error.code() == KafkaError._PARTITION_EOF:
                    waiting.discard(message.partition() or 0)
            elif (record := _record(message)).offset < ends[record.partition]:
                found.append(record)
    return found


def _record(message: Message) -> LogRecord:
    partition, offset = message.partition(), message.offset()
    if partition is None or offset is None:
        raise UnaccountedError("a message without origin")
    return LogRecord(partition, offset, message.key(), message.value())


def _beginning(sent: bytes | None) -> bytes | None:
    """Return the part of some bytes that a dead letter keeps."""
    return None if sent is None else sent[:KEPT_BYTES]


def _rows_of(record: LogRecord, dead: DeadLetters) -> Iterator[tuple[Place, LogRecord]]:
    """Yield each row of a message as if it were a message; all of a dead letter is one."""
    whole = (record.partition, record.offset, None)
    if whole in dead or not (record.value or b"").startswith(b"["):
        yield whole, record
        return
    for number, row in enumerate(json.loads(record.value or b"")):
        place = (record.partition, record.offset, number)
        yield place, record._replace(value=json.dumps(row).encode())


def _first_occurrences(
    published: list[tuple[Place, LogRecord]], dead: DeadLetters
) -> tuple[dict[Key, dict[int, Values]], list[str]]:
    """Return the first row of each key, by key and partition."""
    first: dict[Key, dict[int, Values]] = defaultdict(dict)
    faults = []
    for place, record in published:
        if place in dead:
            if not _is_kept(dead[place], record, is_row=place[2] is not None):
                faults.append(f"dead letter of {place} has other bytes than the message")
            continue
        try:
            fields = json.loads(record.value or b"")
            values = _as_stored(fields)
        except (ValueError, TypeError, KeyError) as error:
            faults.append(f"neither stored nor set aside: {place} ({error!r})")
            continue
        first[values[0], values[4]].setdefault(record.partition, values)
    return first, faults


def _is_kept(letter: tuple[bytes | None, bytes | None], record: LogRecord, *, is_row: bool) -> bool:
    key, value = letter
    if is_row:
        return (key, json.loads(value or b"")) == (record.key, json.loads(record.value or b""))
    return letter == (_beginning(record.key), _beginning(record.value))


def _as_stored(fields: dict[str, Any]) -> Values:
    if set(fields) != set(_COLUMNS):
        raise KeyError(f"fields {sorted(set(fields) ^ set(_COLUMNS))}")
    return tuple(_as_column(name, fields[name]) for name in _COLUMNS)


def _as_column(name: str, value: Any) -> Any:  # noqa: ANN401 - of any column
    """Return what the database has of a value: numbers are rounded to the digits of OpenSky."""
    if name in _STEPS and value is not None:
        value = round(value * _STEPS[name]) / _STEPS[name]
    return _single(value) if name in _SINGLE_PRECISION else value


def _single(value: float | None) -> float | None:
    """Return the nearest single-precision number."""
    return None if value is None else struct.unpack("f", struct.pack("f", value))[0]


def _stored_rows(dsn: str) -> list[tuple[Key, Values]]:
    columns = [
        f"extract(epoch FROM {name})::bigint" if name in _TIMES else name for name in _COLUMNS
    ]
    rows = fetch(dsn, f"SELECT {', '.join(columns)} FROM state_vectors")  # noqa: S608 - our names
    return [((row[0], row[4]), row) for row in rows]


def _dead_letters(dsn: str, topic: str) -> DeadLetters:
    rows = fetch(
        dsn,
        "SELECT partition, message_offset, row_index, key, value FROM dead_letters"
        " WHERE topic = $1",
        topic,
    )
    return {(row[0], row[1], row[2]): (row[3], row[4]) for row in rows}
