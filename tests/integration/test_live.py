"""The live half on real Kafka: snapshot, updates, and resuming on any instance."""

import json
import time
from collections.abc import Iterator

import httpx
import pytest
from httpx_sse import connect_sse

from telemetry.state_vector import StateVector
from testkit.deployment import Deployment
from testkit.kafka import Kafka
from testkit.producer import Outgoing, as_messages, vectors
from testkit.sse_subscriber import StreamSubscriber
from testkit.timescale import Timescale

pytestmark = [pytest.mark.real_kafka, pytest.mark.real_database]

FLEET = 300


def received_now(
    count: int, *, seconds_ago: int, first: int = 0, seed: int = 1
) -> list[StateVector]:
    """Return state vectors that are recent enough for the live state."""
    start = int(time.time()) - seconds_ago
    return vectors(count, aircraft=count, first=first, start=start, seed=seed)


def latest(*rounds: list[StateVector]) -> dict[str, int]:
    """Return the newest last_contact of every aircraft over some rounds of messages."""
    return {vector.icao24: vector.last_contact for each in rounds for vector in each}


def held(subscriber: StreamSubscriber) -> dict[str, int]:
    """Return the last_contact of every aircraft that a subscriber holds."""
    return {icao24: state["last_contact"] for icao24, state in subscriber.subscriber.fleet.items()}


def test_snapshot_then_updates(deployment: Deployment) -> None:
    """A new subscriber is sent every aircraft with all fields, then what changes."""
    before = received_now(FLEET, seconds_ago=20)
    deployment.publish(as_messages(before))
    url = deployment.live().url
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
        after = received_now(10, seconds_ago=5, first=FLEET - 5)
        deployment.publish(as_messages(after))
        update = next(event for event in events if event.event == "update")
        assert update.id
        assert update.id != snapshot.id
        assert {s["icao24"] for s in json.loads(update.data)["states"]} == latest(after).keys()


def test_garbage_in_the_log_has_no_effect(deployment: Deployment) -> None:
    """Messages without a state vector are for the archive alone."""
    before = received_now(50, seconds_ago=20)
    garbage = [Outgoing(b"garbage", b"4b1814"), Outgoing(None, b"000000")] * 20
    deployment.publish([*garbage, *as_messages(before), *garbage])
    with StreamSubscriber(deployment.live().url) as subscriber:
        subscriber.wait_for_event("snapshot")
        after = received_now(50, seconds_ago=5)
        deployment.publish([*garbage, *as_messages(after)])
        subscriber.wait_for(
            lambda: held(subscriber) == latest(before, after), timeout_s=10, what="updates"
        )


def test_another_instance_resumes_without_a_snapshot(deployment: Deployment) -> None:
    """An event id of one instance resumes on another, with the same fleet."""
    deployment.publish(as_messages(received_now(FLEET, seconds_ago=20)))
    first, second = deployment.live(), deployment.live()
    with StreamSubscriber(first.url) as subscriber:
        subscriber.wait_for_event("snapshot")
    position, fleet = subscriber.subscriber.last_event_id, dict(subscriber.subscriber.fleet)
    missed = received_now(100, seconds_ago=10, first=FLEET - 50)
    deployment.publish(as_messages(missed))
    with (
        StreamSubscriber(second.url, last_event_id=position) as returned,
        StreamSubscriber(first.url) as other,
    ):
        returned.subscriber.fleet.update(fleet)
        other.wait_for(lambda: len(held(other)) == FLEET + 50, timeout_s=15, what="all aircraft")
        returned.wait_for(
            lambda: returned.subscriber.fleet == other.subscriber.fleet,
            timeout_s=15,
            what="same fleet",
        )
        assert "snapshot" not in returned.names
        assert "reset" not in returned.names


def test_restarted_instance_resumes_earlier_streams(deployment: Deployment) -> None:
    """After a rolling restart a client is sent only the changes that it missed."""
    deployment.publish(as_messages(received_now(FLEET, seconds_ago=20)))
    first = deployment.live()
    with StreamSubscriber(first.url) as subscriber:
        subscriber.wait_for_event("snapshot")
        assert first.stop() == 0
        subscriber.wait_for_event("bye")
    deployment.publish(as_messages(received_now(10, seconds_ago=5)))
    second = deployment.live()
    with StreamSubscriber(
        second.url, last_event_id=subscriber.subscriber.last_event_id
    ) as returned:
        returned.wait_for(lambda: len(held(returned)) == 10, timeout_s=15, what="the missed ones")
        assert "snapshot" not in returned.names


BAD_IDS = {
    "garbage": "garbage",
    "a dot": ".",
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
    """Return the address of the instance that all bad ids are sent to."""
    with Deployment(kafka, timescale) as deployment:
        deployment.publish(as_messages(received_now(FLEET, seconds_ago=20)))
        yield deployment.live().url


@pytest.mark.parametrize("name", BAD_IDS)
def test_useless_id_is_answered_by_a_reset(busy_url: str, name: str) -> None:
    """Garbage and old ids cause `reset` and a snapshot, never an error."""
    with StreamSubscriber(busy_url) as subscriber:
        subscriber.wait_for_event("snapshot")
    epoch = subscriber.subscriber.last_event_id.partition(".")[0]
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


def test_health_readiness_and_metrics(deployment: Deployment) -> None:
    """The process is alive at once and ready once the log is read; metrics count the fleet."""
    deployment.publish(as_messages(received_now(FLEET, seconds_ago=20)))
    url = deployment.live().url
    assert httpx.get(f"{url}/health").status_code == 200
    with StreamSubscriber(url) as subscriber:
        subscriber.wait_for_event("snapshot")
        checks = httpx.get(f"{url}/ready").json()
        assert {"not_stopping", "live", "live_picture", "clock"} <= checks.keys()
        assert set(checks.values()) == {True}
        subscriber.wait_for(
            lambda: f"flightmonitor_live_aircraft {FLEET}.0" in httpx.get(f"{url}/metrics").text,
            timeout_s=5,
            what="the gauge of aircraft",
        )
