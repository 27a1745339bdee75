"""The queries of the history: through REST, and in SQL for the naive schema."""

import datetime as dt
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlencode

import msgspec

from benchmarks.history_traffic import AIRLINES, DAY_SECONDS, START, Legs, Size, addresses
from processor.named_sql import load_statements
from processor.settings import HistorySettings, LiveSettings

GOAL = "under 100"
THINNED_POINTS = 100
MONTH_DAYS = 28
HOUR_SECONDS = 3_600

Rows = Sequence[Any]
Essence = list[tuple[Any, ...]]
"""The part of a response that must be equal for both schemas."""


class Statements(NamedTuple):
    """Every statement of history_naive.sql."""

    track: str
    traffic_at: str
    flights: str
    hours: str


NAIVE = load_statements(Path(__file__).with_name("history_naive.sql"), Statements)


class Asked(NamedTuple):
    """One question.

    Attributes:
        path: Of the route.
        naive: What the naive statement takes.
    """

    path: str
    naive: Sequence[object]


@dataclass(frozen=True)
class Traffic:
    """The values that queries may contain."""

    size: Size
    flown: Legs


@dataclass(frozen=True)
class Question:
    """A kind of question.

    Attributes:
        title: In the table.
        name: Of its files.
        naive: The same of the naive schema.
        request: Makes one with parameters by chance.
        answered: The essence of an answer's body.
        found: The essence of the naive statement's rows; None where it does not do the same.
    """

    title: str
    name: str
    naive: str
    request: Callable[[random.Random, Traffic], Asked]
    answered: Callable[[Any], Essence]
    found: Callable[[Rows], Essence] | None

    def is_same(self, body: bytes, rows: Rows) -> bool:
        """Whether both schemas gave the same response."""
        return self.found is None or self.answered(msgspec.json.decode(body)) == self.found(rows)


def _track_of_a_day(chance: random.Random, traffic: Traffic, max_points: int | None) -> Asked:
    """Query a day on which the aircraft flies."""
    leg = chance.randrange(len(traffic.flown.begins))
    icao24 = f"{int(addresses(traffic.flown.aircraft)[leg]):06x}"
    day = (int(traffic.flown.begins[leg]) - START) // DAY_SECONDS
    begin = START + day * DAY_SECONDS
    end = begin + DAY_SECONDS - 1
    wanted = {"from": begin, "to": end}
    if max_points is not None:
        wanted["max_points"] = max_points
    path = f"/api/flights/{icao24}/track?{urlencode(wanted)}"
    return Asked(path, (icao24, _moment(begin), _moment(end)))


def _traffic_at(chance: random.Random, traffic: Traffic) -> Asked:
    time = chance.randrange(START + HOUR_SECONDS, traffic.size.end)
    expiry = float(LiveSettings().expiry_seconds)
    return Asked(f"/api/history/at?time={time}", (_moment(time), expiry))


def _flights_by_callsign(chance: random.Random, _traffic: Traffic) -> Asked:
    airline = chance.choice(AIRLINES)
    pattern, rows = f"{airline}*", HistorySettings().page_rows
    path = f"/api/history/flights?{urlencode({'callsign': pattern})}"
    return Asked(path, (f"{airline}%", rows))


def _hours_of_a_month(chance: random.Random, _traffic: Traffic) -> Asked:
    begin = START + HOUR_SECONDS * chance.randrange(24)
    end = begin + MONTH_DAYS * DAY_SECONDS
    wanted = urlencode({"from": begin, "to": end})
    return Asked(f"/api/statistics/hourly?{wanted}", (_moment(begin), _moment(end)))


def _moment(unix_seconds: int) -> dt.datetime:
    return dt.datetime.fromtimestamp(unix_seconds, dt.UTC)


def _seconds(moment: dt.datetime) -> int:
    return int(moment.timestamp())


def _states_of_track(answer: Any) -> Essence:  # noqa: ANN401 - decoded JSON
    return [(state["last_contact"], state["longitude"]) for state in answer["states"]]


QUESTIONS = (
    Question(
        title="one aircraft's track of a day",
        name="track",
        naive=NAIVE.track,
        request=lambda chance, traffic: _track_of_a_day(chance, traffic, None),
        answered=_states_of_track,
        found=lambda rows: [(_seconds(row["last_contact"]), row["longitude"]) for row in rows],
    ),
    Question(
        title=f"the same, thinned to {THINNED_POINTS} points",
        name="track_thinned",
        naive=NAIVE.track,
        request=lambda chance, traffic: _track_of_a_day(chance, traffic, THINNED_POINTS),
        answered=_states_of_track,
        found=None,
    ),
    Question(
        title="all traffic at a moment",
        name="traffic_at",
        naive=NAIVE.traffic_at,
        request=_traffic_at,
        answered=lambda answer: sorted((state["icao24"],) for state in answer["states"]),
        found=lambda rows: [(row["icao24"],) for row in rows],
    ),
    Question(
        title="flights by callsign prefix",
        name="flights",
        naive=NAIVE.flights,
        request=_flights_by_callsign,
        answered=lambda answer: [
            (flight["icao24"], flight["first_seen"], flight["state_vectors"])
            for flight in answer["flights"]
        ],
        found=lambda rows: [
            (row["icao24"], _seconds(row["first_seen"]), row["state_vectors"]) for row in rows
        ],
    ),
    Question(
        title="hourly traffic of a month",
        name="hourly",
        naive=NAIVE.hours,
        request=_hours_of_a_month,
        answered=lambda answer: [
            (hour["hour"], hour["aircraft"], hour["state_vectors"]) for hour in answer["hours"]
        ],
        found=lambda rows: [
            (_seconds(row["hour"]), row["aircraft"], row["state_vectors"]) for row in rows
        ],
    ),
)
