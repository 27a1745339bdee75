"""One client sends ever new values of each parameter: memory is bounded, and others are served."""

from collections.abc import Iterator

import pytest

from testkit.attack import ATTACK_S, Attack
from testkit.flood import (
    PARAMETERS,
    Flood,
    ask_and_read_nothing,
    ask_readsb,
    ask_rest,
    ask_stream,
    ask_websocket,
)

pytestmark = [pytest.mark.alone, pytest.mark.timeout(180)]

AIRCRAFT = 5_000
"""Less than half of what OpenSky shows at noon, for the witnesses to understand in time."""

SECONDS_EACH = 1.2

WAYS = {"rest": ask_rest, "sse": ask_stream, "websocket": ask_websocket}


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


def test_ever_new_addresses_for_programs_of_readsb_fill_no_memory(attack: Attack) -> None:
    """A path that has as many as are allowed is one parameter more."""
    with attack.under_way():
        flood = Flood(attack.port, PARAMETERS["pinned"], "", ask_readsb)
        flood.run(ATTACK_S)
        print(dict(flood.outcomes))  # noqa: T201 - the test's log
    attack.verify()


def test_answers_that_are_not_read_fill_no_memory(attack: Attack) -> None:
    """A hundred connections with a whole answer each, of which the server holds a share."""
    with attack.under_way():
        wishes = PARAMETERS["Last-Event-ID"]
        position = attack.server.send().position
        flood = Flood(attack.port, wishes, position, ask_and_read_nothing, connections=100)
        flood.run(ATTACK_S)
        print(dict(flood.outcomes))  # noqa: T201 - the test's log
    attack.verify()
