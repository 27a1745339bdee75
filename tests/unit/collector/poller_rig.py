"""A poller over hours: a clock of its own, an OpenSky of invented traffic and no Kafka."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx2
from structlog.testing import capture_logs

from collector.answer import RejectedRow
from collector.credits import Governor
from collector.deliveries import Settle
from collector.errors import NotLeadingError
from collector.messages import Origin
from collector.metrics import Metrics
from collector.opensky import OpenSky
from collector.poller import Poller
from collector.published import Published
from collector.settings import OpenSkySettings
from telemetry.state_vector import StateVector
from testkit.fault_record import record_faults
from tests.unit.collector.conftest import NOW, FakeClock, row

AIRCRAFT = [f"00000{number}" for number in range(6)]
SILENT = "00000f"


class FakePublisher:
    """Keeps what is published; the broker takes all, unless it is failing."""

    def __init__(self) -> None:
        self.vectors: list[StateVector] = []
        self.rejected: list[RejectedRow] = []
        self.origins: list[Origin] = []
        self.is_failing = False
        self.holds_reports = False
        self.held: list[tuple[Settle, StateVector]] = []

    def report(self, is_delivered: Callable[[StateVector], bool]) -> None:
        """Settle what was held, oldest first, as Kafka does once it is back."""
        held, self.held = self.held, []
        for settle, each in held:
            if is_delivered(each):
                self.vectors.append(each)
            settle([each], is_delivered(each))

    def span_attributes(self, n_rows: int) -> dict[str, str | int]:
        """Return what a span says."""
        return {"flightmonitor.rows": n_rows}

    async def publish(
        self,
        state_vectors: list[StateVector],
        rejected: list[RejectedRow],
        *,
        origin: Origin,
        settle: Settle,
    ) -> None:
        """Settle each message at once, or hold the reports back."""
        self.origins.append(origin)
        if self.holds_reports:
            self.held += [(settle, each) for each in state_vectors]
            return
        if not self.is_failing:
            self.vectors += state_vectors
            self.rejected += rejected
        settle(state_vectors, not self.is_failing)

    def contacts(self) -> list[tuple[str, int]]:
        """Return what Kafka holds, in its order."""
        return [(each.icao24, each.last_contact) for each in self.vectors]


@dataclass
class Sky:
    """Answers like OpenSky: six aircraft received at every moment, one silent since the start."""

    clock: FakeClock
    fault: Callable[[httpx2.Request], httpx2.Response | None] = lambda _: None
    remaining: int = 4_000
    requested: list[tuple[int, int | None, str | None]] = field(default_factory=list)
    extra_rows: list[Any] = field(default_factory=list)

    def handle(self, request: httpx2.Request) -> httpx2.Response:
        """Note the request and answer it."""
        past = request.url.params.get("time")
        area = request.url.params.get("lamin")
        self.requested.append((int(self.clock.now()), int(past) if past else None, area))
        if (fault := self.fault(request)) is not None:
            record_faults()
            return fault
        self.remaining -= 4
        now = int(past or self.clock.now())
        rows = [row(icao24, now) for icao24 in AIRCRAFT] + [row(SILENT, NOW - 100)]
        content = json.dumps({"time": now, "states": rows + self.extra_rows})
        headers = {
            "Content-Type": "application/json",
            "X-Rate-Limit-Remaining": str(self.remaining),
        }
        return httpx2.Response(200, headers=headers, content=content)

    def live(self) -> list[int]:
        """Return when now was asked for, in seconds since the start."""
        return [at - NOW for at, past, _ in self.requested if past is None]

    def past(self) -> list[int]:
        """Return which moments were asked for, in seconds since the start."""
        return [past - NOW for _, past, _ in self.requested if past is not None]


@dataclass
class Rig:
    """A poller and what it is made of."""

    clock: FakeClock
    metrics: Metrics
    settings: OpenSkySettings
    sky: Sky
    publisher: FakePublisher = field(default_factory=FakePublisher)
    published: Published = field(default_factory=Published)
    covered: dict[str, int] = field(default_factory=dict)
    is_authenticated: bool = True
    last_published_at: float | None = None
    is_leading: bool = True

    async def confirm_leadership(self) -> None:
        """Raise if the test has taken the leadership away."""
        if not self.is_leading:
            raise NotLeadingError("another collector may lead")

    def poller(self) -> Poller:
        """Build the poller as the service does."""
        governor = Governor(
            clock=self.clock,
            is_authenticated=self.is_authenticated,
            credits_per_day=self.settings.credits_per_day,
            reserve_share=0.05,
            floor_seconds=self.settings.min_poll_interval_seconds,
        )
        opensky = OpenSky(
            settings=self.settings,
            access_token=None,
            clock=self.clock,
            transport=httpx2.MockTransport(self.sky.handle),
        )
        return Poller(
            settings=self.settings,
            opensky=opensky,
            publisher=self.publisher,  # type: ignore[arg-type]
            governor=governor,
            published=self.published,
            covered=self.covered,
            metrics=self.metrics,
            clock=self.clock,
            is_authenticated=self.is_authenticated,
            confirm_leadership=self.confirm_leadership,
            last_published_at=self.last_published_at,
        )

    async def run(self, seconds: float) -> list[dict[str, Any]]:
        """Poll for so long; return the log."""
        self.clock.stop_at = self.clock.time + seconds
        with capture_logs() as logs:
            await self.poller().run()
        return [dict(each) for each in logs]

    def count(self, result: str) -> float:
        """Return the polls that ended so."""
        return self.metrics.registry.get_sample_value(
            "flightmonitor_collector_polls_total", {"result": result}
        )  # type: ignore[return-value]


def events(logs: list[dict[str, Any]]) -> list[str]:
    """Return what was logged but for the line of each poll."""
    return [each["event"] for each in logs if each["event"] not in {"polled", "back_filled"}]


def between(start: float, end: float, clock: FakeClock, response: Callable[[], httpx2.Response]):  # type: ignore[no-untyped-def]  # noqa: ANN201 - the type of Sky.fault
    """Return a fault that strikes live requests in these seconds."""

    def fault(_: httpx2.Request) -> httpx2.Response | None:
        return response() if start <= clock.now() - NOW < end else None

    return fault
