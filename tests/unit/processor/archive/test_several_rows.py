"""Messages of several rows: each row is stored or set aside by itself, and none twice."""

import asyncio
from collections.abc import Callable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processor.archive.batch import Batch, Claim, Span, count_rows
from processor.archive.batch_division import divide_by_hours, first_rows, halve, set_aside
from processor.archive.batch_result import Stored
from processor.archive.dead_letter import DeadLetter
from processor.archive.rejected_rows import DividingStore, Rejection
from processor.archive.time_window import TimeBounds
from processor.database_errors import Blame
from processor.errors import FatalError, PoisonedLogError
from telemetry.codec import encode, encode_rows
from telemetry.state_vector import StateVector
from testkit.messages import InventedMessage, garbage, message, message_of_rows
from testkit.state_vectors import START, state_vector

BOUNDS = TimeBounds(START - 1_000.0, START + 1_000.0)
GOOD = [encode(state_vector(f"00000{number}")) for number in range(3)]
MALFORMED = b'{"icao24":"zzz"}'
UNTIMELY = encode(state_vector("000009", START + 5_000))


def _array(*rows: bytes) -> bytes:
    return b"[" + b",".join(rows) + b"]"


def _read(*values: bytes, bounds: TimeBounds | None = BOUNDS) -> Span:
    batch = Batch()
    for offset, value in enumerate(values):
        batch.add(InventedMessage(0, offset, value), Claim(0, 0, 1), bounds)
    return batch.spans[0]


def _places(letters: Sequence[DeadLetter]) -> list[tuple[int, int | None]]:
    return [(letter.offset, letter.row) for letter in letters]


def test_all_rows_of_a_message_are_read() -> None:
    """The message counts once, its rows each."""
    span = _read(_array(*GOOD), GOOD[0])
    assert (span.n_in, span.n_rows, span.hi) == (2, 4, 2)
    assert [vector.icao24 for vector in span.state_vectors] == [
        *("000000", "000001", "000002"),
        "000000",
    ]
    assert not span.dead_letters


def test_a_malformed_and_an_untimely_row_are_set_aside_by_themselves() -> None:
    """Each with its own JSON and its place in the message; the others are stored."""
    span = _read(_array(GOOD[0], MALFORMED, GOOD[1], UNTIMELY))
    assert [vector.icao24 for vector in span.state_vectors] == ["000000", "000001"]
    assert _places(span.dead_letters) == [(0, 1), (0, 3)]
    assert [letter.value for letter in span.dead_letters] == [MALFORMED, UNTIMELY]
    assert [letter.untimely for letter in span.dead_letters] == [None, "future"]
    assert (span.n_in, span.n_rows) == (1, 4)


@pytest.mark.parametrize("value", [b"[]", b"[", b"[1,", b'[{"icao24":"000000"}'])
def test_an_array_that_cannot_be_divided_into_rows_is_set_aside_whole(value: bytes) -> None:
    """Its dead letter has no row, and keeps the whole value."""
    span = _read(value)
    [letter] = span.dead_letters
    assert (letter.row, letter.value, span.n_in, span.n_rows) == (None, value, 1, 1)


def test_a_rejected_row_is_one_row_even_if_it_is_an_array() -> None:
    """OpenSky's own rows are arrays; the header says that the collector could not read it."""
    batch = Batch()
    rejected = InventedMessage(0, 0, b'["4b1814",null]', {"rejected": b"no last_contact"})
    [letter] = batch.add(rejected, Claim(0, 0, 1))
    assert (letter.row, letter.reason) == (None, "no last_contact")
    assert batch.n_rows == 1


_VALUES = st.sampled_from([*GOOD, MALFORMED, UNTIMELY])
_MESSAGES = st.lists(
    st.one_of(
        _VALUES,
        st.just(b"\xff"),
        st.lists(_VALUES, max_size=4).map(lambda rows: _array(*rows)),
    ),
    max_size=60,
)


