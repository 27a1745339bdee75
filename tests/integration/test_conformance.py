"""The stream by the WHATWG standard: Chromium and httpx-sse see the same in every coding."""

import json
from collections.abc import AsyncIterator, Callable, Mapping

import pytest
import pytest_asyncio
from playwright.async_api import Page

from telemetry.state_vector import StateVector
from testkit.browser import OTHER_HOST, Pages
from testkit.httpx_stream import HttpxStream
from testkit.producer import vectors
from testkit.recorded_stream import RecordedChunks, RecordedEvents, SeenEvent, fleet_of
from testkit.scripted_app import BLANK, STREAM, ScriptedApp
from testkit.state_vectors import START, state_vector
from testkit.tcp_proxy import TcpProxy

pytestmark = [pytest.mark.real_browser, pytest.mark.asyncio(loop_scope="session")]

CODINGS = ("identity", "gzip", "zstd")

# Line breaks and other control characters are refused by the collector.
ODD_TEXTS = (
    "Côte d'Ivoire",
    "Türkiye 日本 🛩 e\u0301",
    'say "cheese"',
    r"\ \n \u0041 \\",
    r"data: x\n\nid: 1\nevent: bye",
    "id: 1",
    ": a comment",
    "retry: 1",
    '{"states":[]}',
    "</script><!-- ]]>",
)

CONNECTING, CLOSED = 0, 2
"""Values of an EventSource's readyState."""

PART_OF_AN_EVENT_BYTES = 1_000
"""Bytes after which the stream is cut: the update of a hundred aircraft is larger in any coding."""

in_every_coding = pytest.mark.parametrize("coding", CODINGS)


@pytest_asyncio.fixture(loop_scope="session")
async def app() -> AsyncIterator[ScriptedApp]:
    """Run an application that has received two aircraft."""
    async with ScriptedApp() as app:
        app.publish(received("aaaaaa"), received("bbbbbb"))
        yield app


def received(icao24: str, seconds: int = 0, **fields: object) -> StateVector:
    """Return a state vector with a last contact some seconds after the start."""
    return state_vector(icao24, START + seconds, **fields)


async def watch(page: Page) -> RecordedEvents:
    """Open the stream in a page, and return once it has received the snapshot."""
    events = await RecordedEvents.begin(page, STREAM)
    await events.first(1)
    return events


def names(events: list[SeenEvent]) -> list[str]:
    """Return the names of events."""
    return [event.name for event in events]


def addresses(event: SeenEvent) -> list[str]:
    """Return the addresses in an event with states."""
    return [state["icao24"] for state in json.loads(event.data)["states"]]


def all_changes(app: ScriptedApp) -> list[tuple[Callable[[], None], list[str]]]:
    """Return everything that can happen in a stream, each with the events that it causes."""

    def remove_update_and_heartbeat() -> None:
        app.turn_clock(350)
        app.receive(received("dddddd", 400), received("eeeeee", 400))
        app.tick(is_heartbeat=True)

    def expire_all() -> None:
        app.turn_clock(400)
        app.tick()

    def heartbeat_after_garbage() -> None:
        app.receive(None)
        app.tick(is_heartbeat=True)

    return [
        (lambda: app.publish(received("aaaaaa", 10)), ["update"]),
        (lambda: app.publish(received("bbbbbb", 11), received("cccccc", 11)), ["update"]),
        (lambda: app.tick(is_heartbeat=True), ["heartbeat"]),
        (remove_update_and_heartbeat, ["remove", "update", "heartbeat"]),
        (heartbeat_after_garbage, ["heartbeat"]),
        (expire_all, ["remove"]),
        (app.replace_log, ["reset", "snapshot"]),
        (lambda: app.publish(received("ffffff", 800)), ["update"]),
    ]


@in_every_coding
async def test_two_clients_see_the_same_from_start_to_end(
    app: ScriptedApp, pages: Pages, coding: str
) -> None:
    """They receive the same events with the same data and ids in the same order."""
    page = await pages.open(app.blank_url, accept_encoding=coding)
    async with HttpxStream(app.stream_url, accept_encoding=coding) as other:
        await other.first(1)
        events = await watch(page)
        expected = ["snapshot"]
        for happen, names_of_events in all_changes(app):
            happen()
            expected += names_of_events
            seen = await events.first(len(expected))
            assert names(seen) == expected
            assert seen == await other.first(len(expected))
        await app.stop()
        seen = await events.through("bye")
        assert names(seen) == [*expected, "bye"]
        assert seen == await other.all()
        assert coding_of(other.headers) == coding


def coding_of(headers: Mapping[str, str]) -> str:
    """Return the content coding of an answer; one without coding has no header."""
    return headers.get("content-encoding", "identity")


