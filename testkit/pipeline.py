"""The whole pipeline on a stage: an invented sky, the collector, the processor."""

from collections.abc import Mapping

from simulator.server import TOKEN_PATH
from standalone.database import free_port
from testkit.deployment import Deployment
from testkit.services import Service

ENOUGH_CREDITS = "100000000"


class Pipeline:
    """Simulator, collector and both halves of the processor as processes, running.

    Args:
        deployment: Where they run.
        aircraft: How many aircraft the sky has.
        interval_s: The time between two polls.
        of_collector: Further settings of the collector, named as in the environment.
        settings: Further settings of collector and processor.
    """

    def __init__(
        self,
        deployment: Deployment,
        *,
        aircraft: int = 800,
        interval_s: float = 1.0,
        of_collector: Mapping[str, str] | None = None,
        **settings: str,
    ) -> None:
        self.deployment = deployment
        port = free_port()
        self.simulator = deployment.service(
            "simulator",
            *("--port", str(port), "--aircraft", str(aircraft), "--interval", str(interval_s)),
            *("--credits", ENOUGH_CREDITS),
        )
        self.processor = deployment.service("processor", HTTP_PORT=str(free_port()), **settings)
        self.collector = deployment.service(
            "collector",
            OPENSKY_API_URL=f"http://127.0.0.1:{port}/api",
            OPENSKY_TOKEN_URL=f"http://127.0.0.1:{port}{TOKEN_PATH}",
            OPENSKY_CLIENT_ID="simulator",
            OPENSKY_CLIENT_SECRET="simulator",  # noqa: S106 - the simulator's
            OPENSKY_MIN_POLL_INTERVAL_SECONDS=str(interval_s),
            OPENSKY_CREDITS_PER_DAY=ENOUGH_CREDITS,
            **settings | dict(of_collector or {}),
        )

    def check_alive(self, *services: Service) -> None:
        """Fail if a service has ended by itself."""
        for service in services or (self.simulator, self.collector, self.processor):
            assert service.is_running, f"ended by itself:\n{service.log_tail(40)}"
