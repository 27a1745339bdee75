"""The arithmetic of batches and of the ledger, for any messages."""

from hypothesis import given
from hypothesis import strategies as st

from processor.archive.batch import Batch, Claim
from processor.archive.digest import RowsOfDay, as_bigint, hash_rows
from processor.archive.stored_values import round_to_stored
from processor.archive.unique_rows import UniqueRows, to_rows
from telemetry.state_vector import StateVector
from testkit.messages import InventedMessage, garbage, message
from testkit.state_vectors import START, state_vectors

PARTITIONS = 3

DAY = 86_400
MIDNIGHT = START // DAY * DAY

# Few aircraft and few seconds, so that most state vectors come more than once.
_VECTORS = state_vectors(addresses=4, times=(MIDNIGHT - 2, MIDNIGHT + 1))
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
            batch.read(at_least=1 + item.offset() % 3)
        for span in batch.spans.values():
            claims[span.partition].next_offset = span.hi
        batches.append(batch)
    return batches


def _found(rows: UniqueRows) -> list[tuple[StateVector, int]]:
    return list(zip(rows.state_vectors, rows.partitions, strict=True))


def sorted_by_key(found: list[tuple[StateVector, int]]) -> list[tuple[StateVector, int]]:
    return sorted(found, key=lambda pair: (pair[0].icao24, pair[0].last_contact))


def _unique(batch: Batch) -> list[tuple[StateVector, int]]:
    """Return each state vector once as it is stored, with its partition, sorted; the first wins."""
    first: dict[tuple[str, int], tuple[StateVector, int]] = {}
    for partition in sorted(batch.spans):
        for vector in batch.spans[partition].state_vectors:
            stored = (round_to_stored(vector), partition)
            first.setdefault((vector.icao24, vector.last_contact), stored)
    return sorted_by_key(list(first.values()))


def _add_up(found: list[tuple[StateVector, int]]) -> list[RowsOfDay]:
    """Add the digests up one by one."""
    sums: dict[tuple[int, int], list[int]] = {}
    for vector, partition in found:
        [hashed] = hash_rows(to_rows([vector])).tolist()
        sums.setdefault((partition, vector.last_contact // DAY), []).append(hashed)
    return [
        RowsOfDay(partition, day, len(hashes), as_bigint(sum(hashes)))
        for (partition, day), hashes in sorted(sums.items())
    ]


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
    """n_in = state vectors + dead letters, and each state vector is among the unique rows once."""
    messages = _messages(contents)
    batches = _batches(messages, size)
    spans = [span for batch in batches for span in batch.spans.values()]
    assert sum(span.n_in for span in spans) == len(messages)
    for span in spans:
        assert span.n_in == len(span.state_vectors) + len(span.dead_letters)
    for batch in batches:
        rows = batch.rows()
        assert _found(rows) == _unique(batch)
        assert rows.icao24s == [vector.icao24 for vector in rows.state_vectors]
        assert rows.contacts.tolist() == [vector.last_contact for vector in rows.state_vectors]


@given(_CONTENTS, st.sets(st.integers(0, PARTITIONS - 1)))
def test_a_batch_without_partitions_is_as_if_they_had_never_come(
    contents: list[tuple[int, int, StateVector | None]], left_out: set[int]
) -> None:
    """Partitions that another instance owns leave no trace in the batch."""
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
    assert _found(without.rows()) == _found(expected.rows())


@given(_CONTENTS, st.data())
def test_what_was_inserted_adds_up(
    contents: list[tuple[int, int, StateVector | None]], data: st.DataObject
) -> None:
    """Digests by partition and day, and minutes, cover exactly the new rows."""
    [batch] = _batches(_messages(contents), size=1000) or [Batch()]
    expected = _unique(batch)
    if expected:
        expected = data.draw(st.lists(st.sampled_from(expected), unique_by=id).map(sorted_by_key))
    vectors = [vector for vector, _ in expected]
    some = batch.rows().only(
        [vector.icao24 for vector in vectors], [vector.last_contact for vector in vectors]
    )
    assert _found(some) == expected
    assert some.added == _add_up(expected)
    assert some.minutes == sorted({vector.last_contact // 60 * 60 for vector in vectors})
    assert some.days() == sorted({vector.last_contact // DAY * DAY for vector in vectors})


@given(st.lists(state_vectors(), max_size=5))
def test_rows_are_the_fields(vectors: list[StateVector]) -> None:
    """A row holds the 18 fields in order."""
    for row, vector in zip(to_rows(vectors), vectors, strict=True):
        assert list(row) == [getattr(vector, name) for name in StateVector.__struct_fields__]
