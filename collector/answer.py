"""An answer of `/states/all`, decoded once: at full speed, or row by row when a row is bad."""

import json
from collections import Counter
from collections.abc import Sequence
from typing import Any

import msgspec

from collector.answer_time import ClockReadings
from collector.errors import ImplausibleTimeError, UnreadableAnswerError
from collector.repair import UnusableRowError, icao24_of, repair
from telemetry.state_vector import Code, StateVector, UnixSeconds

MAX_REASON_CHARACTERS = 200
MAX_RAW_BYTES = 65_536
"""A row has 130 bytes; one of megabytes would not fit into a message."""

MAX_LATER_SECONDS = 60
"""How much later than its answer a row may be. In 40,934 real rows none was later at all."""

MAX_OLDER_SECONDS = 3_600
"""How much older than its answer a row may be. In real answers 315 s was the oldest."""

MAX_MISDATED_ROWS = 100
"""Published as rejected, of one answer. Thousands would look to the archive like a poisoned log;
those beyond are only counted."""


class RejectedRow(msgspec.Struct, frozen=True, gc=False):
    """A row that is no state vector, kept as it came."""

    raw: bytes
    reason: str
    icao24: str | None
    is_misdated: bool = False


class Answer(msgspec.Struct, frozen=True):
    """What one request brought.

    Attributes:
        time: OpenSky's clock, in Unix seconds.
        state_vectors: Rows that are usable, dated near `time`.
        rejected: Rows that are not.
        credits_remaining: What the answer's header says; None if it says nothing.
        unusable_fields: Fields that are null or a substitute because of their value, by name.
        misdated: Rows dated far from `time`, whether they are among the rejected or beyond
            MAX_MISDATED_ROWS.
        clocks: The clocks at the answer's arrival.
    """

    time: int
    state_vectors: list[StateVector]
    rejected: list[RejectedRow]
    credits_remaining: int | None = None
    unusable_fields: dict[str, int] = {}
    misdated: int = 0
    clocks: ClockReadings | None = None

    @property
    def row_count(self) -> int:
        """How many rows OpenSky sent."""
        unpublished = max(0, self.misdated - MAX_MISDATED_ROWS)
        return len(self.state_vectors) + len(self.rejected) + unpublished


class _Row(StateVector, array_like=True, forbid_unknown_fields=False, frozen=True, gc=False):
    """StateVector as OpenSky writes it: an array of 17 or more; columns beyond are ignored."""

    category: Code | None = None

    def __post_init__(self) -> None:
        """Leave the texts to the state vector that is made of the row."""


class _Answer(msgspec.Struct):
    time: UnixSeconds
    states: list[_Row] | None


class _AnswerOfAnyRows(msgspec.Struct):
    time: UnixSeconds
    states: list[msgspec.Raw] | None


class _LooseAnswer(msgspec.Struct):
    time: UnixSeconds
    states: list[Any] | None


_answers = msgspec.json.Decoder(_Answer)
_answers_of_any_rows = msgspec.json.Decoder(_AnswerOfAnyRows)
_rows = msgspec.json.Decoder(_Row)
_REFUSED = (msgspec.DecodeError, ValueError, RecursionError)
"""What rows raise that are no state vectors; of their texts it is a ValueError."""


def read_answer(body: bytes, credits_remaining: int | None = None) -> Answer:
    """Decode an answer. A bad field costs only itself, a row without address or time only itself.

    Raises:
        UnreadableAnswerError: The answer as a whole is not OpenSky's.
        ImplausibleTimeError: Most rows are dated far from the answer's time.
    """
    try:
        answer = _answers.decode(body)
        if _are_well_dated(answer.time, answer.states or ()):
            state_vectors = [_to_state_vector(row) for row in answer.states or ()]
            return Answer(answer.time, state_vectors, [], credits_remaining)
    except _REFUSED:
        pass
    time, rows = _split_rows(body)
    return _read_rows(time, rows, credits_remaining)


def _are_well_dated(time: int, rows: Sequence[_Row]) -> bool:
    contacts = [row.last_contact for row in rows]
    latest = max([time, *contacts, *[row.time_position or 0 for row in rows]])
    return min([time, *contacts]) >= time - MAX_OLDER_SECONDS and latest <= time + MAX_LATER_SECONDS


