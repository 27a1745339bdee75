"""The table of airports: found by code, by text and by place."""

import random

import pytest

from processor.reference.airports import Airports, flat_km, load_airports


@pytest.fixture(scope="module")
def airports() -> Airports:
    return load_airports()


def test_each_airport_is_plausible(airports: Airports) -> None:
    """Codes are unique, and positions and altitudes are on this planet."""
    every = list(airports)
    assert len({airport.icao for airport in every}) == len(every) > 10_000
    for airport in every:
        assert len(airport.icao) == 4
        assert airport.iata is None or len(airport.iata) == 3
        assert -90 <= airport.latitude <= 90
        assert -180 <= airport.longitude <= 180
        assert -450 < airport.altitude < 5_000
        assert airports.find(airport.icao) is airport


@pytest.mark.parametrize(
    ("icao", "importance"), [("LSZH", 2), ("KJFK", 3), ("LSMD", 1), ("00AZ", 1), ("00AR", 0)]
)
def test_importance(airports: Airports, icao: str, importance: int) -> None:
    """By IATA code and name: Zurich does not call itself international in the table."""
    found = airports.find(icao)
    assert found is not None
    assert found.importance == importance


def test_near_finds_what_a_search_of_all_finds(airports: Airports) -> None:
    """Also at the antimeridian, near the poles and across the borders of the index."""
    chance = random.Random(1)
    every = list(airports)
    for number in range(60):
        latitude = chance.uniform(-89.9, 89.9)
        longitude = (chance.uniform(-180, 180), 179.95, -179.95)[number % 3]
        if number % 2:
            seed = chance.choice(every)
            latitude, longitude = seed.latitude + chance.uniform(-0.2, 0.2), seed.longitude
        km = chance.choice([5, 28, 100])
        expected = {
            one.icao
            for one in every
            if flat_km(latitude, longitude, one.latitude, one.longitude) <= km
        }
        found = [one.icao for _, one in airports.near(latitude, longitude, km)]
        assert set(found) == expected
        assert len(found) == len(expected)


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("zrh", "LSZH"),
        ("LSZH", "LSZH"),
        ("Zürich", "LSZH"),
        ("zur", "LSZH"),
        ("geneva", "LSGG"),
        ("o hare", "KORD"),
        ("new york", "KJFK"),
    ],
)
def test_search(airports: Airports, text: str, first: str) -> None:
    assert airports.search(text, 5)[0].icao == first


@pytest.mark.parametrize("text", ["", "  ", "\x01", "\n", "日本", "no such airport"])
def test_a_text_without_a_match_finds_none(airports: Airports, text: str) -> None:
    assert airports.search(text, 5) == []


def test_a_search_has_a_limit(airports: Airports) -> None:
    found = airports.search("a", 100)
    assert len({airport.icao for airport in found}) == len(found) == 100
