"""The living picture on real Kafka: snapshot, updates, and resuming on any instance."""

import json
import time
from collections.abc import Iterator

import httpx
import pytest
from httpx_sse import connect_sse

from telemetry.state_vector import StateVector
from tests.support.kafka import Kafka
from tests.support.producer import Outgoing, as_messages, vectors
from tests.support.sse_viewer import StreamViewer
from tests.support.stage import Stage
from tests.support.timescale import Timescale

pytestmark = [pytest.mark.real_kafka, pytest.mark.real_database]

FLEET = 300


def heard_now(count: int, *, seconds_ago: int, first: int = 0, seed: int = 1) -> list[StateVector]:
    """Return state vectors that a picture of now has room for."""
    start = int(time.time()) - seconds_ago
    return vectors(count, aircraft=count, first=first, start=start, seed=seed)


def latest(*rounds: list[StateVector]) -> dict[str, int]:
    """Return the newest last_contact of every aircraft over some rounds of messages."""
    return {vector.icao24: vector.last_contact for each in rounds for vector in each}


def held(viewer: StreamViewer) -> dict[str, int]:
    """Return what a viewer holds, the same way."""
    return {icao24: state["last_contact"] for icao24, state in viewer.viewer.fleet.items()}


def test_snapshot_then_updates(stage: Stage) -> None:
    """A new viewer gets every aircraft with all its fields, then what changes."""
    before = heard_now(FLEET, seconds_ago=20)
    stage.publish(as_messages(before))
    url = stage.live().url
    with httpx.Client() as client, connect_sse(client, "GET", f"{url}/sse/flights") as source:
        assert source.response.status_code == 200
        events = (event for event in source.iter_sse() if event.data)
        snapshot = next(events)
        assert snapshot.event == "snapshot"
        states = {state["icao24"]: state for state in json.loads(snapshot.data)["states"]}
        assert states.keys() == {vector.icao24 for vector in before}
        for vector in before:
            assert states[vector.icao24] == {
                name: getattr(vector, name) for name in vector.__struct_fields__
            }
        after = heard_now(10, seconds_ago=5, first=FLEET - 5)
        stage.publish(as_messages(after))
        update = next(event for event in events if event.event == "update")
        assert update.id
        assert update.id != snapshot.id
        assert {s["icao24"] for s in json.loads(update.data)["states"]} == latest(after).keys()


def test_garbage_in_the_log_does_not_disturb_the_picture(stage: Stage) -> None:
    """What holds no state vector is left to the archive."""
    before = heard_now(50, seconds_ago=20)
    garbage = [Outgoing(b"garbage", b"4b1814"), Outgoing(None, b"000000")] * 20
    stage.publish([*garbage, *as_messages(before), *garbage])
    with StreamViewer(stage.live().url) as viewer:
        viewer.wait_for_event("snapshot")
        after = heard_now(50, seconds_ago=5)
        stage.publish([*garbage, *as_messages(after)])
        viewer.wait_for(lambda: held(viewer) == latest(before, after), timeout_s=10, what="updates")


def test_another_instance_resumes_without_a_snapshot(stage: Stage) -> None:
    """A viewer's id of one instance is good on another; what it then holds is the same."""
    stage.publish(as_messages(heard_now(FLEET, seconds_ago=20)))
    first, second = stage.live(), stage.live()
    with StreamViewer(first.url) as viewer:
        viewer.wait_for_event("snapshot")
    position, fleet = viewer.viewer.last_event_id, dict(viewer.viewer.fleet)
    missed = heard_now(100, seconds_ago=10, first=FLEET - 50)
    stage.publish(as_messages(missed))
    with (
        StreamViewer(second.url, last_event_id=position) as returned,
        StreamViewer(first.url) as other,
    ):
        returned.viewer.fleet.update(fleet)
        other.wait_for(lambda: len(held(other)) == FLEET + 50, timeout_s=15, what="all aircraft")
        returned.wait_for(
            lambda: returned.viewer.fleet == other.viewer.fleet, timeout_s=15, what="same fleet"
        )
        assert "snapshot" not in returned.names
        assert "reset" not in returned.names


def test_restarted_instance_resumes_what_it_told_before(stage: Stage) -> None:
    """A rolling restart costs a viewer nothing but the changes that it missed."""
    stage.publish(as_messages(heard_now(FLEET, seconds_ago=20)))
    first = stage.live()
    with StreamViewer(first.url) as viewer:
        viewer.wait_for_event("snapshot")
        assert first.stop() == 0
        viewer.wait_for_event("bye")
    stage.publish(as_messages(heard_now(10, seconds_ago=5)))
    second = stage.live()
    with StreamViewer(second.url, last_event_id=viewer.viewer.last_event_id) as returned:
        returned.wait_for(lambda: len(held(returned)) == 10, timeout_s=15, what="the missed ones")
        assert "snapshot" not in returned.names


BAD_IDS = {
    "garbage": "garbage",
    "a point": ".",
    "another log": "zzzzzzzz.0-0-0-0",
    "too few partitions": "{epoch}.0",
    "too many partitions": "{epoch}." + "-".join("0" * 50),
    "before the log": "{epoch}.0-0-0-0",
    "negative": "{epoch}.-1--1--1--1",
    "beyond any number": "{epoch}." + "-".join(["zzzzzzzzzzzzzzzzzzzz"] * 4),
    "very long": "a" * 20_000,
    "not ASCII": "\xe9\xff.1",
    "injection": "'; DROP TABLE state_vectors; --",
}


@pytest.fixture(scope="module")
def busy_url(kafka: Kafka, timescale: Timescale) -> Iterator[str]:
    """Give the address of one instance that all bad ids go to."""
    with Stage(kafka, timescale) as stage:
        stage.publish(as_messages(heard_now(FLEET, seconds_ago=20)))
        yield stage.live().url


@pytest.mark.parametrize("name", BAD_IDS)
def test_id_that_proves_nothing_is_answered_by_a_reset(busy_url: str, name: str) -> None:
    """Garbage and stale ids: `reset`, then a whole snapshot, and never an error."""
    with StreamViewer(busy_url) as viewer:
        viewer.wait_for_event("snapshot")
    epoch = viewer.viewer.last_event_id.partition(".")[0]
    bad = BAD_IDS[name].replace("{epoch}", epoch)
    with httpx.Client(timeout=20) as client:
        headers = {b"Last-Event-ID": bad.encode("latin-1")}
        with client.stream("GET", f"{busy_url}/sse/flights", headers=headers) as response:
            if name == "very long" and response.status_code in {400, 431}:
                return
            assert response.status_code == 200
            received = ""
            for text in response.iter_text():
                received += text
                if "event: snapshot" in received:
                    break
    assert received.index("event: reset") < received.index("event: snapshot")


def test_health_and_readiness_tell_the_truth(stage: Stage) -> None:
    """Alive at once, ready once the log is read, and the metrics have the fleet."""
    stage.publish(as_messages(heard_now(FLEET, seconds_ago=20)))
    url = stage.live().url
    assert httpx.get(f"{url}/health").status_code == 200
    with StreamViewer(url) as viewer:
        viewer.wait_for_event("snapshot")
        checks = httpx.get(f"{url}/ready").json()
        assert {"not_stopping", "live", "live_picture", "clock"} <= checks.keys()
        assert set(checks.values()) == {True}
        viewer.wait_for(
            lambda: f"live_aircraft {FLEET}.0" in httpx.get(f"{url}/metrics").text,
            timeout_s=5,
            what="the gauge of aircraft",
        )
