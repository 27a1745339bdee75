"""What the newest messages of the topic say that earlier processes have published."""

import math
from dataclasses import dataclass, field

from confluent_kafka import Message

from collector.answer_time import MAX_AHEAD_SECONDS
from kafka_client.framed_values import FramedValues
from kafka_client.registry_errors import RegistryUnavailableError, RegistryUnusableError
from telemetry.codec import Headers, MalformedMessageError, check_headers, decode_readable
from telemetry.framing import is_framed
from telemetry.state_vector import StateVector

MAX_POLL_TIME_DIGITS = 12


@dataclass
class Tail:
    """What earlier processes have published last."""

    now: float = math.inf
    """The host's clock. Later times than this, but for a tolerance, are left out: one message from
    the future would hide all that was published since. Infinite: nothing is left out."""
    last_contacts: dict[str, int] = field(default_factory=dict)
    poll_times: dict[str, int] = field(default_factory=dict)
    """The newest answer's Unix seconds, by source: an area's name or `global`."""
    published_at: float | None = None
    """When the newest message was published, by the clock of its producer or of the broker."""
    messages: int = 0
    rows: int = 0
    future_times: int = 0
    """Messages with a last contact or a poll time from the future."""
    is_complete: bool = True
    framed: FramedValues | None = None
    """Reads messages in Avro and Protobuf. None, and once it could not: they are passed over."""
    unreadable_reason: str | None = None
    """Why messages in Avro and Protobuf are passed over; None if none is."""

    def add(self, message: Message) -> None:
        """Add one message; rows that are not state vectors are passed over."""
        headers = _headers(message)
        rows = self._rows_of(message, headers)
        self.messages += 1
        self.rows += len(rows)
        poll_time, latest = _poll_time(headers), self.now + MAX_AHEAD_SECONDS
        known = [each for each in rows if each is not None]
        timely = [each for each in known if max(each.last_contact, poll_time) <= latest]
        self.future_times += len(timely) < len(known)
        if not timely:
            return
        for each in timely:
            _keep_newest(self.last_contacts, each.icao24, each.last_contact)
        if poll_time and (source := headers.get("source")):
            _keep_newest(self.poll_times, source.decode(errors="replace"), poll_time)
        self._add_published(message.timestamp()[1] / 1000)

    def _rows_of(self, message: Message, headers: Headers) -> list[StateVector | None]:
        """Return the rows of a message; None for what is not a state vector."""
        value = message.value()
        if not is_framed(value):
            return _rows_of(value, headers)
        if self.framed is None:
            return [None]
        try:
            return decode_readable(self.framed.to_json(value))
        except MalformedMessageError:
            return [None]
        except (RegistryUnavailableError, RegistryUnusableError) as error:
            self.framed, self.unreadable_reason = None, str(error)
            return [None]

    def _add_published(self, at: float) -> None:
        if (self.published_at or 0.0) < at <= self.now:
            self.published_at = at


def _rows_of(value: bytes | None, headers: Headers) -> list[StateVector | None]:
    """Return the rows of a message of JSON; None for what is not a state vector."""
    try:
        check_headers(headers)
    except MalformedMessageError:
        return [None]
    return decode_readable(value)


def _poll_time(headers: dict[str, bytes | None]) -> int:
    """Return the Unix seconds of the answer that a message comes from; 0 if it does not say."""
    text = headers.get("poll-time") or b""
    return int(text) if text.isdigit() and len(text) <= MAX_POLL_TIME_DIGITS else 0


def _keep_newest(times: dict[str, int], name: str, time: int) -> None:
    times[name] = max(times.get(name, 0), time)


def _headers(message: Message) -> dict[str, bytes | None]:
    pairs = message.headers() or ()
    items = pairs.items() if isinstance(pairs, dict) else pairs
    return {name: value.encode() if isinstance(value, str) else value for name, value in items}
