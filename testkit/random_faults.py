"""Breaks one part of a running pipeline after another, at random moments."""

import random
import signal
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime

from testkit.kafka import Kafka
from testkit.pipeline import Pipeline
from testkit.services import Service
from testkit.timescale import Timescale

Range = tuple[float, float]
"""The least and the most seconds."""


class RandomFaults:
    """The faults of a pipeline, by name.

    Attributes:
        of_servers: Those of the broker and the database.
        of_services: Those of the collector and the processor.
        kills: Those of both by which a part ends at once.
    """

    def __init__(
        self, pipeline: Pipeline, chance: random.Random, *, pause_s: Range, absence_s: Range
    ) -> None:
        """Prepare the faults.

        Args:
            pipeline: What is broken; between two faults each service must run.
            chance: Chooses faults and moments.
            pause_s: The time between two faults.
            absence_s: How long a part is away, suspended or frozen.
        """
        kafka, timescale = pipeline.deployment.kafka, pipeline.deployment.timescale
        collector, processor = pipeline.collector, pipeline.processor
        self._pipeline = pipeline
        self._chance = chance
        self._pause_s, self._absence_s = pause_s, absence_s
        self.of_servers: dict[str, Callable[[], None]] = {
            "broker killed": lambda: self._away(kafka.kill, kafka.start),
            "broker frozen": lambda: self._frozen(kafka),
            "database killed": lambda: self._away(timescale.kill, timescale.start),
            "database frozen": lambda: self._frozen(timescale),
        }
        self.of_services: dict[str, Callable[[], None]] = {
            "collector killed": lambda: self._away(collector.kill, collector.start),
            "collector suspended": lambda: self._suspended(collector),
            "processor killed": lambda: self._away(processor.kill, processor.start),
            "processor suspended": lambda: self._suspended(processor),
        }
        self._all = self.of_servers | self.of_services
        self.kills = [name for name in self._all if name.endswith("killed")]

    def inject_until(self, end: float, names: Iterable[str]) -> None:
        """Inject faults of these names in random order until a moment (monotonic seconds)."""
        choice = sorted(names)
        while (left := end - time.monotonic()) > 0:
            time.sleep(min(left, self._chance.uniform(*self._pause_s)))
            if time.monotonic() < end:
                self._inject(self._chance.choice(choice))
        self._pipeline.check_alive()

    def inject_each(self, names: Iterable[str], *, times: int) -> None:
        """Inject every fault of these names so many times, in random order."""
        order = sorted(names) * times
        self._chance.shuffle(order)
        for name in order:
            time.sleep(self._chance.uniform(*self._pause_s))
            self._inject(name)
        self._pipeline.check_alive()

    def _inject(self, name: str) -> None:
        self._pipeline.check_alive()
        print(f"{datetime.now(UTC):%H:%M:%S} {name}")  # noqa: T201 - found again in the logs
        self._all[name]()

    def _wait(self) -> None:
        time.sleep(self._chance.uniform(*self._absence_s))

    def _away(self, end: Callable[[], None], start: Callable[[], object]) -> None:
        end()
        self._wait()
        start()

    def _frozen(self, server: Kafka | Timescale) -> None:
        with server.frozen():
            self._wait()

    def _suspended(self, service: Service) -> None:
        service.send(signal.SIGSTOP)
        self._wait()
        service.send(signal.SIGCONT)
