"""kill -9 of everything in turn, at random moments: nothing lost, nothing twice."""

import random
import time
from collections.abc import Callable

import pytest

from testkit.deployment import Deployment
from testkit.fault_seed import fault_seed
from testkit.pipeline import Pipeline
from testkit.sse_subscriber import StreamSubscriber

pytestmark = [pytest.mark.real_kafka, pytest.mark.real_database]

CATCH_UP_TIMEOUT_S = 90.0


class Killer:
    """Kills a part, leaves it dead for a moment, and starts it again."""

    def __init__(self, pipeline: Pipeline, chance: random.Random) -> None:
        deployment = pipeline.deployment
        self._pipeline = pipeline
        self._chance = chance
        self.parts: dict[str, tuple[Callable[[], object], Callable[[], object]]] = {
            "collector": (pipeline.collector.kill, pipeline.collector.start),
            "processor": (pipeline.processor.kill, pipeline.processor.start),
            "broker": (deployment.kafka.kill, deployment.kafka.start),
            "database": (deployment.timescale.kill, deployment.timescale.start),
        }

    def run(self, kills_of_each: int) -> None:
        """Kill every part so many times, in random order; nothing else may end meanwhile."""
        order = list(self.parts) * kills_of_each
        self._chance.shuffle(order)
        began = time.monotonic()
        for part in order:
            time.sleep(self._chance.uniform(0.2, 2.5))
            self._pipeline.check_alive()
            kill, start = self.parts[part]
            kill()
            dead_s = self._chance.uniform(0, 1.0)
            time.sleep(dead_s)
            start()
            print(f"{time.monotonic() - began:6.1f} s: {part} was dead for {dead_s:.1f} s")  # noqa: T201


@pytest.mark.parametrize(
    "kills_of_each",
    [
        pytest.param(2, marks=pytest.mark.timeout(400)),
        pytest.param(60, marks=[pytest.mark.nightly, pytest.mark.timeout(3_600)]),
    ],
)
def test_kills_lose_and_repeat_nothing(deployment: Deployment, kills_of_each: int) -> None:
    """Every record below the high watermark is stored once or set aside; no row is invented."""
    pipeline = Pipeline(deployment, aircraft=800, interval_s=1.0)
    with StreamSubscriber(pipeline.processor.url) as subscriber:
        subscriber.wait_for_event("update")
    Killer(pipeline, random.Random(fault_seed())).run(kills_of_each)
    with StreamSubscriber(pipeline.processor.url) as subscriber:
        subscriber.wait_for_event("update", timeout_s=60)
    pipeline.check_alive()
    assert pipeline.collector.stop() == 0
    deployment.wait_until_stored(CATCH_UP_TIMEOUT_S)
    assert pipeline.processor.stop() == 0
    account = deployment.check()
    print(f"{account}, {account.repeated} repeated")  # noqa: T201
    assert account.rows > 800
