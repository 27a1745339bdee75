"""Selections of fields are limited for each client, so one cannot take those of others."""

import re
from contextlib import ExitStack
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from processor.access.slots import OverloadedError, SlotLimits
from processor.live.broadcaster import Broadcaster
from processor.live.connection_limits import ConnectionLimits, StreamClient
from processor.live.lifetime import Lifetime
from processor.live.metrics import LiveMetrics
from processor.stream.output_format import PAGE_FIELDS, STANDARD_FORMATS
from processor.stream.query import StreamQuery, parse_query
from telemetry.state_vector import FIELDS

SELECTIONS = [parse_query([("fields", field)]) for field in FIELDS[1:]]
STANDARD_QUERIES = [
    parse_query([]),
    *(parse_query([("format", name)]) for name in ("object", "row", "geojson", "delta")),
    parse_query([("format", "row"), ("fields", ",".join(PAGE_FIELDS)), ("on_ground", "false")]),
]
FLOODER = StreamClient("192.0.2.1")
NEWCOMER = StreamClient("192.0.2.2")
LIMITS = SlotLimits(total=6, per_principal=3, per_address=4)


@pytest.fixture
def broadcaster() -> Broadcaster:
    """Return a broadcaster with low limits."""
    return Broadcaster(
        metrics=LiveMetrics(CollectorRegistry()),
        limits=ConnectionLimits(
            subscribers=100, per_address=100, per_principal=100, selections=LIMITS
        ),
        lifetime=Lifetime(retry_ms=1000, max_age_seconds=60, drain_seconds=0),
    )


def subscribe(
    streams: ExitStack, broadcaster: Broadcaster, client: StreamClient, queries: list[StreamQuery]
) -> None:
    """Open streams for a client until one is refused."""
    for query in queries:
        streams.enter_context(broadcaster.subscription(client, query))


async def test_one_client_cannot_take_the_selections_of_others(broadcaster: Broadcaster) -> None:
    """At its limit it is refused, with the limit's name; others are served up to theirs."""
    with ExitStack() as streams:
        with pytest.raises(OverloadedError, match=r"sse\.max_field_selections_per_address"):
            subscribe(streams, broadcaster, FLOODER, SELECTIONS)
        subscribe(streams, broadcaster, NEWCOMER, SELECTIONS[-2:])
        subscribe(streams, broadcaster, FLOODER, SELECTIONS[:4])  # selections that it has already


async def test_a_principal_is_limited_from_any_address(broadcaster: Broadcaster) -> None:
    """Each of its streams comes from another address."""
    with ExitStack() as streams:
        for number, query in enumerate(SELECTIONS[:3]):
            streams.enter_context(
                broadcaster.subscription(StreamClient(f"192.0.2.{number}", "key:tower"), query)
            )
        with pytest.raises(OverloadedError, match=r"key:tower has 3 .*per_principal"):
            subscribe(streams, broadcaster, StreamClient("192.0.2.9", "key:tower"), SELECTIONS[3:4])
        subscribe(streams, broadcaster, StreamClient("192.0.2.9", "key:other"), SELECTIONS[3:4])


async def test_standard_formats_are_never_refused(broadcaster: Broadcaster) -> None:
    """The default stream and the page's are served although all clients are at the limit."""
    with ExitStack() as streams:
        subscribe(streams, broadcaster, StreamClient("a"), SELECTIONS[:3])
        subscribe(streams, broadcaster, StreamClient("b"), SELECTIONS[3:6])
        with pytest.raises(OverloadedError, match=r"\(sse\.max_field_selections\)"):
            subscribe(streams, broadcaster, NEWCOMER, SELECTIONS[6:7])
        subscribe(streams, broadcaster, NEWCOMER, SELECTIONS[:3])  # others have them already
        subscribe(streams, broadcaster, FLOODER, STANDARD_QUERIES)


async def test_released_selections_do_not_count(broadcaster: Broadcaster) -> None:
    """Selections are released by closing or changing the query; a refused change does nothing."""
    with ExitStack() as streams:
        subscribe(streams, broadcaster, FLOODER, SELECTIONS[:3])
        subscriber = streams.enter_context(broadcaster.subscription(FLOODER, SELECTIONS[3]))
        broadcaster.change_query(subscriber, SELECTIONS[4])
        broadcaster.change_query(subscriber, STANDARD_QUERIES[0])
        with broadcaster.subscription(FLOODER, SELECTIONS[5]):
            with pytest.raises(OverloadedError):
                broadcaster.change_query(subscriber, SELECTIONS[6])
            assert subscriber.query is STANDARD_QUERIES[0]
        broadcaster.change_query(subscriber, SELECTIONS[6])


def test_the_page_requests_a_standard_format() -> None:
    """The fields in its source are those that the server encodes once for all."""
    source = Path(__file__).parents[4] / "web" / "src" / "stream" / "query.ts"
    found = re.search(r"ROW_FIELDS = \[(.*?)\]", source.read_text(), re.DOTALL)
    assert found is not None
    assert tuple(re.findall(r'"(\w+)"', found[1])) == PAGE_FIELDS
    assert all(query.output_format in STANDARD_FORMATS for query in STANDARD_QUERIES)
