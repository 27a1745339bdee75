"""What a principal can ask of every route about a pair of worlds, with parameters that vary."""

from collections.abc import Mapping, Sequence
from random import Random
from types import MappingProxyType
from typing import Any, NamedTuple

from testkit.worlds import AREAS, Pair

Query = Mapping[str, Any]
FILES = ("csv", "geojson", "kml", "ndjson", "parquet")
SHAPES: Sequence[Query] = (
    {},
    {"format": "row"},
    {"format": "geojson"},
    {"format": "row", "fields": "callsign,last_contact"},
    {"callsign": "DLH*"},
    {"on_ground": "false"},
    {"near": "47,8,300"},
    {"min_altitude": "3000"},
)


class Question(NamedTuple):
    """One request; the path's parameters are filled in."""

    path: str
    query: Query = MappingProxyType({})


class Asker:
    """Makes the questions of one pair of worlds, always the same ones."""

    def __init__(self, pair: Pair) -> None:
        self.pair = pair
        self.random = Random(pair.number)
        box = AREAS[pair.areas][0]
        self.middle = {"lat": (box.south + box.north) / 2, "lon": box.west + 1, "radius": 200}
        self.box = f"{box.west - 1},{box.south + 0.5},{box.west + 3},{box.north}"
        self.window = {"from": pair.start - 60, "to": pair.end}

    def live(self) -> dict[str, list[Question]]:
        """Return questions about the live state, by the route's path."""
        icao24s = ",".join(self.pair.icao24s)
        return {
            "/api/flights": [
                Question("/api/flights", self.random.choice(SHAPES)),
                Question("/api/flights", {"pinned": icao24s, "squawk": "7700"}),
            ],
            **self._twice("/v2/point/{lat}/{lon}/{radius}", self.middle),
            **self._twice("/v2/lat/{lat}/lon/{lon}/dist/{radius}", self.middle),
            **self._twice("/v2/closest/{lat}/{lon}/{radius}", self.middle),
            **self._twice("/v2/hex/{hexes}", {"hexes": icao24s}),
            **self._twice("/v2/icao/{hexes}", {"hexes": self.pair.icao24s[8]}),
            **self._twice("/v2/callsign/{callsigns}", {"callsigns": "DLH*,SWR7EA"}),
            **self._twice("/v2/sqk/{squawks}", {"squawks": "emergency"}),
            **self._twice("/v2/squawk/{squawks}", {"squawks": "1000"}),
        }

    def _twice(self, path: str, values: Mapping[str, object]) -> dict[str, list[Question]]:
        """Ask, at times also, under the path that ends in a slash."""
        asked = path.format(**values)
        also = {f"{path}/": [Question(f"{asked}/")]} if self.pair.number % 10 == 0 else {}
        return {path: [Question(asked)], **also}

    def past(self) -> dict[str, list[Question]]:
        """Return questions about the history, by the route's path."""
        pick = self.random.choice
        moments = [self.random.randint(self.pair.start, self.pair.end) for _ in range(2)]
        moments.append(self.pair.end)
        return {
            "/api/flights/{icao24}": [
                Question(f"/api/flights/{icao24}")
                for icao24 in (self.pair.icao24s[0], *self.pair.icao24s[5:])
            ],
            "/api/flights/{icao24}/track": list(self._tracks()),
            "/api/history/flights": [
                Question("/api/history/flights", self.window),
                Question("/api/history/flights", self.window | {"bbox": self.box}),
                Question("/api/history/flights", self.window | {"callsign": "DLH*", "limit": 2}),
                Question("/api/history/flights", self.window | {"include_ground": True}),
                Question("/api/history/flights", self.window | {"format": pick(FILES)}),
            ],
            "/api/history/at": [
                Question("/api/history/at", {"time": moment, **pick(SHAPES)}) for moment in moments
            ],
            "/api/statistics/hourly": [Question("/api/statistics/hourly", self.window)],
            "/api/statistics/countries": [Question("/api/statistics/countries", self.window)],
            "/api/statistics/altitudes": [
                Question("/api/statistics/altitudes", self.window | {"hourly": pick((True, False))})
            ],
            "/api/statistics/busiest": [
                Question("/api/statistics/busiest", self.window | {"by": merit})
                for merit in (pick(("flights", "hours")), pick(("state_vectors", "distance_km")))
            ],
            "/api/history/state_vectors": [
                Question("/api/history/state_vectors", self.window | {"format": pick(FILES)}),
                Question("/api/history/state_vectors", self.window | {"bbox": self.box}),
                Question(
                    "/api/history/state_vectors",
                    self.window | {"icao24": ",".join(self.pair.icao24s), "format": pick(FILES)},
                ),
            ],
        }

    def _tracks(self) -> Sequence[Question]:
        pick = self.random.choice
        shared, *_ = self.pair.icao24s
        return [
            Question(f"/api/flights/{shared}/track"),
            Question(f"/api/flights/{pick(self.pair.icao24s)}/track"),
            Question(f"/api/flights/{self.pair.icao24s[8]}/track", self.window),
            Question(f"/api/flights/{pick(self.pair.icao24s[:6])}/track", self.window),
            Question(f"/api/flights/{shared}/track", self.window | {"max_points": 4}),
            Question(f"/api/flights/{shared}/track", self.window | {"format": pick(FILES)}),
        ]


STATIC: Sequence[Question] = (
    Question("/"),
    Question("/icon.svg"),
    Question("/assets/none"),
    Question("/page.json"),
    Question("/health"),
    Question("/ready"),
    Question("/metrics"),
    Question("/openapi.json"),
)
"""What is the same whatever was received, so that it is asked for a few pairs only."""
