"""Segmentation: a single observation neither begins nor ends a flight."""

from collections.abc import Sequence

import pytest

from processor.archive.flights.segmentation import DetectedFlight, Observation, segment

CRUISE = 10_972.8


def air(at: int, callsign: str | None = "SWR1", velocity: float | None = 230.0) -> Observation:
    """Return an observation at cruise (seconds)."""
    return Observation(
        at, callsign, "Switzerland", on_ground=False, velocity=velocity, altitude=CRUISE
    )


def ground(
    at: int,
    callsign: str | None = "SWR1",
    velocity: float | None = 8.0,
    altitude: float | None = None,
) -> Observation:
    """Return an observation on the ground (seconds)."""
    return Observation(
        at, callsign, "Switzerland", on_ground=True, velocity=velocity, altitude=altitude
    )


def flights(observations: Sequence[Observation]) -> list[DetectedFlight]:
    """Return the flights of an aircraft, which are the same if observations come one by one."""
    together = segment(None, observations).flights
    flight_state, found = None, dict[int, DetectedFlight]()
    for observation in observations:
        step = segment(flight_state, [observation])
        flight_state = step.flight_state
        found |= {flight.first_seen: flight for flight in step.flights}
    assert list(found.values()) == together
    return together


def callsigns(found: Sequence[DetectedFlight]) -> list[tuple[int, str | None]]:
    """Return where flights begin, and their callsigns."""
    return [(flight.first_seen, flight.callsign) for flight in found]


@pytest.mark.parametrize(
    "wrong",
    [
        ground(20, velocity=198.0),
        ground(20, velocity=198.0, altitude=CRUISE),
        ground(20, velocity=50.0, altitude=12_054.8),
        ground(20, velocity=None),
    ],
    ids=["too fast", "too fast and high", "too high", "of unknown speed"],
)
def test_a_wrong_flag_at_cruise_is_no_landing(wrong: Observation) -> None:
    """One observation "on the ground" at 198 m/s stands between two at 10,972.8 m."""
    assert flights([air(0), air(10), wrong, air(30), air(40)]) == [
        DetectedFlight(0, "SWR1", "Switzerland")
    ]


def test_a_landing_is_proved_by_speed_or_by_a_second_observation() -> None:
    """The landing is the first of the two observations."""
    assert flights([air(0), air(10), ground(20)])[-1].landing == 20
    assert flights([air(0), air(10), ground(20, velocity=90.0)])[-1].landing == 20
    fast = [air(0), air(10), ground(20, velocity=95.0)]
    assert flights(fast)[-1].landing is None
    assert flights([*fast, ground(30, velocity=91.0)])[-1].landing == 20


def test_a_touch_and_go_is_a_landing_and_another_flight() -> None:
    """One observation on the ground suffices if it is slow enough."""
    found = flights([air(0), air(10), ground(20, velocity=65.0), air(30, velocity=75.0), air(40)])
    assert [(flight.first_seen, flight.take_off, flight.landing) for flight in found] == [
        (0, None, 20),
        (30, 30, None),
    ]


def test_a_wrong_flag_on_the_ground_is_no_take_off() -> None:
    """It is none when parked, nor during the roll; a second observation proves a take-off."""
    parked = [ground(0), ground(10), air(20, velocity=0.1), ground(30)]
    [flight] = flights(parked)
    assert (flight.take_off, flight.landing, flight.airborne) == (None, None, False)
    landed = [air(0), air(10), ground(20, velocity=70.0), air(30, velocity=60.0), ground(40)]
    [flight] = flights(landed)
    assert (flight.landing, flight.ends_before) == (20, None)
    taken_off = [ground(0), ground(10), air(20, velocity=80.0), air(30, velocity=85.0)]
    assert flights(taken_off)[-1].take_off == 20


def test_a_single_observation_of_a_hop_counts_where_it_is_no_roll() -> None:
    """An aircraft that is received rarely may show its flight in one observation."""
    [flight] = flights([ground(0), ground(1200), air(2400, velocity=84.0), ground(3600)])
    assert (flight.take_off, flight.landing, flight.airborne) == (2400, 3600, True)


def test_a_flight_that_begins_with_a_wrong_flag() -> None:
    """An aircraft at cruise gets no take-off, and a parked one is not airborne."""
    [flight] = flights([ground(0, velocity=230.0), air(10), air(20)])
    assert (flight.take_off, flight.airborne) == (None, True)
    [flight] = flights([air(0, velocity=0.0), ground(10), ground(20)])
    assert (flight.landing, flight.airborne) == (None, False)


def test_a_garbled_callsign_is_no_flight() -> None:
    """The flight continues when the old callsign returns, also after several wrong ones."""
    names = ["TUI8EG", "TUI8EG", "TUI6G", "TUI8EG", "TUI6G", None, "TU8EG", "TUI8EG", "TUI6G"]
    found = flights([air(3 * n, name) for n, name in enumerate(names)])
    assert callsigns(found) == [(0, "TUI8EG")]


def test_a_new_callsign_counts_from_its_second_observation() -> None:
    """The flight begins at the first of the two, and includes those without a callsign between."""
    names = ["SWR1", "SWR1", "SWR2", None, "SWR2", "SWR2"]
    found = flights([air(10 * n, name) for n, name in enumerate(names)])
    assert callsigns(found) == [(0, "SWR1"), (20, "SWR2")]
    assert found[0].ends_before == 20


def test_a_callsign_received_once_gives_way() -> None:
    """A garbled first callsign does not begin a flight of its own."""
    found = flights([air(0, "TUI6G"), air(10, "TUI8EG"), air(20, "TUI8EG")])
    assert callsigns(found) == [(0, "TUI8EG")]


def test_the_callsign_of_the_flight_before_is_corrected_after_take_off() -> None:
    """Within two minutes the flight is renamed and keeps its take-off; later another one begins."""
    before = [ground(0, "OLD1"), ground(10, "OLD1"), air(200, "OLD1"), air(210, "OLD1")]
    [flight] = flights([*before, air(320, "NEW2"), air(330, "NEW2")])
    assert (flight.callsign, flight.take_off) == ("NEW2", 200)
    found = flights([*before, air(321, "NEW2"), air(330, "NEW2")])
    assert callsigns(found) == [(0, "OLD1"), (321, "NEW2")]


def test_a_garbled_callsign_after_take_off_does_not_rename() -> None:
    found = flights([ground(0), ground(10), air(20), air(30, "SWRX"), air(40), air(50)])
    assert callsigns(found) == [(0, "SWR1")]


def test_an_open_doubt_is_dropped_when_the_aircraft_falls_silent() -> None:
    found = flights([air(0), air(10), ground(20, velocity=198.0), air(3_000), air(3_010)])
    assert [(flight.first_seen, flight.landing) for flight in found] == [(0, None), (3_000, None)]