def _to_state_vector(row: _Row) -> StateVector:
    """Take the padding off the texts; blanks alone mean that nothing was received."""
    return StateVector(
        row.icao24,
        (row.callsign and row.callsign.strip(" ")) or None,
        (row.origin_country and row.origin_country.strip(" ")) or None,
        row.time_position,
        row.last_contact,
        row.longitude,
        row.latitude,
        row.baro_altitude,
        row.on_ground,
        row.velocity,
        row.true_track,
        row.vertical_rate,
        row.sensors,
        row.geo_altitude,
        (row.squawk and row.squawk.strip(" ")) or None,
        row.spi,
        row.position_source,
        row.category,
    )


def _split_rows(body: bytes) -> tuple[int, list[bytes]]:
    """Cut an answer into the bytes of its rows."""
    try:
        answer = _answers_of_any_rows.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return _split_odd_json(body)
    return answer.time, [bytes(row) for row in answer.states or ()]


def _split_odd_json(body: bytes) -> tuple[int, list[bytes]]:
    """Do the same where NaN, Infinity, raw control characters or a time of 1e9 are in the way."""
    try:
        content = json.loads(body.decode("utf-8", "surrogateescape"), strict=False)
        if isinstance(content, dict) and isinstance(time := content.get("time"), float):
            content["time"] = int(time) if time.is_integer() else time
        answer = msgspec.convert(content, _LooseAnswer)
        rows = [json.dumps(row, separators=(",", ":")).encode() for row in answer.states or ()]
    except (ValueError, msgspec.ValidationError, RecursionError) as error:
        raise UnreadableAnswerError(
            f"not OpenSky's JSON ({type(error).__name__}: {str(error)[:MAX_REASON_CHARACTERS]}); "
            f"{len(body)} bytes that end with {body[-20:]!r}"
        ) from error
    return answer.time, rows


def _read_rows(time: int, rows: list[bytes], credits_remaining: int | None) -> Answer:
    state_vectors, rejected = [], []
    unusable: Counter[str] = Counter()
    misdated = 0
    for raw in rows:
        try:
            state_vector, bad_fields = _read_row(raw, time)
        except _MisdatedRowError as error:
            misdated += 1
            if misdated <= MAX_MISDATED_ROWS:
                rejected.append(_reject(raw, error, is_misdated=True))
        except UnusableRowError as error:
            rejected.append(_reject(raw, error))
        else:
            state_vectors.append(state_vector)
            unusable.update(bad_fields)
    if misdated > max(MAX_MISDATED_ROWS, len(rows) / 2):
        raise ImplausibleTimeError(
            "most rows are dated far from their answer's time: nothing of it is published",
            answer_time=time,
            rows=len(rows),
            misdated=misdated,
            first=next(each.reason for each in rejected if each.is_misdated),
        )
    return Answer(time, state_vectors, rejected, credits_remaining, dict(unusable), misdated)


def _read_row(raw: bytes, time: int) -> tuple[StateVector, list[str]]:
    """Return a row, and the names of its fields that were unusable."""
    unusable: list[str] = []
    try:
        state_vector = _to_state_vector(_rows.decode(raw))
    except _REFUSED:
        state_vector, unusable = repair(raw)
    _check_date(state_vector.last_contact, time)
    if (state_vector.time_position or 0) > time + MAX_LATER_SECONDS:
        state_vector = msgspec.structs.replace(state_vector, time_position=None)
        unusable.append("time_position")
    return state_vector, unusable


class _MisdatedRowError(Exception):
    """A row's last contact is far from its answer's time."""


def _check_date(last_contact: int, time: int) -> None:
    if last_contact > time + MAX_LATER_SECONDS:
        raise _MisdatedRowError(
            f"last_contact: {last_contact} is {last_contact - time} s later than the answer's time "
            f"{time}; more than {MAX_LATER_SECONDS} s cannot be"
        )
    if last_contact < time - MAX_OLDER_SECONDS:
        raise _MisdatedRowError(
            f"last_contact: {last_contact} is {time - last_contact} s older than the answer's time "
            f"{time}; OpenSky shows aircraft for some 315 s, {MAX_OLDER_SECONDS} s are allowed"
        )


def _reject(raw: bytes, error: Exception, *, is_misdated: bool = False) -> RejectedRow:
    return RejectedRow(raw[:MAX_RAW_BYTES], str(error), icao24_of(raw), is_misdated)
