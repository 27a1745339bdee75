"""One client floods a parameter with new values: memory stays bounded, and others are served."""

from collections.abc import Iterator

import pytest

from testkit.attack import ATTACK_S, Attack
from testkit.flood import (
    PARAMETERS,
    Flood,
    open_stream,
    open_websocket,
    request_readsb,
    request_rest,
    request_without_reading,
)

pytestmark = [pytest.mark.alone, pytest.mark.timeout(180)]

AIRCRAFT = 5_000
"""Less than half of the aircraft at noon, so that the observing subscribers can keep up."""

SECONDS_EACH = 1.2
"""How long each parameter is flooded."""

TRANSPORTS = {"rest": request_rest, "sse": open_stream, "websocket": open_websocket}


@pytest.fixture(scope="module")
def attack() -> Iterator[Attack]:
    """Give a server of many aircraft, which all floods share."""
    with Attack(aircraft=AIRCRAFT) as attack:
        yield attack


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_new_values_of_a_parameter_do_not_fill_the_memory(attack: Attack, transport: str) -> None:
    """Nor do they delay healthy subscribers and `/health` by much."""
    with attack.under_way():
        for name, wishes in PARAMETERS.items():
            position = attack.server.send().position
            flood = Flood(attack.port, wishes, position, TRANSPORTS[transport])
            flood.run(SECONDS_EACH)
            print(f"{transport}, {name}: {dict(flood.outcomes)}")  # noqa: T201 - the test's log
    attack.verify()


def test_new_addresses_in_readsb_paths_do_not_fill_the_memory(attack: Attack) -> None:
    """Each path has as many addresses as are allowed."""
    with attack.under_way():
        flood = Flood(attack.port, PARAMETERS["pinned"], "", request_readsb)
        flood.run(ATTACK_S)
        print(dict(flood.outcomes))  # noqa: T201 - the test's log
    attack.verify()


def test_unread_responses_do_not_fill_the_memory(attack: Attack) -> None:
    """Each of a hundred connections requests a whole snapshot; the server holds a part of them."""
    with attack.under_way():
        wishes = PARAMETERS["Last-Event-ID"]
        position = attack.server.send().position
        flood = Flood(attack.port, wishes, position, request_without_reading, connections=100)
        flood.run(ATTACK_S)
        print(dict(flood.outcomes))  # noqa: T201 - the test's log
    attack.verify()