@given(_MESSAGES, st.integers(1, 30))
def test_messages_added_together_are_as_if_added_one_by_one(
    values: list[bytes], headers_change_at: int
) -> None:
    """The batch and the sequence of outcomes are the same."""
    messages = [
        InventedMessage(
            0, offset, value, {"poll-time": b"%d" % (START + offset // headers_change_at)}
        )
        for offset, value in enumerate(values)
    ]
    claim, together, each = Claim(0, 0, 1), Batch(), Batch()
    outcomes = list(together.add_all(messages, claim, BOUNDS)) if messages else []
    letters = [letter for one in messages for letter in each.add(one, claim, BOUNDS)]
    assert together.spans == each.spans
    assert [outcome for outcome in outcomes if isinstance(outcome, DeadLetter)] == letters
    n_stored = sum(outcome for outcome in outcomes if isinstance(outcome, int))
    assert n_stored + len(letters) == together.n_rows == sum(map(count_rows, messages))


@given(_MESSAGES)
def test_halves_have_all_rows_in_order(values: list[bytes]) -> None:
    """Dividing changes neither rows nor dead letters, and the spans tile."""
    batch = Batch()
    for offset, value in enumerate(values):
        batch.add(InventedMessage(0, offset, value), Claim(0, 0, 1), BOUNDS)
    if batch.n_in < 2:
        return
    [whole] = batch.spans.values()
    first, second = (half.spans[0] for half in halve(batch))
    assert first.state_vectors + second.state_vectors == whole.state_vectors
    assert first.dead_letters + second.dead_letters == whole.dead_letters
    assert first.n_rows + second.n_rows == whole.n_rows
    assert (first.lo, first.hi, second.lo, second.hi) == (whole.lo, second.lo, first.hi, whole.hi)


def _message(*rows: bytes) -> Batch:
    batch = Batch()
    batch.add(InventedMessage(0, 7, _array(*rows)), Claim(0, 5, 1), BOUNDS)
    return batch


def test_a_row_of_a_message_is_set_aside_with_its_json() -> None:
    """Then its content is removed as well, if that is refused too, and then nothing is left."""
    batch = set_aside(_message(GOOD[0], MALFORMED, GOOD[1]), 2, "refused")
    assert batch is not None
    [span] = batch.spans.values()
    assert _places(span.dead_letters) == [(7, 1), (7, 2)]
    assert span.dead_letters[1].value == GOOD[1]
    assert (span.n_rows, span.lo, span.hi, len(span.state_vectors)) == (3, 5, 8, 1)
    bare = set_aside(batch, 2, "refused again")
    assert bare is not None
    assert bare.spans[0].dead_letters[1].value is None
    assert set_aside(bare, 2, "refused for good") is None


def test_the_first_rows_of_a_message() -> None:
    """They are in order, dead letters among them."""
    span = first_rows(_message(GOOD[0], MALFORMED, GOOD[1]), 2).spans[0]
    assert (len(span.state_vectors), _places(span.dead_letters)) == (1, [(7, 1)])


def test_a_message_of_too_many_hours_keeps_its_newest() -> None:
    """A message is never divided, so its oldest rows become dead letters."""
    rows = [state_vector("000001", START + hour * 3_600) for hour in range(5)]
    batch = Batch()
    batch.add(message_of_rows(0, 0, rows), Claim(0, 0, 1))
    batch.add(message(0, 1, state_vector("000002", START)), Claim(0, 0, 1))
    first, second = divide_by_hours(batch, max_hours=3)
    assert [vector.last_contact for vector in first.spans[0].state_vectors] == [
        vector.last_contact for vector in rows[2:]
    ]
    assert _places(first.spans[0].dead_letters) == [(0, 0), (0, 1)]
    assert second.n_rows == 1


class _Database:
    """Stores in memory, and refuses rows as a condition says; a trial leaves no trace."""

    def __init__(self, refuses: Callable[[StateVector], bool], blame: Blame) -> None:
        self.refuses = refuses
        self.blame = blame
        self.rows: list[str] = []
        self.letters: list[tuple[int, int | None]] = []
        self.n_attempts = 0

    async def attempt(
        self, batch: Batch, *, is_part: bool, is_trial: bool = False
    ) -> Stored | Rejection:
        self.n_attempts += 1
        del is_part
        vectors = [one for span in batch.spans.values() for one in span.state_vectors]
        if any(map(self.refuses, vectors)):
            return Rejection(self.blame, ValueError("no such aircraft"))
        if not is_trial:
            self.rows += [vector.icao24 for vector in vectors]
            self.letters += _places(batch.dead_letters())
        return Stored(len(vectors), 0, len(batch.dead_letters()), {}, {}, batch.n_in)


def _is_odd(vector: StateVector) -> bool:
    return int(vector.icao24, 16) % 2 == 1


def _rows(*numbers: int) -> list[StateVector]:
    return [state_vector(f"{number:06x}") for number in numbers]


@pytest.mark.parametrize("blame", [Blame.MESSAGE, Blame.PERHAPS])
@pytest.mark.parametrize(
    "numbers", [[1], [1, 2], [2, 4, 5], [1, 3, 5, 7], [2, 4, 6, 8, 9, 10, 12, 13, 15], [3, 2, 5]]
)
def test_refused_rows_are_found_within_a_message(numbers: list[int], blame: Blame) -> None:
    """All others are stored, in the same step as the dead letters."""
    database = _Database(_is_odd, blame)
    batch = Batch()
    batch.add(message_of_rows(0, 0, _rows(*numbers)), Claim(0, 0, 1))
    stored = asyncio.run(DividingStore(database.attempt).store(batch))
    odd = [place for place, number in enumerate(numbers) if number % 2]
    assert database.rows == [f"{number:06x}" for number in numbers if number % 2 == 0]
    assert database.letters == [(0, place) for place in odd]
    assert (stored.refused, stored.n_dead, stored.n_messages) == (len(odd), len(odd), 1)


def test_one_refused_row_of_500_costs_a_logarithm() -> None:
    """Eleven trials, and the transactions before and after."""
    database = _Database(_is_odd, Blame.MESSAGE)
    batch = Batch()
    batch.add(
        message_of_rows(0, 0, _rows(*range(0, 800, 2), 1, *range(800, 998, 2))), Claim(0, 0, 1)
    )
    asyncio.run(DividingStore(database.attempt).store(batch))
    assert database.n_attempts <= 13
    assert database.letters == [(0, 400)]


def test_a_refusal_that_passes_sets_nothing_aside() -> None:
    """The database may accept on a later attempt what it refused without a clear reason."""
    database = _Database(_is_odd, Blame.PERHAPS)
    attempt = database.attempt

    async def changing(
        batch: Batch, *, is_part: bool, is_trial: bool = False
    ) -> Stored | Rejection:
        stored = await attempt(batch, is_part=is_part, is_trial=is_trial)
        if database.n_attempts == 3:
            database.refuses = lambda _: False
        return stored

    batch = Batch()
    batch.add(message_of_rows(0, 0, _rows(2, 1, 4)), Claim(0, 0, 1))
    stored = asyncio.run(DividingStore(changing).store(batch))
    assert (stored.n_inserted, stored.n_dead, stored.refused) == (3, 0, 0)


def test_too_many_refused_rows_stop_the_archive(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows count, not messages; nothing of the message that exceeds the limit is stored."""
    monkeypatch.setattr("processor.archive.rejected_rows.MAX_IN_A_ROW", 5)
    database = _Database(lambda _: True, Blame.MESSAGE)
    batch = Batch()
    for offset in range(2):
        batch.add(message_of_rows(0, offset, _rows(1, 2, 3)), Claim(0, 0, 1))
    with pytest.raises(PoisonedLogError, match="more than 5 rows in succession"):
        asyncio.run(DividingStore(database.attempt).store(batch))
    assert database.letters == [(0, 0), (0, 1), (0, 2)]


def test_a_database_that_refuses_even_bare_dead_letters_is_fatal() -> None:
    """Nothing is skipped."""

    async def refuse(batch: Batch, *, is_part: bool, is_trial: bool = False) -> Stored | Rejection:
        del batch, is_part, is_trial
        return Rejection(Blame.MESSAGE, ValueError("read only"))

    batch = Batch()
    batch.add(garbage(0, 0), Claim(0, 0, 1))
    with pytest.raises(FatalError):
        asyncio.run(DividingStore(refuse).store(batch))


def test_rows_of_a_message_are_written_in_order() -> None:
    """The value is an array of what single messages hold."""
    vectors = _rows(1, 2)
    assert encode_rows(vectors) == _array(*map(encode, vectors))
