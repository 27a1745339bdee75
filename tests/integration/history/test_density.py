"""The density of a day by REST, against the rows that are stored."""

import datetime as dt
import random
from collections import Counter
from typing import Any

import pytest

from testkit.history_site import HistorySite
from testkit.state_vectors import START, state_vector

DAY = 86_400
PATH = "/api/history/density"
MIDNIGHT = START // DAY * DAY
TODAY = dt.datetime.fromtimestamp(MIDNIGHT, dt.UTC).date().isoformat()


@pytest.mark.parametrize("cell", [0.5, 1, 2, 5])
async def test_counts_are_those_of_the_rows(site: HistorySite, cell: float) -> None:
    """Each minute of an aircraft counts once, in the cell of its last position."""
    chance = random.Random(4)
    vectors = [
        state_vector(
            f"{aircraft:06x}",
            MIDNIGHT + 60 * minute + chance.randrange(60),
            longitude=chance.uniform(-20, 20),
            latitude=chance.uniform(-10, 10),
            on_ground=aircraft == 0,
        )
        for aircraft in range(4)
        for minute in chance.sample(range(1_440), 10)
    ]
    await site.store_minutes(*vectors)
    body = (await site.get(PATH, day=TODAY, cell=cell)).json()
    flying = [vector for vector in vectors if not vector.on_ground]
    wanted = Counter(
        ((vector.longitude or 0) // cell * cell, (vector.latitude or 0) // cell * cell)
        for vector in flying
    )
    assert {(west, south): minutes for west, south, minutes in body["cells"]} == wanted
    assert (body["from"], body["to"], body["cell"]) == (MIDNIGHT, MIDNIGHT + DAY - 1, cell)
    body = (await site.get(PATH, day=TODAY, cell=cell, include_ground="true")).json()
    assert sum(minutes for *_, minutes in body["cells"]) == len(vectors)


async def test_the_most_come_first_and_other_days_do_not_count(site: HistorySite) -> None:
    """A day begins at midnight of UTC and ends before the next; unknown places count nowhere."""
    await site.store_minutes(
        *(
            state_vector("aaaaaa", MIDNIGHT + 60 * n, longitude=8.5, latitude=47.5)
            for n in range(3)
        ),
        state_vector("bbbbbb", MIDNIGHT + DAY - 1, longitude=-0.5, latitude=-0.5),
        state_vector("bbbbbb", MIDNIGHT - 1, longitude=8.5, latitude=47.5),
        state_vector("bbbbbb", MIDNIGHT + DAY, longitude=8.5, latitude=47.5),
        state_vector("cccccc", MIDNIGHT, longitude=None, latitude=None),
    )
    body = (await site.get(PATH, day=TODAY)).json()
    assert body["cells"] == [[8, 47, 3], [-1, -1, 1]]


async def test_a_part_of_a_day(site: HistorySite) -> None:
    """From and to are inclusive; without them it is the last day."""
    minutes = [state_vector("aaaaaa", START + 60 * n, longitude=8.5) for n in range(-2, 5)]
    await site.store_minutes(*minutes)
    site.now = START + 120
    queries: list[tuple[dict[str, Any], int]] = [
        ({"from_": START, "to": START + 60}, 2),
        ({"from_": START}, 3),
        ({}, 5),
    ]
    for query, count in queries:
        ((*_, found),) = (await site.get(PATH, **query)).json()["cells"]
        assert found == count


async def test_edges_of_the_globe(site: HistorySite) -> None:
    """The antimeridian and the pole belong to cells of the grid."""
    await site.store_minutes(
        state_vector("aaaaaa", MIDNIGHT, longitude=180.0, latitude=90.0),
        state_vector("bbbbbb", MIDNIGHT, longitude=-180.0, latitude=-90.0),
    )
    body = (await site.get(PATH, day=TODAY, cell=5)).json()
    assert sorted(body["cells"]) == [[-180, -90, 1], [175, 85, 1]]


async def test_refusals(site: HistorySite) -> None:
    """A day is needed, cells have one of four sizes, and there are at most max_rows (50)."""
    for query in (
        {"day": "yesterday"},
        {"day": "9999-12-31"},
        {"day": TODAY, "cell": 3},
        {"day": TODAY, "from": START},
    ):
        assert (await site.get(PATH, **query)).status_code == 422
    assert (await site.get(PATH, from_=START, to=START + DAY + 1)).status_code == 400
    await site.store_minutes(
        *(state_vector(f"{n:06x}", MIDNIGHT, longitude=float(n), latitude=0.0) for n in range(51))
    )
    answer = await site.get(PATH, day=TODAY)
    assert answer.status_code == 413
    assert "larger cells" in answer.json()["detail"][0]["msg"]
    assert (await site.get(PATH, day=TODAY, cell=2)).status_code == 200
    assert (await site.get(PATH, day="2001-01-01")).json()["cells"] == []


async def test_only_what_lies_inside_the_areas(restricted: tuple[HistorySite, str]) -> None:
    """A minute counts by the last position inside, even if a later one lies outside."""
    site, key = restricted
    await site.store_minutes(
        state_vector("aaaaaa", MIDNIGHT, longitude=10.4, latitude=47.0),
        state_vector("bbbbbb", MIDNIGHT, longitude=10.6, latitude=47.0),
    )
    assert (await site.get(PATH, key, day=TODAY)).json()["cells"] == [[10, 47, 1]]
    leaving = [state_vector("cccccc", MIDNIGHT + n, longitude=10.4 + n / 10) for n in range(5)]
    await site.store(*leaving)
    await site.store_minutes(*leaving)
    assert (await site.get(PATH, key, day=TODAY)).json()["cells"] == [[10, 47, 2]]
    assert (await site.get(PATH, day=TODAY)).status_code == 401
