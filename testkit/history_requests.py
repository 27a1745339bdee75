"""Requests to every route about a pair of worlds, with parameters that vary from pair to pair."""

from collections.abc import Mapping, Sequence
from random import Random
from types import MappingProxyType
from typing import Any, NamedTuple

from testkit.worlds import AREAS, Pair

Query = Mapping[str, Any]
FILES = ("csv", "geojson", "kml", "ndjson", "parquet")
OUTPUTS: Sequence[Query] = (
    {},
    {"format": "row"},
    {"format": "geojson"},
    {"format": "row", "fields": "callsign,last_contact"},
    {"format": "row", "fields": "callsign,registration,type,operator,military"},
    {"callsign": "DLH*"},
    {"operator": "DLH", "military": "false"},
    {"on_ground": "false"},
    {"near": "47,8,300"},
    {"min_altitude": "3000"},
)


class RouteRequest(NamedTuple):
    """One GET request; the parameters of its path are filled in."""

    path: str
    query: Query = MappingProxyType({})


class RequestMaker:
    """Makes the requests about one pair of worlds, the same ones in each run."""

    def __init__(self, pair: Pair) -> None:
        self.pair = pair
        self.random = Random(pair.number)
        box = AREAS[pair.areas][0]
        self.middle = {"lat": (box.south + box.north) / 2, "lon": box.west + 1, "radius": 200}
        self.box = f"{box.west - 1},{box.south + 0.5},{box.west + 3},{box.north}"
        self.window = {"from": pair.start - 60, "to": pair.end}

    def live(self) -> dict[str, list[RouteRequest]]:
        """Return requests for the live state, by the path of the route."""
        icao24s = ",".join(self.pair.icao24s)
        return {
            "/api/flights": [
                RouteRequest("/api/flights", self.random.choice(OUTPUTS)),
                RouteRequest("/api/flights", {"pinned": icao24s, "squawk": "7700"}),
            ],
            **self._twice("/v2/point/{lat}/{lon}/{radius}", self.middle),
            **self._twice("/v2/lat/{lat}/lon/{lon}/dist/{radius}", self.middle),
            **self._twice("/v2/closest/{lat}/{lon}/{radius}", self.middle),
            **self._twice("/v2/hex/{hexes}", {"hexes": icao24s}),
            **self._twice("/v2/icao/{hexes}", {"hexes": self.pair.icao24s[8]}),
            **self._twice("/v2/callsign/{callsigns}", {"callsigns": "DLH*,SWR7EA"}),
            **self._twice("/v2/sqk/{squawks}", {"squawks": "emergency"}),
            **self._twice("/v2/squawk/{squawks}", {"squawks": "1000"}),
            **self._twice("/v2/callsign/{callsigns:path}", {"callsigns": "D/E,SWR7EA"}),
            **self._by_identity(),
            "/data/aircraft.json": [RouteRequest("/data/aircraft.json")],
            "/data/receiver.json": [RouteRequest("/data/receiver.json")],
            "/data/stats.json": [RouteRequest("/data/stats.json")],
        }

    def _by_identity(self) -> dict[str, list[RouteRequest]]:
        """Return requests for aircraft by what the tables of aircraft say of them."""
        plain, divided = ({"registrations": text} for text in ("HB-JCA,D-AIBL", "D/E,HB-JCA"))
        return {
            **self._twice("/v2/registration/{registrations}", plain),
            **self._twice("/v2/registration/{registrations:path}", divided),
            **self._twice("/v2/reg/{registrations}", plain),
            **self._twice("/v2/reg/{registrations:path}", divided),
            **self._twice("/v2/type/{types}", {"types": "BCS3,A320"}),
            **self._twice("/v2/mil", {}),
        }

    def _twice(self, path: str, values: Mapping[str, object]) -> dict[str, list[RouteRequest]]:
        """Request a path, and for some pairs also the same path with a slash at its end."""
        filled = path.replace(":path}", "}").format(**values)
        also = {f"{path}/": [RouteRequest(f"{filled}/")]} if self.pair.number % 10 == 0 else {}
        return {path: [RouteRequest(filled)], **also}

    def history(self) -> dict[str, list[RouteRequest]]:
        """Return requests for the history, by the path of the route."""
        pick = self.random.choice
        moments = [self.random.randint(self.pair.start, self.pair.end) for _ in range(2)]
        moments.append(self.pair.end)
        return {
            "/api/aircraft/{icao24}": [
                RouteRequest(f"/api/aircraft/{icao24}") for icao24 in self.pair.icao24s[4:7]
            ],
            **self._airports(),
            "/api/flights/{icao24}": [
                RouteRequest(f"/api/flights/{icao24}")
                for icao24 in (self.pair.icao24s[0], *self.pair.icao24s[5:])
            ],
            "/api/flights/{icao24}/track": list(self._tracks()),
            "/api/history/flights": [
                RouteRequest("/api/history/flights", self.window),
                RouteRequest("/api/history/flights", self.window | {"bbox": self.box}),
                RouteRequest(
                    "/api/history/flights", self.window | {"callsign": "DLH*", "limit": 2}
                ),
                RouteRequest("/api/history/flights", self.window | {"include_ground": True}),
                RouteRequest("/api/history/flights", self.window | {"format": pick(FILES)}),
            ],
            "/api/history/at": [
                RouteRequest("/api/history/at", {"time": moment, **pick(OUTPUTS)})
                for moment in moments
            ],
            "/api/history/tracks": list(self._several_tracks(moments[0])),
            "/api/history/density": [
                RouteRequest("/api/history/density", self.window | {"cell": cell})
                for cell in (pick((0.5, 1)), pick((2, 5)))
            ],
            "/api/statistics/hourly": [RouteRequest("/api/statistics/hourly", self.window)],
            "/api/statistics/countries": [RouteRequest("/api/statistics/countries", self.window)],
            "/api/statistics/altitudes": [
                RouteRequest(
                    "/api/statistics/altitudes", self.window | {"hourly": pick((True, False))}
                )
            ],
            "/api/statistics/busiest": [
                RouteRequest("/api/statistics/busiest", self.window | {"by": measure})
                for measure in (pick(("flights", "hours")), pick(("state_vectors", "distance_km")))
            ],
            "/api/history/state_vectors": [
                RouteRequest("/api/history/state_vectors", self.window | {"format": pick(FILES)}),
                RouteRequest("/api/history/state_vectors", self.window | {"bbox": self.box}),
                RouteRequest(
                    "/api/history/state_vectors",
                    self.window | {"icao24": ",".join(self.pair.icao24s), "format": pick(FILES)},
                ),
            ],
        }

    def _airports(self) -> dict[str, list[RouteRequest]]:
        """Return requests about airports; what moves there is refused to a principal with areas."""
        code = self.random.choice(("LSZH", "FRA"))
        paths: dict[str, tuple[str, Query]] = {
            "/api/airports": ("/api/airports", {"q": "Zurich"}),
            "/api/airports/{code}": (f"/api/airports/{code}", {}),
            "/api/airports/{code}/board": (f"/api/airports/{code}/board", {"hours": 24}),
            "/api/statistics/airports": ("/api/statistics/airports", self.window),
            "/api/statistics/airports/{code}": (f"/api/statistics/airports/{code}", self.window),
        }
        return {route: [RouteRequest(*request)] for route, request in paths.items()}

    def _several_tracks(self, moment: int) -> Sequence[RouteRequest]:
        path, several = "/api/history/tracks", {"icao24": ",".join(self.pair.icao24s)}
        return [
            RouteRequest(path, several),
            RouteRequest(path, several | {"time": moment, "max_points": 4}),
            RouteRequest(path, several | {"time": self.pair.end, "hours": 2}),
        ]

    def _tracks(self) -> Sequence[RouteRequest]:
        pick = self.random.choice
        shared, *_ = self.pair.icao24s
        return [
            RouteRequest(f"/api/flights/{shared}/track"),
            RouteRequest(f"/api/flights/{pick(self.pair.icao24s)}/track"),
            RouteRequest(f"/api/flights/{self.pair.icao24s[8]}/track", self.window),
            RouteRequest(f"/api/flights/{pick(self.pair.icao24s[:6])}/track", self.window),
            RouteRequest(f"/api/flights/{shared}/track", self.window | {"max_points": 4}),
            RouteRequest(f"/api/flights/{shared}/track", self.window | {"format": pick(FILES)}),
        ]


STATIC: Sequence[RouteRequest] = (
    RouteRequest("/"),
    RouteRequest("/icon.svg"),
    RouteRequest("/assets/none"),
    RouteRequest("/page.json"),
    RouteRequest("/health"),
    RouteRequest("/ready"),
    RouteRequest("/metrics"),
    RouteRequest("/openapi.json"),
)
"""Requests whose answers do not depend on what was received, so a few pairs suffice for them."""
