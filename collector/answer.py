"""An answer of `/states/all`, decoded once: at full speed, or row by row when a row is bad."""

import json
import math
import re
from typing import Any

import msgspec

from collector.errors import UnreadableAnswerError
from telemetry.state_vector import FIELDS, Code, Icao24, StateVector, UnixSeconds

MAX_REASON_CHARACTERS = 200
MAX_RAW_BYTES = 65_536
"""A row has 130 bytes; one of megabytes would not fit into a message."""


class RejectedRow(msgspec.Struct, frozen=True, gc=False):
    """A row that is no state vector, kept as it came."""

    raw: bytes
    reason: str
    icao24: str | None


class Answer(msgspec.Struct, frozen=True):
    """What one request brought."""

    time: int
    state_vectors: list[StateVector]
    rejected: list[RejectedRow]
    credits_remaining: int | None = None

    @property
    def row_count(self) -> int:
        """How many rows OpenSky sent."""
        return len(self.state_vectors) + len(self.rejected)


class _Row(StateVector, array_like=True, forbid_unknown_fields=False, frozen=True, gc=False):
    """StateVector as OpenSky writes it: an array of 17 or more; columns beyond are ignored."""

    category: Code | None = None


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
_column = re.compile(r" - at `\$\[(\d+)\]")


def read_answer(body: bytes, credits_remaining: int | None = None) -> Answer:
    """Decode an answer; a bad row costs only itself.

    Raises:
        UnreadableAnswerError: The answer as a whole is not OpenSky's.
    """
    try:
        answer = _answers.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        time, rows = _split_rows(body)
        state_vectors, rejected = _read_rows(rows)
        return Answer(time, state_vectors, rejected, credits_remaining)
    state_vectors = [_to_state_vector(row) for row in answer.states or ()]
    return Answer(answer.time, state_vectors, [], credits_remaining)


def _to_state_vector(row: _Row) -> StateVector:
    """Take the padding off the texts; blanks alone mean that nothing was received."""
    return StateVector(
        row.icao24,
        (row.callsign and row.callsign.rstrip(" ")) or None,
        (row.origin_country and row.origin_country.rstrip(" ")) or None,
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
        (row.squawk and row.squawk.rstrip(" ")) or None,
        row.spi,
        row.position_source,
        row.category,
    )


def _split_rows(body: bytes) -> tuple[int, list[bytes]]:
    """Cut an answer into the bytes of its rows."""
    try:
        answer = _answers_of_any_rows.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return _split_illegal_json(body)
    return answer.time, [bytes(row) for row in answer.states or ()]


def _split_illegal_json(body: bytes) -> tuple[int, list[bytes]]:
    """Do the same where NaN, Infinity or raw control characters make it no legal JSON."""
    try:
        content = json.loads(body.decode("utf-8", "surrogateescape"), strict=False)
        answer = msgspec.convert(content, _LooseAnswer)
        rows = [json.dumps(row, separators=(",", ":")).encode() for row in answer.states or ()]
    except (ValueError, msgspec.ValidationError, RecursionError) as error:
        raise UnreadableAnswerError(
            f"not OpenSky's JSON ({type(error).__name__}: {str(error)[:MAX_REASON_CHARACTERS]}); "
            f"{len(body)} bytes that end with {body[-20:]!r}"
        ) from error
    return answer.time, rows


def _read_rows(rows: list[bytes]) -> tuple[list[StateVector], list[RejectedRow]]:
    state_vectors, rejected = [], []
    for raw in rows:
        try:
            state_vectors.append(_to_state_vector(_rows.decode(raw)))
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            rejected.append(RejectedRow(raw[:MAX_RAW_BYTES], _reason(raw, error), _icao24_in(raw)))
    return state_vectors, rejected


def _reason(raw: bytes, error: Exception) -> str:
    """Name the column, which the decoder only numbers."""
    text = str(error)[:MAX_REASON_CHARACTERS]
    if (place := _column.search(text)) and int(place[1]) < len(FIELDS):
        return f"{FIELDS[int(place[1])]}: {text}"
    if illegal := _illegal_number(raw):
        return f"{illegal}: the row is no legal JSON"
    return text


def _illegal_number(raw: bytes) -> str | None:
    """Return the name and value of the first column that JSON has no number for."""
    for name, value in zip(FIELDS, _loose(raw), strict=False):
        if isinstance(value, float) and not math.isfinite(value):
            return f"{name}: {value}"
    return None


def _icao24_in(raw: bytes) -> str | None:
    """Return the address where at least that can be read, so that the row keeps its partition."""
    first = next(iter(_loose(raw)), None)
    try:
        return msgspec.convert(first, Icao24)
    except msgspec.ValidationError:
        return None


def _loose(raw: bytes) -> list[Any]:
    try:
        row = json.loads(raw.decode("utf-8", "replace"), strict=False)
    except (ValueError, RecursionError):
        return []
    return row if isinstance(row, list) else []
