"""Measures the private memory of each role while polls of 12,000 aircraft pass through it."""

import time

from benchmarks import parts, pipeline
from benchmarks.feed import Feed
from benchmarks.report import Figure, Progress
from benchmarks.subscribers import Subscribers
from configuration.shared_sections import KafkaSettings
from testkit.kafka import Kafka
from testkit.process_resources import private_kib
from testkit.queries import fetch
from testkit.services import Service
from testkit.traffic import InventedFleet
from testkit.waiting import wait_until

SUBSCRIBERS = 10
STORED_SECONDS = 120.0
TICK_SECONDS = 2.0
"""Between two polls, so that each one becomes an update of its own to the subscribers."""

KIB_PER_MIB = 1024
GOALS = {"archive": "at most 100 MiB", "live": "at most 130 MiB"}

_STORED = "SELECT coalesce(sum(next_offset), 0)::bigint FROM ingest_offsets"


def figures(kafka: Kafka, dsn: str, polls: int, progress: Progress) -> list[Figure]:
    """Run one process for each role on the same topic and database; sample both after each poll."""
    topic = parts.new_topic(kafka)
    settings = pipeline.environment(kafka.bootstrap_servers, topic, dsn)
    feed = Feed(KafkaSettings(bootstrap_servers=kafka.bootstrap_servers, topic=topic))
    with (
        pipeline.service("processor", "--role", "archive", settings=settings) as archive,
        pipeline.service("processor", "--role", "live", settings=settings) as live,
    ):
        pipeline.port_of(archive)
        with Subscribers(pipeline.port_of(live), "/sse/flights", SUBSCRIBERS):
            progress(f"{polls} polls through each role in a process of its own")
            samples = _play(feed, dsn, polls, {"archive": archive, "live": live})
    return [
        Figure(
            f"role {role}: private memory, second half", "MiB", mib[len(mib) // 2 :], GOALS[role]
        )
        for role, mib in samples.items()
    ]


def _play(feed: Feed, dsn: str, polls: int, services: dict[str, Service]) -> dict[str, list[float]]:
    """Return the private memory of each service (MiB) after each poll has been stored."""
    samples: dict[str, list[float]] = {role: [] for role in services}
    now = int(time.time())
    fleet, published = InventedFleet(now=now), 0
    for poll in range(polls):
        now = max(now + 1, int(time.time()))
        published += feed.publish(fleet.move(now) if poll else fleet.states(), now)
        due = time.monotonic() + TICK_SECONDS
        wait_until(
            lambda: int(fetch(dsn, _STORED)[0][0]) >= published,  # noqa: B023 - called at once
            timeout_s=STORED_SECONDS,
            what=services["archive"].log_tail,
        )
        time.sleep(max(0.0, due - time.monotonic()))
        for role, service in services.items():
            samples[role].append(private_kib(service.process.pid) / KIB_PER_MIB)
    return samples
