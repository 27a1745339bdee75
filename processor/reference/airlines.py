"""Airlines by the three letters with which their callsigns begin (ICAO Doc 8585).

The names are from Virtual Radar Server's standing data (CC0, https://www.virtualradarserver.co.uk).
"""

from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

from processor.reference.packaged import read_lines
from processor.reference.radio_names import RADIO_NAMES

AIRLINES = Path(__file__).with_name("airlines.tsv.gz")

CODE_LENGTH = 3
"""Letters of an airline's designator."""


def airline_name(code: str) -> str | None:
    """Return the name of the airline with a designator, None for one that is not known."""
    return _names().get(code)


def radio_name(code: str | None) -> str | None:
    """Return how an airline is called by radio, None if that is not known."""
    return None if code is None else RADIO_NAMES.get(code)


def airline_code(callsign: str | None) -> str | None:
    """Return the designator of the airline that a callsign names; None if it names none.

    An airline's callsign is its designator and a flight number, which begins with a digit (ICAO
    Annex 10, volume II, 5.2.1.7.2.1). Other callsigns are registrations or have no rule.
    """
    if callsign is None or len(callsign) <= CODE_LENGTH or not callsign[CODE_LENGTH].isdigit():
        return None
    code = callsign[:CODE_LENGTH]
    return code if code in _names() else None


def all_airlines() -> Iterable[tuple[str, str]]:
    """Return every airline's designator and name."""
    return _names().items()


@cache
def _names() -> Mapping[str, str]:
    return dict(line.split("\t") for line in read_lines(AIRLINES))