@in_every_coding
async def test_late_subscriber_decodes_from_its_first_byte(
    app: ScriptedApp, pages: Pages, coding: str
) -> None:
    """It needs nothing of what was sent before it came."""
    page = await pages.open(app.blank_url, accept_encoding=coding)
    early = await watch(page)
    for number in range(1, 6):
        app.publish(received("aaaaaa", number), received(f"{number:06x}", number))
        await early.first(1 + number)
    late = await watch(page)
    fetched = await RecordedChunks.begin(page, STREAM)
    (snapshot,) = await fetched.first(1)
    assert await late.first(1) == [snapshot]
    assert fleet_of([snapshot]) == app.live_state()
    assert coding_of(await fetched.headers()) == coding
    app.publish(received("bbbbbb", 9))
    update = (await early.first(7))[-1]
    assert await late.first(2) == await fetched.first(2) == [snapshot, update]
    assert fleet_of(await early.first(7)) == fleet_of([snapshot, update]) == app.live_state()


@pytest.mark.parametrize(("host", "coding"), [("127.0.0.1", "zstd"), (OTHER_HOST, "gzip")])
async def test_chromium_negotiates_a_coding(
    app: ScriptedApp, pages: Pages, host: str, coding: str
) -> None:
    """No header is set by the test; from another host without https it does not accept zstd."""
    page = await pages.open(f"http://{host}:{app.port}{BLANK}")
    fetched = await RecordedChunks.begin(page, STREAM)
    assert fleet_of(await fetched.first(1)) == app.live_state()
    assert coding_of(await fetched.headers()) == coding


@in_every_coding
async def test_each_event_is_seen_before_the_next_is_published(
    app: ScriptedApp, pages: Pages, coding: str
) -> None:
    """Nothing between them buffers, so small events arrive as promptly as large ones."""
    page = await pages.open(app.blank_url, accept_encoding=coding)
    events = await watch(page)
    fetched = await RecordedChunks.begin(page, STREAM)
    await fetched.first(1)
    for number in range(1, 31):
        app.publish(received("aaaaaa", number))
        for seen in (await events.first(1 + number), await fetched.first(1 + number)):
            assert len(seen) == 1 + number
            assert json.loads(seen[-1].data)["states"][0]["last_contact"] == START + number
    assert len(await fetched.chunks()) > 30


@in_every_coding
async def test_large_snapshot_arrives_whole(app: ScriptedApp, pages: Pages, coding: str) -> None:
    """It has several frames and exceeds every buffer on the way, and so does its update."""
    page = await pages.open(app.blank_url, accept_encoding=coding)
    app.publish(*vectors(5_000, aircraft=5_000))
    events = await watch(page)
    assert fleet_of(await events.first(1)) == app.live_state()
    app.publish(*vectors(5_000, aircraft=5_000, start=START + 1, seed=2))
    assert len(addresses((await events.first(2))[1])) == 5_000
    assert fleet_of(await events.first(2)) == app.live_state()


@in_every_coding
async def test_odd_texts_arrive_as_they_are(app: ScriptedApp, pages: Pages, coding: str) -> None:
    """Texts in any language arrive, also one that looks like a stream or like JSON."""
    page = await pages.open(app.blank_url, accept_encoding=coding)
    odd = {f"{number:06x}": text for number, text in enumerate(ODD_TEXTS)}
    async with HttpxStream(app.stream_url, accept_encoding=coding) as other:
        await other.first(1)
        events = await watch(page)
        app.publish(
            *(received(i, 1, callsign=text, origin_country=text) for i, text in odd.items())
        )
        seen = await events.first(2)
        assert seen == await other.first(2)
    for name in ("callsign", "origin_country"):
        states = json.loads(seen[1].data)["states"]
        assert {state["icao24"]: state[name] for state in states} == odd
    assert names(seen) == ["snapshot", "update"]


@pytest.mark.parametrize(
    "query",
    [
        "bbox=5.9,45.8,10.5,47.9&min_altitude=1000",
        "fields=callsign,origin_country",
        "format=row",
        "format=geojson",
        "format=delta",
    ],
)
async def test_two_clients_see_the_same_of_any_query(
    app: ScriptedApp, pages: Pages, query: str
) -> None:
    """Filters, fields and formats change the data, not the events."""
    rounds: list[list[StateVector | None]] = [
        [received("aaaaaa", 10)],
        [received("cccccc", 100), received("eeeeee", 100, latitude=0.0)],
        [received("aaaaaa", 200, longitude=30.0)],
        [None],
        [],
    ]
    page = await pages.open(app.blank_url)
    async with HttpxStream(f"{app.stream_url}?{query}", accept_encoding="zstd") as other:
        await other.first(1)
        events = await RecordedEvents.begin(page, f"{STREAM}?{query}")
        await events.first(1)
        for number, received_now in enumerate(rounds, start=1):
            app.receive(*received_now)
            app.turn_clock(100)
            app.tick(is_heartbeat=True)
            await events.until("heartbeat", times=number)
            await other.until("heartbeat", times=number)
        await app.stop()
        seen = await events.through("bye")
        assert seen == await other.all()
    assert {"snapshot", "update", "remove", "bye"} <= set(names(seen))


