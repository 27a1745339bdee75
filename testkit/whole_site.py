"""All routes of the service over a real database, with clock and live state in the test's hand."""

from collections.abc import Iterator, Sequence
from typing import Any

from processor.access.slots import SlotLimits
from processor.http.access.ticket_routes import ticket_routes
from processor.http.dependencies import Routes
from processor.http.health import health_routes
from processor.http.page import page_routes
from processor.http.readsb.routes import readsb_routes
from processor.http.stream.routes import stream_routes
from processor.live.fleet import Update
from processor.message import LogIdentity
from processor.replay.session import Replay, ReplayLimits
from processor.service import Service
from processor.settings import AccessSettings, PageSettings, ProcessorSettings, SseSettings
from processor.stream.log_position import LogPosition, epoch_of
from telemetry.state_vector import StateVector
from testkit.history_site import EXPIRY_SECONDS, HistorySite

IDENTITY = LogIdentity("cluster", "topic", None, 1)
"""Of the log that `ArchiveSite` stores."""


class WholeSite(HistorySite):
    """Serves what the service serves."""

    def __init__(self, dsn: str, *, access: AccessSettings) -> None:
        super().__init__(dsn, access=access, more_routes=_routes)
        self._next_offset = 0

    def begin(self, next_offset: int) -> None:
        """Forget the live state, and read a log from an offset on."""
        self._next_offset = next_offset
        self._open_live_state(LogPosition(epoch_of(IDENTITY), (next_offset,)))

    def tick(self, received: Sequence[StateVector], *, is_heartbeat: bool) -> None:
        """Read messages, and tell all viewers."""
        updates = [Update(0, self._next_offset + n, one) for n, one in enumerate(received)]
        self._next_offset += len(received)
        self._tracker.apply(updates)
        self.broadcaster.tick(is_heartbeat=is_heartbeat)


def service_routes() -> set[tuple[str, str]]:
    """Return method and path of every route that the service has."""
    app = Service(ProcessorSettings(), "all")._app("127.0.0.1")
    return set(_routes_of(app.routes))


def _routes_of(routes: Sequence[Any]) -> Iterator[tuple[str, str]]:
    for route in routes:
        if hasattr(route, "original_router"):
            yield from _routes_of(route.original_router.routes)
        else:
            for method in getattr(route, "methods", None) or ("WEBSOCKET",):
                yield method, route.path


def _routes(site: HistorySite) -> Iterator[Routes]:
    replay = Replay(
        broadcaster=site.broadcaster,
        database=site.database,
        limits=ReplayLimits(
            places=SlotLimits(50, per_principal=50, per_address=50),
            window_days=31,
            heartbeat_seconds=15,
            expiry_seconds=EXPIRY_SECONDS,
        ),
        clock=lambda: site.now,
    )
    yield stream_routes(
        broadcaster=site.broadcaster,
        gate=site.gate,
        metrics=site.metrics,
        settings=SseSettings(),
        replay=replay,
    )
    yield readsb_routes(broadcaster=site.broadcaster, gate=site.gate, clock=lambda: site.now)
    yield page_routes(PageSettings(), needs_key=True)
    yield ticket_routes(site.gate)
    yield health_routes(
        required={},
        observed={},
        registry=site.registry,
        gate=site.gate,
    )
