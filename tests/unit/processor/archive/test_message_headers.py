"""Reused headers of messages equal headers that are read from each message."""

from hypothesis import given
from hypothesis import strategies as st

from processor.archive.batch import Batch, Claim
from processor.archive.message_headers import HeaderReader
from processor.archive.time_window import TimeBounds
from processor.message import MAX_TRACES
from telemetry.codec import CONTENT_TYPE, REJECTED, SCHEMA_VERSION, encode
from testkit.messages import InventedMessage
from testkit.state_vectors import START, state_vector

_HEADERS = st.fixed_dictionaries(
    {},
    optional={
        "schema-version": st.sampled_from([SCHEMA_VERSION, b"2", None]),
        "content-type": st.sampled_from([CONTENT_TYPE, b"text/plain"]),
        "poll-time": st.sampled_from(
            [str(START).encode(), str(START - 100).encode(), b"soon", None]
        ),
        REJECTED: st.just(b"no icao24"),
    },
)


@given(st.lists(_HEADERS, max_size=20))
def test_reused_headers_are_equal(found: list[dict[str, bytes | None]]) -> None:
    """The result does not depend on the messages before."""
    header_reader = HeaderReader()
    for headers in found:
        message = InventedMessage(0, 0, b"", headers)
        assert header_reader.read(message) == HeaderReader().read(message)
        assert header_reader.read(message).by_name == headers


@given(st.lists(_HEADERS, max_size=20))
def test_each_message_is_judged_by_its_own(found: list[dict[str, bytes | None]]) -> None:
    """The result of one batch equals that of a batch for each message."""
    together, bounds, claim = Batch(), TimeBounds(0.0, START + 300.0), Claim(0, 0, epoch=1)
    for offset, headers in enumerate(found):
        message = InventedMessage(0, offset, encode(state_vector()), headers)
        alone = Batch().add(message, claim, bounds)
        assert together.add(message, claim, bounds) == alone


def test_a_batch_names_the_traces_of_its_polls_once_and_not_without_bound() -> None:
    """Also after partitions were left out of it."""
    batch, claim = Batch(), Claim(0, 0, epoch=1)
    traces = [f"00-{number:032x}-{number:016x}-01".encode() for number in range(1, 100)]
    for offset, trace in enumerate([traces[0], traces[0], b"x" * 500_000, *traces]):
        headers = {"traceparent": trace}
        batch.add(InventedMessage(0, offset, encode(state_vector()), headers), claim)
    assert batch.traceparents == traces[:MAX_TRACES]
    assert batch.without([0]).traceparents == batch.traceparents
