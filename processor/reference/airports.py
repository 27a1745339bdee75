"""The airports of the world: by code, near a position, and found by a text.

The table is Virtual Radar Server's standing data (CC0,
https://github.com/vradarserver/standing-data), which `python -m testkit.airports_table` packs.
"""

import csv
import gzip
import io
import math
import re
import unicodedata
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cache, cached_property
from itertools import accumulate, chain
from pathlib import Path
from typing import NamedTuple

TABLE = Path(__file__).with_name("airports.csv.gz")

COLUMNS = ("icao", "iata", "name", "city", "country", "latitude", "longitude", "feet")

METRES_PER_FOOT = 0.3048
KM_PER_DEGREE = 111.195
"""A degree of latitude on a sphere of the mean radius of 6,371.0088 km."""

SQUARES = 4
"""Squares of the index in a degree: a search reads only a few, of at most some ten airports."""

NEAR_POLE_COSINE = 0.01
"""The smallest cosine of a latitude that is divided by: all longitudes are near at the poles."""

_AROUND = 360 * SQUARES

_NAME, _WORD, _LINE_END = "\x01", "\x02", "\n"
"""Marks before the first word of a name, before each further word, and after an airport."""

_NO_LETTERS = re.compile(r"[^a-z0-9]+")


_NOT_FOR_AEROPLANES = re.compile(
    r"heli(port|pad|stop)|hospital|balloon|medical cent", re.IGNORECASE
)


class Airport(NamedTuple):
    """An airport of the table.

    Attributes:
        icao: The code with which flights name it: of ICAO, or where ICAO has given none, the one
            that the country uses (00AK).
        iata: The code of three letters; None for an airport without scheduled flights.
        city: The place that it serves.
        country: Two letters (ISO 3166-1).
        latitude: Degrees, of its reference point, as the longitude.
        altitude: Metres above sea level.
    """

    icao: str
    iata: str | None
    name: str
    city: str
    country: str
    latitude: float
    longitude: float
    altitude: float

    @property
    def is_for_aeroplanes(self) -> bool:
        """Whether its name is not that of a place for helicopters or balloons."""
        return _NOT_FOR_AEROPLANES.search(self.name) is None

    @property
    def importance(self) -> int:
        """From 0 to 3, by all that the table says.

        3 for an airport with an IATA code that calls itself international, 2 for another with an
        IATA code, 1 for another aerodrome, 0 for a place for helicopters or balloons.
        """
        if not self.is_for_aeroplanes:
            return 0
        if self.iata is None:
            return 1
        return 3 if "international" in self.name.lower() else 2


class Airports:
    """All airports, with an index by code and one by place."""

    def __init__(self, airports: Iterable[Airport]) -> None:
        self._by_code: dict[str, Airport] = {}
        self._squares: dict[tuple[int, int], list[Airport]] = defaultdict(list)
        for airport in airports:
            self._by_code[airport.icao] = airport
            self._squares[_square(airport.latitude, airport.longitude)].append(airport)
        # An airport is named by its IATA code where no other has that as its ICAO code.
        for airport in list(self._by_code.values()):
            if airport.iata is not None:
                self._by_code.setdefault(airport.iata, airport)

    def __iter__(self) -> Iterator[Airport]:
        for square in self._squares.values():
            yield from square

    def find(self, code: str) -> Airport | None:
        """Return the airport with an ICAO or IATA code, in capital or small letters."""
        return self._by_code.get(code.upper())

    def search(self, text: str, limit: int) -> list[Airport]:
        """Return airports by code, name or city, the best match first.

        An airport with that code comes first, then those whose name or city begins with the text,
        then those where it begins another word; case and accents do not count. Of each kind the
        more important ones come first.
        """
        return self.texts.find(text, self.find(text), limit)

    @cached_property
    def texts(self) -> "SearchTexts":
        """What `search` looks at; it is made at the first use, in a fifth of a second."""
        return SearchTexts(self)

    def near(self, latitude: float, longitude: float, km: float) -> Iterator[tuple[float, Airport]]:
        """Yield each airport within so many kilometres, with its distance in kilometres."""
        degrees = km / KM_PER_DEGREE
        rows = math.ceil(degrees * SQUARES)
        shrunk = max(NEAR_POLE_COSINE, math.cos(math.radians(min(90.0, abs(latitude) + degrees))))
        columns = math.ceil(degrees / shrunk * SQUARES)
        row, column = _square(latitude, longitude)
        around = range(column - columns, column + columns + 1)[:_AROUND]
        for here in range(row - rows, row + rows + 1):
            for there in around:
                for airport in self._squares.get((here, there % _AROUND), ()):
                    distance = flat_km(latitude, longitude, airport.latitude, airport.longitude)
                    if distance <= km:
                        yield distance, airport


class SearchTexts:
    """All that airports are found by, in one text, in which a search takes milliseconds."""

    def __init__(self, airports: Iterable[Airport]) -> None:
        self._airports = sorted(airports, key=lambda one: (-one.importance, one.icao))
        lines = ["".join(map(_marked, _names_of(airport))) for airport in self._airports]
        self._starts = list(accumulate((len(line) + 1 for line in lines), initial=0))
        self._text = _LINE_END.join(lines)

    def find(self, text: str, first: Airport | None, limit: int) -> list[Airport]:
        """Return at most so many airports that match a text, `first` before all others."""
        found = {} if first is None else {first.icao: first}
        if words := _marked(text):
            for airport in chain(self._matches(words), self._matches(_WORD + words[1:])):
                if len(found) >= limit:
                    break
                found[airport.icao] = airport
        return list(found.values())

    def _matches(self, words: str) -> Iterator[Airport]:
        place = self._text.find(words)
        while place >= 0:
            line = bisect_right(self._starts, place) - 1
            yield self._airports[line]
            place = self._text.find(words, self._starts[line + 1])


@cache
def load_airports() -> Airports:
    """Read the table once; it takes a tenth of a second and 15 MB."""
    lines = csv.reader(io.StringIO(gzip.decompress(TABLE.read_bytes()).decode()))
    next(lines)
    return Airports(
        Airport(
            icao,
            iata or None,
            name,
            city,
            country,
            float(latitude),
            float(longitude),
            round(float(feet) * METRES_PER_FOOT, 1),
        )
        for icao, iata, name, city, country, latitude, longitude, feet in lines
    )


def flat_km(
    latitude: float, longitude: float, other_latitude: float, other_longitude: float
) -> float:
    """Return the distance of two places that are near each other, as if the earth were flat.

    It differs from the great circle by less than a hundredth within 100 km, except at the poles.
    """
    eastward = (other_longitude - longitude + 180) % 360 - 180
    shrunk = math.cos(math.radians((latitude + other_latitude) / 2))
    return KM_PER_DEGREE * math.hypot(other_latitude - latitude, eastward * shrunk)


def _names_of(airport: Airport) -> tuple[str, ...]:
    return airport.icao, airport.iata or "", airport.name, airport.city


def _marked(name: str) -> str:
    """Return the words of a name without accents, in small letters, with marks before them."""
    if not name.isascii():
        name = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    words = _NO_LETTERS.sub(" ", name.lower()).split()
    return _NAME + _WORD.join(words) if words else ""


def _square(latitude: float, longitude: float) -> tuple[int, int]:
    return math.floor(latitude * SQUARES), math.floor(longitude * SQUARES) % _AROUND
