"""Times that cannot be true, on real Kafka and TimescaleDB: none of them is believed."""

import time

import httpx
import pytest

from telemetry.codec import encode
from testkit.deployment import Deployment
from testkit.producer import HEADERS, Outgoing, as_messages, vectors
from testkit.queries import fetch, fetch_value
from testkit.sse_subscriber import StreamSubscriber
from testkit.state_vectors import state_vector
from testkit.waiting import wait_until

pytestmark = [pytest.mark.real_kafka, pytest.mark.real_database]

FLEET = 100
IN_2099 = 4_070_908_800
IN_2004 = 1_072_915_200


def _poll(time_of_answer: int, *, seed: int = 1) -> list[Outgoing]:
    found = vectors(FLEET, aircraft=FLEET, start=time_of_answer, seed=seed)
    headers = (*HEADERS, ("poll-time", str(time_of_answer).encode()))
    return [message._replace(headers=headers) for message in as_messages(found)]


def _row(icao24: str, last_contact: int) -> Outgoing:
    return Outgoing(encode(state_vector(icao24, last_contact)), icao24.encode())


def test_impossible_times_are_dead_letters(deployment: Deployment) -> None:
    """One of 2099, one of 2004, one later than its answer: no flight, no chunk, a clean audit."""
    now = int(time.time())
    after_answer = _row("00000c", now)._replace(
        headers=(*HEADERS, ("poll-time", str(now - 3_600).encode()))
    )
    wrong = [_row("00000a", IN_2099), _row("00000b", IN_2004), after_answer]
    deployment.publish([*_poll(now - 20), *wrong])
    archive = deployment.archive(DATABASE_RETENTION_DAYS="30")
    deployment.wait_until_stored()
    reasons = [
        row[0]
        for row in fetch(
            deployment.database_url,
            "SELECT reason FROM dead_letters ORDER BY convert_from(key, 'UTF8')",
        )
    ]
    assert [reason.split(" ")[1][:4] for reason in reasons[:2]] == ["2099", "2004"]
    assert ["later" in reason for reason in reasons] == [True, False, True]
    assert fetch_value(deployment.database_url, "SELECT count(*) FROM state_vectors") == FLEET
    assert fetch_value(deployment.database_url, "SELECT max(first_seen) < now() FROM flights")
    url = archive.url
    metrics = httpx.get(f"{url}/metrics").text
    for reason in ("future", "past", "after_answer"):
        assert f'flightmonitor_archive_untimely_rows_total{{reason="{reason}"}} 1.0' in metrics
    assert archive.stop() == 0
    assert deployment.audit().returncode == 0


def test_while_the_clocks_are_doubted_nothing_is_stored_and_ready_says_why(
    deployment: Deployment,
) -> None:
    """Rows and their publication lie half an hour ahead of every clock here."""
    later = int(time.time()) + 1_800
    deployment.publish(message._replace(timestamp_ms=1_000 * later) for message in _poll(later))
    archive = deployment.archive()

    def reason() -> str:
        return str(httpx.get(f"{archive.url}/ready").json()["reasons"].get("archive_clock"))

    wait_until(lambda: "by NTP" in reason(), timeout_s=20, what=reason)
    assert httpx.get(f"{archive.url}/ready").status_code == 503
    stored = "SELECT (SELECT count(*) FROM state_vectors) + (SELECT count(*) FROM dead_letters)"
    assert fetch_value(deployment.database_url, stored) == 0


def test_an_answer_an_hour_ahead_does_not_stop_what_follows(deployment: Deployment) -> None:
    """All of its rows are set aside and left out; the polls after it are stored and shown."""
    now = int(time.time())
    archive, live = deployment.archive(), deployment.live()
    deployment.publish(_poll(now - 20))
    deployment.publish(_poll(now + 3_600, seed=2))
    with StreamSubscriber(live.url) as subscriber:
        subscriber.wait_for_event("snapshot")
        deployment.publish(_poll(now - 10, seed=3))
        subscriber.wait_for(
            lambda: (
                {state["last_contact"] for state in subscriber.subscriber.fleet.values()}
                == {now - 10}
            ),
            timeout_s=20,
            what="the poll after it",
        )
    deployment.wait_until_stored()
    assert archive.is_running
    assert fetch_value(deployment.database_url, "SELECT count(*) FROM state_vectors") == 2 * FLEET
    assert fetch_value(deployment.database_url, "SELECT count(*) FROM dead_letters") == FLEET
    assert (
        f'flightmonitor_live_ignored_messages_total{{reason="future"}} {FLEET}.0'
        in httpx.get(f"{live.url}/metrics").text
    )


def test_answers_behind_the_host_are_shown_and_the_clock_is_named(deployment: Deployment) -> None:
    """400 s: ready, all aircraft, and a reason in /ready."""
    live = deployment.live()
    for age, seed in ((420, 1), (410, 2), (400, 3)):
        deployment.publish(_poll(int(time.time()) - age, seed=seed))
    with StreamSubscriber(live.url) as subscriber:
        subscriber.wait_for_event("snapshot")
        subscriber.wait_for(
            lambda: len(subscriber.subscriber.fleet) == FLEET, timeout_s=20, what="all aircraft"
        )
        wait_until(
            lambda: "clock" in httpx.get(f"{live.url}/ready").json().get("reasons", {}),
            timeout_s=20,
            what="the reason",
        )
        ready = httpx.get(f"{live.url}/ready")
        assert ready.status_code == 200
        assert ready.json()["clock"] is False
        assert "ahead of the time of the data" in ready.json()["reasons"]["clock"]


def test_a_log_that_ended_an_hour_ago_shows_nothing(deployment: Deployment) -> None:
    """The collector was away meanwhile: no aircraft comes back to life."""
    ended = int(time.time()) - 3_600
    deployment.publish(
        [message._replace(timestamp_ms=(ended + 2) * 1_000) for message in _poll(ended)]
    )
    live = deployment.live()
    assert live.wait_for_event("live_state_complete")
    with StreamSubscriber(live.url) as subscriber:
        subscriber.wait_for_event("snapshot")
        assert not subscriber.subscriber.fleet
