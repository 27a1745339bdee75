"""Selections of fields are shared fairly: one client's never cost another its own."""

import re
from contextlib import ExitStack
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from processor.access.slots import OverloadedError, SlotLimits
from processor.live.broadcaster import Broadcaster, Lifetime
from processor.live.connection_limits import Limits, StreamClient
from processor.live.metrics import LiveMetrics
from processor.stream.output_format import PAGE_FIELDS, STANDARD
from processor.stream.query import StreamQuery, parse_query
from telemetry.state_vector import FIELDS

SELECTIONS = [parse_query([("fields", field)]) for field in FIELDS[1:]]
STANDARD_VIEWS = [
    parse_query([]),
    *(parse_query([("format", name)]) for name in ("object", "row", "geojson", "delta")),
    parse_query([("format", "row"), ("fields", ",".join(PAGE_FIELDS)), ("on_ground", "false")]),
]
FLOODER = StreamClient("192.0.2.1")
NEWCOMER = StreamClient("192.0.2.2")
LIMITS = SlotLimits(total=6, per_principal=3, per_address=4)


@pytest.fixture
def broadcaster() -> Broadcaster:
    """One with few selections."""
    return Broadcaster(
        metrics=LiveMetrics(CollectorRegistry()),
        limits=Limits(subscribers=100, per_address=100, per_principal=100, selections=LIMITS),
        lifetime=Lifetime(retry_ms=1000, max_age_seconds=60, drain_seconds=0),
    )


def enter(
    streams: ExitStack, broadcaster: Broadcaster, client: StreamClient, views: list[StreamQuery]
) -> None:
    """Open streams for a visitor until one is refused."""
    for view in views:
        streams.enter_context(broadcaster.entered(client, view))


async def test_one_client_cannot_take_the_selections_of_others(broadcaster: Broadcaster) -> None:
    """At its share it is refused, with the bound's name; others are served up to theirs."""
    with ExitStack() as streams:
        with pytest.raises(OverloadedError, match=r"sse\.max_field_selections_per_address"):
            enter(streams, broadcaster, FLOODER, SELECTIONS)
        enter(streams, broadcaster, NEWCOMER, SELECTIONS[-2:])
        enter(streams, broadcaster, FLOODER, SELECTIONS[:4])  # what it has already


async def test_a_principal_has_a_share_wherever_it_comes_from(broadcaster: Broadcaster) -> None:
    """Each stream from another address."""
    with ExitStack() as streams:
        for number, view in enumerate(SELECTIONS[:3]):
            streams.enter_context(
                broadcaster.entered(StreamClient(f"192.0.2.{number}", "key:tower"), view)
            )
        with pytest.raises(OverloadedError, match=r"key:tower has 3 .*per_principal"):
            enter(streams, broadcaster, StreamClient("192.0.2.9", "key:tower"), SELECTIONS[3:4])
        enter(streams, broadcaster, StreamClient("192.0.2.9", "key:other"), SELECTIONS[3:4])


async def test_standard_formats_are_never_refused(broadcaster: Broadcaster) -> None:
    """The plain stream and the page's, though all clients together are at the bound."""
    with ExitStack() as streams:
        enter(streams, broadcaster, StreamClient("a"), SELECTIONS[:3])
        enter(streams, broadcaster, StreamClient("b"), SELECTIONS[3:6])
        with pytest.raises(OverloadedError, match=r"\(sse\.max_field_selections\)"):
            enter(streams, broadcaster, NEWCOMER, SELECTIONS[6:7])
        enter(streams, broadcaster, NEWCOMER, SELECTIONS[:3])  # others pay for them already
        enter(streams, broadcaster, FLOODER, STANDARD_VIEWS)


async def test_what_is_left_is_counted_no_longer(broadcaster: Broadcaster) -> None:
    """By leaving or by looking at something else; a refused change changes nothing."""
    with ExitStack() as streams:
        enter(streams, broadcaster, FLOODER, SELECTIONS[:3])
        subscriber = streams.enter_context(broadcaster.entered(FLOODER, SELECTIONS[3]))
        broadcaster.subscribe(subscriber, SELECTIONS[4])
        broadcaster.subscribe(subscriber, STANDARD_VIEWS[0])
        with broadcaster.entered(FLOODER, SELECTIONS[5]):
            with pytest.raises(OverloadedError):
                broadcaster.subscribe(subscriber, SELECTIONS[6])
            assert subscriber.view is STANDARD_VIEWS[0]
        broadcaster.subscribe(subscriber, SELECTIONS[6])


def test_the_page_asks_for_a_standard_shape() -> None:
    """What its source says is what the server encodes once for all."""
    source = Path(__file__).parents[4] / "web" / "src" / "stream" / "view.ts"
    found = re.search(r"ROW_FIELDS = \[(.*?)\]", source.read_text(), re.DOTALL)
    assert found is not None
    assert tuple(re.findall(r'"(\w+)"', found[1])) == PAGE_FIELDS
    assert all(view.shape in STANDARD for view in STANDARD_VIEWS)
