"""All routes of the service over a real database, beside the log that `ArchiveSite` stores."""

from collections.abc import Iterator, Sequence
from typing import Any

from configuration.shared_sections import AccessSettings
from processor.message import LogIdentity
from processor.service import Service
from processor.settings import HistorySettings, ProcessorSettings
from processor.stream.log_position import LogPosition, epoch_of
from testkit.history_site import HistorySite

IDENTITY = LogIdentity("cluster", "topic", None, 1)
"""The log that `ArchiveSite` stores."""

HISTORY = HistorySettings(max_replays_per_principal=50, max_replays_per_address=50)


class WholeSite(HistorySite):
    """The application with the limits of the comparison of areas."""

    def __init__(self, dsn: str, *, access: AccessSettings) -> None:
        super().__init__(dsn, history=HISTORY, access=access)

    def begin_at(self, next_offset: int) -> None:
        """Replace the live state by that of the log from an offset on."""
        self.begin(LogPosition(epoch_of(IDENTITY), (next_offset,)))
        self.open()


async def service_routes() -> set[tuple[str, str]]:
    """Return method and path of every route of the service."""
    app = await Service(ProcessorSettings(), "all")._app("127.0.0.1").loaded()
    return set(_routes_of(app.routes))


def _routes_of(routes: Sequence[Any]) -> Iterator[tuple[str, str]]:
    for route in routes:
        if hasattr(route, "original_router"):
            yield from _routes_of(route.original_router.routes)
        else:
            for method in getattr(route, "methods", None) or ("WEBSOCKET",):
                yield method, route.path
