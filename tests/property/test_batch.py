"""The arithmetic of batches and of the ledger, for any messages."""

from hypothesis import given
from hypothesis import strategies as st

from processor.archive.batch import Batch, Claim, to_rows
from telemetry.state_vector import StateVector
from tests.support.messages import InventedMessage, garbage, message
from tests.support.state_vectors import START, state_vectors

PARTITIONS = 3

# Few aircraft and few seconds, so that most state vectors come more than once.
_VECTORS = state_vectors(addresses=4, times=(START, START + 3))
_CONTENTS = st.lists(
    st.tuples(st.integers(0, PARTITIONS - 1), st.integers(1, 3), st.none() | _VECTORS), max_size=40
)


def _messages(
    contents: list[tuple[int, int, StateVector | None]],
) -> list[InventedMessage]:
    """Number the messages of each partition, with gaps as logs have them."""
    offsets = [100] * PARTITIONS
    messages = []
    for partition, gap, vector in contents:
        offsets[partition] += gap
        offset = offsets[partition]
        messages.append(
            garbage(partition, offset) if vector is None else message(partition, offset, vector)
        )
    return messages


def _batches(messages: list[InventedMessage], size: int) -> list[Batch]:
    """Gather as the consumer does: a claim moves on with each batch."""
    claims = {partition: Claim(partition, 100, epoch=1) for partition in range(PARTITIONS)}
    batches = []
    for start in range(0, len(messages), size):
        batch = Batch()
        for item in messages[start : start + size]:
            batch.add(item, claims[item.partition()])
        for span in batch.spans.values():
            claims[span.partition].next_offset = span.hi
        batches.append(batch)
    return batches


@given(_CONTENTS, st.integers(1, 10))
def test_spans_tile(contents: list[tuple[int, int, StateVector | None]], size: int) -> None:
    """Each span begins where the one before ended, and the last ends behind the last message."""
    messages = _messages(contents)
    position = dict.fromkeys(range(PARTITIONS), 100)
    for batch in _batches(messages, size):
        for span in batch.spans.values():
            assert span.lo == position[span.partition]
            assert span.n_in <= span.hi - span.lo
            position[span.partition] = span.hi
    for item in messages:
        assert position[item.partition()] > item.offset()


@given(_CONTENTS, st.integers(1, 10))
def test_every_message_is_accounted_for(
    contents: list[tuple[int, int, StateVector | None]], size: int
) -> None:
    """n_in = state vectors + dead letters, and the unique ones are those that came, once each."""
    messages = _messages(contents)
    batches = _batches(messages, size)
    spans = [span for batch in batches for span in batch.spans.values()]
    assert sum(span.n_in for span in spans) == len(messages)
    for span in spans:
        assert span.n_in == len(span.state_vectors) + len(span.dead_letters)
    for batch in batches:
        found = [key for key, _ in batch.unique()]
        came = {
            (vector.icao24, vector.last_contact)
            for span in batch.spans.values()
            for vector in span.state_vectors
        }
        assert set(found) == came
        assert found == sorted(found)


@given(_CONTENTS, st.sets(st.integers(0, PARTITIONS - 1)))
def test_a_batch_without_partitions_is_as_if_they_had_never_come(
    contents: list[tuple[int, int, StateVector | None]], left_out: set[int]
) -> None:
    """What another instance stores leaves no trace in ours."""
    messages = _messages(contents)
    [whole, rest] = [
        _batches(some, size=1000)
        for some in (messages, [item for item in messages if item.partition() not in left_out])
    ]
    if not whole:
        return
    without = whole[0].without(left_out)
    expected = rest[0] if rest else Batch()
    assert without.spans == expected.spans
    assert without.n_in == expected.n_in
    assert without.unique() == expected.unique()


@given(st.lists(state_vectors(), max_size=5))
def test_rows_are_the_fields(vectors: list[StateVector]) -> None:
    """A row holds the 18 fields in order."""
    for row, vector in zip(to_rows(vectors), vectors, strict=True):
        assert list(row) == [getattr(vector, name) for name in StateVector.__struct_fields__]
