"""Breaks one part of a running pipeline after another, at random moments."""

import random
import signal
import time
from collections.abc import Callable, Iterable

from testkit.kafka import Kafka
from testkit.pipeline import Pipeline
from testkit.services import Service
from testkit.timescale import Timescale

PAUSE_S = (15.0, 45.0)
"""The least and the most time between two faults."""

ABSENCE_S = 5.0
"""How long a part is away, suspended or frozen."""


class RandomFaults:
    """The faults of a pipeline, by name.

    Args:
        pipeline: What is broken; between two faults each service must run.
        chance: Chooses faults and moments.
    """

    def __init__(self, pipeline: Pipeline, chance: random.Random) -> None:
        kafka, timescale = pipeline.deployment.kafka, pipeline.deployment.timescale
        self._pipeline = pipeline
        self._chance = chance
        self.of_servers: dict[str, Callable[[], None]] = {
            "broker killed": lambda: _away(kafka.kill, kafka.start),
            "broker frozen": lambda: _frozen(kafka),
            "database killed": lambda: _away(timescale.kill, timescale.start),
            "database frozen": lambda: _frozen(timescale),
        }
        self.of_services: dict[str, Callable[[], None]] = {
            "collector killed": lambda: _away(pipeline.collector.kill, pipeline.collector.start),
            "collector suspended": lambda: _suspended(pipeline.collector),
            "processor killed": lambda: _away(pipeline.processor.kill, pipeline.processor.start),
            "processor suspended": lambda: _suspended(pipeline.processor),
        }

    def inject(self, names: Iterable[str], *, until: float) -> None:
        """Inject faults of these names in random order until a moment (monotonic seconds)."""
        known = self.of_servers | self.of_services
        choice = sorted(names)
        while (left := until - time.monotonic()) > 0:
            time.sleep(min(left, self._chance.uniform(*PAUSE_S)))
            self._pipeline.check_alive()
            if time.monotonic() < until:
                known[self._chance.choice(choice)]()
        self._pipeline.check_alive()


def _away(end: Callable[[], None], start: Callable[[], object]) -> None:
    end()
    time.sleep(ABSENCE_S)
    start()


def _frozen(server: Kafka | Timescale) -> None:
    with server.frozen():
        time.sleep(ABSENCE_S)


def _suspended(service: Service) -> None:
    service.send(signal.SIGSTOP)
    time.sleep(ABSENCE_S)
    service.send(signal.SIGCONT)
