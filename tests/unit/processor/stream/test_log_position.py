"""Event ids as text: a client may send anything."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processor.message import LogIdentity
from processor.stream.log_position import EventId, LogPosition, epoch_of, parse_event_id


@given(
    st.lists(st.integers(0, 2**63 - 1), min_size=1, max_size=20), st.sampled_from(["", "c0ffee"])
)
def test_round_trip(offsets: list[int], tag: str) -> None:
    """The text of an event id is read back as the same event id."""
    event_id = EventId(LogPosition("1a2b", tuple(offsets)), tag)
    assert parse_event_id(str(event_id)) == event_id


@pytest.mark.parametrize(
    "text",
    ["", ".", "epoch", "epoch.", "epoch.1-", "epoch.-1", "epoch.1_0", "epoch. 1", "e.²",
     "epoch.A", "epoch." + "z-" * 9000 + "1"],
)  # fmt: skip
def test_other_texts_are_none(text: str) -> None:
    """They are no error: the client gets a snapshot."""
    assert parse_event_id(text) is None


@given(st.text())
def test_no_text_raises(text: str) -> None:
    """Only texts in the form of an event id are accepted."""
    event_id = parse_event_id(text)
    assert event_id is None or text.lower().startswith(f"{event_id.position.epoch.lower()}.")


def test_an_epoch_identifies_its_log() -> None:
    """Another cluster, topic or topic id is another log; added partitions are the same log."""
    log = LogIdentity("cluster", "topic", "id", 12)
    others = [
        LogIdentity("cluster2", "topic", "id", 12),
        LogIdentity("cluster", "topic2", "id", 12),
        LogIdentity("cluster", "topic", "id2", 12),
        LogIdentity("cluster", "topic", None, 12),
        # Without an id, added partitions cannot be distinguished from a topic created again.
        LogIdentity("cluster", "topic", None, 13),
    ]
    assert epoch_of(log) == epoch_of(LogIdentity("cluster", "topic", "id", 13))
    assert len({epoch_of(other) for other in [log, *others]}) == 6


def test_positions_are_compared_in_every_partition() -> None:
    """A position is later only if it is in no partition earlier."""
    assert LogPosition("e", (1, 2)).is_within(LogPosition("e", (1, 3)))
    assert not LogPosition("e", (1, 2)).is_within(LogPosition("e", (0, 9)))


def test_missing_partitions_count_as_offset_0() -> None:
    """Nothing in a partition was read that a position does not name."""
    short, extended = LogPosition("e", (1, 2)), LogPosition("e", (1, 2, 0))
    assert short.padded(3) == extended
    assert extended.padded(2) == extended
    assert short.is_within(LogPosition("e", (1, 2, 5)))
    assert extended.is_within(short)
    assert not LogPosition("e", (1, 2, 5)).is_within(short)
