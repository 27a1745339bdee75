"""A simulator without a network: its clock is a number, its sky a small seeded one."""

from collections.abc import AsyncIterator, Callable
from typing import Any, cast

import httpx2
import pytest

from simulator.credits import Credits
from simulator.faults import parse_script
from simulator.picture import Grid, Picture, Source
from simulator.server import TOKEN_PATH, Rules, Simulator, create_app
from simulator.tokens import Tokens
from simulator.traffic import InventedTraffic

NOON = 1_790_000_000.0


class Clock:
    """Unix time that moves only when a test moves it."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> float:
        """Return the time."""
        return self.now


class Client(httpx2.AsyncClient):
    """A client of OpenSky in a few words."""

    async def states(self, token: str | None = None, /, **params: object) -> httpx2.Response:
        """Ask /states/all."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return await self.get("/api/states/all", params=cast("Any", params), headers=headers)

    async def request_token(self, **form: str) -> httpx2.Response:
        """Ask the token endpoint with the right form, or with other values in it."""
        fields = {
            "grant_type": "client_credentials",
            "client_id": "simulator",
            "client_secret": "simulator",
        }
        return await self.post(TOKEN_PATH, data={**fields, **form})

    async def token(self) -> str:
        """Return a valid token."""
        return str((await self.request_token()).json()["access_token"])


Build = Callable[..., Client]


@pytest.fixture
def clock() -> Clock:
    """Give the simulator's time."""
    return Clock()


@pytest.fixture(scope="session")
def sky() -> InventedTraffic:
    """2,000 aircraft without wrong values."""
    return InventedTraffic(aircraft=2000, seed=7, grid=Grid(5), outliers=0)


@pytest.fixture(scope="session")
def pictures(sky: InventedTraffic) -> list[Picture]:
    """Six pictures, each four hours after the one before it."""
    return [sky.picture(sky.step_at(NOON + hour * 3600)) for hour in range(0, 24, 4)]


@pytest.fixture(scope="session")
def small_sky() -> InventedTraffic:
    """200 aircraft."""
    return InventedTraffic(aircraft=200, seed=3, grid=Grid(5))


@pytest.fixture
async def build(clock: Clock, small_sky: InventedTraffic) -> AsyncIterator[Build]:
    """Make a client of a simulator with these rules."""
    clients: list[Client] = []

    def make(
        *,
        source: Source | None = None,
        budget: int | None = None,
        lifetime: int = 1800,
        rules: Rules | None = None,
        script: str = "[]",
    ) -> Client:
        simulator = Simulator(
            source=source or small_sky,
            tokens=Tokens({"simulator": "simulator"}, lifetime=lifetime),
            credits=Credits(budget=budget),
            rules=rules or Rules(),
            script=parse_script(script, name="test"),
            clock=clock,
        )
        transport = httpx2.ASGITransport(app=create_app(simulator))
        client = Client(transport=transport, base_url="http://simulator")
        clients.append(client)
        return client

    yield make
    for client in clients:
        await client.aclose()
