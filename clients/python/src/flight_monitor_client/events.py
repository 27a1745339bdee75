"""The events of a stream, and the aircraft in them, whatever the format they were sent in."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Required, TypeAlias, TypedDict


class Aircraft(TypedDict, total=False):
    """One aircraft in OpenSky's names and units: metres, m/s, degrees, Unix seconds.

    None is "not received"; a field that was not requested is absent. The fields from
    `registration` on come only if `fields` names them, from servers that have them.
    """

    icao24: Required[str]
    callsign: str | None
    origin_country: str | None
    time_position: float | None
    last_contact: float
    longitude: float | None
    latitude: float | None
    baro_altitude: float | None
    on_ground: bool
    velocity: float | None
    true_track: float | None
    vertical_rate: float | None
    sensors: list[int] | None
    geo_altitude: float | None
    squawk: str | None
    spi: bool
    position_source: int
    category: int | None
    registration: str | None
    type: str | None
    operator: str | None
    operator_icao: str | None
    military: bool


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything is replaced by these aircraft; `time` is that of the data in Unix seconds."""

    id: str
    time: float
    states: Sequence[Aircraft]


@dataclass(frozen=True, slots=True)
class Update:
    """These aircraft have changed; each takes the place of its former state."""

    id: str
    time: float
    states: Sequence[Aircraft]


@dataclass(frozen=True, slots=True)
class Remove:
    """These aircraft are no longer received, or no longer match. Some may be unknown here."""

    id: str
    time: float
    icao24: Sequence[str]


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """A quiet stream is alive; `aircraft` counts the whole fleet, whatever the filters are."""

    id: str
    time: float
    aircraft: int


@dataclass(frozen=True, slots=True)
class Reset:
    """The changes that were missed are not known for certain; a snapshot follows."""

    id: str
    reason: str


@dataclass(frozen=True, slots=True)
class Disconnected:
    """The connection has ended; the client returns after some seconds, and resumes."""

    reason: str
    retry_in_s: float


FlightEvent: TypeAlias = Snapshot | Update | Remove | Heartbeat | Reset | Disconnected
