"""One flight second by second: stand, taxi, roll, climb, cruise, descend, land, taxi, stand."""

from bisect import bisect_right
from typing import NamedTuple

from simulator.route import Path

_TAXI_VELOCITY = 8.0  # m/s
_ROLL_DURATION = 35.0  # s, from standstill to lift-off and from touchdown to taxi
_STEEP_SHARE = 0.45  # of the time of a climb or descent, with the steeper rate at the low end
_STEEPNESS = 1.25


class Motion(NamedTuple):
    """What an aircraft does at one moment; metres, degrees, m/s."""

    latitude: float
    longitude: float
    true_track: float
    altitude: float
    velocity: float
    vertical_rate: float
    on_ground: bool


class Segment(NamedTuple):
    """A stretch of a flight with constant acceleration and constant vertical rate."""

    distance: float
    velocity: float
    acceleration: float
    altitude: float
    vertical_rate: float
    on_ground: bool


class Performance(NamedTuple):
    """How an aircraft flies; m/s and metres."""

    lift_off: float
    cruise: float
    landing: float
    climb_rate: float
    descent_rate: float
    cruise_altitude: float


class Flight:
    """A path and the segments in which it is travelled."""

    __slots__ = ("_path", "_segments", "_starts", "airborne_from", "airborne_until", "duration")

    def __init__(self, path: Path, log: "FlightLog") -> None:
        self._path = path
        self._segments = log.segments
        self._starts = log.starts
        self.duration = log.elapsed
        airborne = [place for place, segment in enumerate(log.segments) if not segment.on_ground]
        ends = [*log.starts[1:], log.elapsed]
        self.airborne_from = log.starts[airborne[0]] if airborne else 0.0
        self.airborne_until = ends[airborne[-1]] if airborne else log.elapsed

    def at(self, seconds: float) -> Motion:
        """Return the motion so many seconds after the start."""
        place = max(0, bisect_right(self._starts, seconds) - 1)
        segment = self._segments[place]
        since = seconds - self._starts[place]
        velocity = segment.velocity + segment.acceleration * since
        distance = segment.distance + (segment.velocity + velocity) / 2 * since
        latitude, longitude, true_track = self._path.at(distance)
        return Motion(
            latitude,
            longitude,
            true_track,
            segment.altitude + segment.vertical_rate * since,
            velocity,
            segment.vertical_rate,
            segment.on_ground,
        )


class FlightLog:
    """Segments added one after the other, each starting where the one before ends."""

    def __init__(self, *, altitude: float, velocity: float = 0.0) -> None:
        self.segments: list[Segment] = []
        self.starts: list[float] = []
        self.elapsed = 0.0
        self.distance = 0.0
        self.altitude = altitude
        self.velocity = velocity

    def move(
        self,
        duration: float,
        *,
        velocity: float | None = None,
        vertical_rate: float = 0.0,
        on_ground: bool = False,
    ) -> None:
        """Add a segment that ends with `velocity` (unchanged if None)."""
        final = self.velocity if velocity is None else velocity
        acceleration = (final - self.velocity) / duration if duration else 0.0
        self.segments.append(
            Segment(
                self.distance, self.velocity, acceleration, self.altitude, vertical_rate, on_ground
            )
        )
        self.starts.append(self.elapsed)
        self.elapsed += duration
        self.distance += (self.velocity + final) / 2 * duration
        self.altitude += vertical_rate * duration
        self.velocity = final

    def stand(self, duration: float) -> None:
        """Stay where it is."""
        self.velocity = 0.0
        self.move(duration, on_ground=True)

    def taxi(self, distance: float) -> None:
        """Roll on the ground at taxi velocity."""
        self.velocity = _TAXI_VELOCITY
        self.move(distance / _TAXI_VELOCITY, on_ground=True)

    def roll(self, *, velocity: float) -> None:
        """Accelerate or brake on the runway to `velocity`."""
        self.move(_ROLL_DURATION, velocity=velocity, on_ground=True)

    def change_altitude(self, altitude: float, *, rate: float, velocity: float) -> None:
        """Climb or descend in two parts, the steeper one near the ground."""
        duration = abs(altitude - self.altitude) / rate
        mean = (altitude - self.altitude) / duration if duration else 0.0
        gentle = mean * (1 - _STEEP_SHARE * _STEEPNESS) / (1 - _STEEP_SHARE)
        parts = [(_STEEP_SHARE, mean * _STEEPNESS), (1 - _STEEP_SHARE, gentle)]
        initial = self.velocity
        done = 0.0
        for share, vertical_rate in parts if mean > 0 else reversed(parts):
            done += share
            step = initial + (velocity - initial) * done
            self.move(duration * share, velocity=step, vertical_rate=vertical_rate)


def airport_to_airport(
    path: Path,
    performance: Performance,
    *,
    taxi_out: float,
    taxi_in: float,
    elevations: tuple[float, float],
) -> Flight:
    """Fly a path from gate to gate; `taxi_out` and `taxi_in` are metres of it."""
    log = FlightLog(altitude=elevations[0])
    log.stand(90)
    log.taxi(taxi_out)
    log.velocity = 0.0
    log.roll(velocity=performance.lift_off)
    log.change_altitude(
        performance.cruise_altitude, rate=performance.climb_rate, velocity=performance.cruise
    )
    descent = abs(performance.cruise_altitude - elevations[1]) / performance.descent_rate
    approach = descent * (performance.cruise + performance.landing) / 2
    braking = _ROLL_DURATION * (performance.landing + _TAXI_VELOCITY) / 2
    remaining = path.length - log.distance - approach - braking - taxi_in
    log.move(max(0.0, remaining) / performance.cruise)
    log.change_altitude(elevations[1], rate=performance.descent_rate, velocity=performance.landing)
    log.roll(velocity=_TAXI_VELOCITY)
    log.taxi(taxi_in)
    log.stand(120)
    return Flight(path, log)


def around_airport(
    path: Path, performance: Performance, *, cruise_duration: float, elevation: float
) -> Flight:
    """Fly a closed path for a while: lessons, sightseeing, gliding."""
    log = FlightLog(altitude=elevation, velocity=performance.lift_off)
    log.change_altitude(
        elevation + performance.cruise_altitude,
        rate=performance.climb_rate,
        velocity=performance.cruise,
    )
    log.move(cruise_duration)
    log.change_altitude(elevation, rate=performance.descent_rate, velocity=performance.landing)
    return Flight(path, log)


def drive(path: Path, *, velocity: float, duration: float, elevation: float) -> Flight:
    """Drive on the ground without stopping, as a tow truck does."""
    log = FlightLog(altitude=elevation, velocity=velocity)
    log.move(duration, on_ground=True)
    return Flight(path, log)