@in_every_coding
async def test_end_of_the_stream_is_no_error(app: ScriptedApp, pages: Pages, coding: str) -> None:
    """A fetch of the body is done after the last event, and the console logs nothing."""
    page = await pages.open(app.blank_url, accept_encoding=coding)
    fetched = await RecordedChunks.begin(page, STREAM)
    await fetched.first(1)
    await app.stop()
    await fetched.until_ended()
    assert names(await fetched.first(2)) == ["snapshot", "bye"]
    assert await fetched.ends() == ["done"]
    assert pages.complaints == []


async def test_event_source_is_sent_the_error_of_its_query(app: ScriptedApp, pages: Pages) -> None:
    """The error is an event, since a page sees neither status nor body; then the stream stops."""
    page = await pages.open(app.blank_url)
    events = await RecordedEvents.begin(page, f"{STREAM}?bbox=elsewhere")
    (error,) = await events.through("error")
    assert json.loads(error.data)["parameter"] == "bbox"
    await events.until_ended(times=2)
    assert await events.ends() == [{"readyState": CONNECTING}, {"readyState": CLOSED}]
    assert await events.first(1) == [error]
    assert pages.complaints == []


@in_every_coding
async def test_event_source_resumes_after_a_restart(
    app: ScriptedApp, pages: Pages, coding: str
) -> None:
    """It reconnects with its Last-Event-ID, and misses and repeats nothing."""
    page = await pages.open(app.blank_url, accept_encoding=coding)
    events = await watch(page)
    app.publish(received("aaaaaa", 1), received("cccccc", 1))
    await events.first(2)
    await app.stop()
    app.receive(received("bbbbbb", 2), received("dddddd", 2))
    app.start()
    await check_resumes(app, events, missed=["bbbbbb", "dddddd"])


@in_every_coding
async def test_event_source_resumes_after_a_cut(
    app: ScriptedApp, pages: Pages, coding: str
) -> None:
    """Everything published during the cut arrives as one update."""
    with TcpProxy(app.port) as proxy:
        page = await pages.open(f"http://127.0.0.1:{proxy.port}{BLANK}", accept_encoding=coding)
        events = await watch(page)
        app.publish(received("aaaaaa", 1), received("cccccc", 1))
        await events.first(2)
        proxy.cut()
        await events.until_ended()
        app.publish(received("bbbbbb", 2))
        app.publish(received("dddddd", 2), received("bbbbbb", 3))
        proxy.restore()
        await check_resumes(app, events, missed=["bbbbbb", "dddddd"])


@in_every_coding
async def test_event_cut_in_the_middle_is_sent_again(
    app: ScriptedApp, pages: Pages, coding: str
) -> None:
    """A part of an event is ignored, so it is neither lost nor repeated."""
    with TcpProxy(app.port) as proxy:
        page = await pages.open(f"http://127.0.0.1:{proxy.port}{BLANK}", accept_encoding=coding)
        events = await watch(page)
        app.publish(received("aaaaaa", 1), received("cccccc", 1))
        await events.first(2)
        proxy.reset_after(PART_OF_AN_EVENT_BYTES)
        app.publish(*vectors(100, aircraft=100))
        await events.until_ended()
        assert names(await events.first(2)) == ["snapshot", "update"]
        proxy.restore()
        await check_resumes(app, events, missed=[f"{number:06x}" for number in range(100)])


async def check_resumes(app: ScriptedApp, events: RecordedEvents, *, missed: list[str]) -> None:
    """Check that a subscriber with two events is sent what it missed, and then what changes."""
    await events.until("update", times=2)
    app.publish(received("eeeeee", 5))
    await events.until("update", times=3)
    seen = [event for event in await events.first(0) if event.name != "bye"]
    assert names(seen) == ["snapshot", "update", "update", "update"]
    assert sorted(addresses(seen[2])) == missed
    assert addresses(seen[3]) == ["eeeeee"]
    assert fleet_of(seen) == app.live_state()
    assert app.metric("flightmonitor_stream_resumes_total", outcome="recovered") == 1
