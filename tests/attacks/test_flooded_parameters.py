"""One client sends ever new values of each parameter: memory is bounded, and others are served."""

from collections.abc import Iterator

import pytest

from testkit.attack import ATTACK_S, Attack
from testkit.flood import (
    PARAMETERS,
    Flood,
    open_stream,
    open_websocket,
    request_and_read_nothing,
    request_readsb,
    request_rest,
)

pytestmark = [pytest.mark.alone, pytest.mark.timeout(180)]

AIRCRAFT = 5_000
"""Less than half of what OpenSky shows at noon, so that the witnesses decode it in time."""

SECONDS_EACH = 1.2

WAYS = {"rest": request_rest, "sse": open_stream, "websocket": open_websocket}


@pytest.fixture(scope="module")
def attack() -> Iterator[Attack]:
    """Give a server of many aircraft, which all floods share."""
    with Attack(aircraft=AIRCRAFT) as attack:
        yield attack


@pytest.mark.parametrize("way", WAYS)
def test_no_parameter_with_ever_new_values_fills_the_memory(attack: Attack, way: str) -> None:
    """Nor delays healthy subscribers and `/health` by much."""
    with attack.under_way():
        for name, wishes in PARAMETERS.items():
            flood = Flood(attack.port, wishes, attack.server.send().position, WAYS[way])
            flood.run(SECONDS_EACH)
            print(f"{way}, {name}: {dict(flood.outcomes)}")  # noqa: T201 - the test's log
    attack.verify()


def test_ever_new_addresses_on_the_readsb_routes_fill_no_memory(attack: Attack) -> None:
    """A path may name as many addresses as a query parameter."""
    with attack.under_way():
        flood = Flood(attack.port, PARAMETERS["pinned"], "", request_readsb)
        flood.run(ATTACK_S)
        print(dict(flood.outcomes))  # noqa: T201 - the test's log
    attack.verify()


def test_unread_responses_fill_no_memory(attack: Attack) -> None:
    """The server holds a bounded part of the responses of a hundred connections."""
    with attack.under_way():
        wishes = PARAMETERS["Last-Event-ID"]
        position = attack.server.send().position
        flood = Flood(attack.port, wishes, position, request_and_read_nothing, connections=100)
        flood.run(ATTACK_S)
        print(dict(flood.outcomes))  # noqa: T201 - the test's log
    attack.verify()
