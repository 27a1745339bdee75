"""Downsample a track with Largest Triangle Three Buckets (LTTB), and keep its landmarks."""

from collections.abc import Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from telemetry.state_vector import StateVector

Indices = NDArray[np.intp]
Floats = NDArray[np.float64]
Item = TypeVar("Item")

GAP_SECONDS = 300
"""Nothing was received for so long: the aircraft had left the live fleet. The state vectors on both
sides of a gap are kept."""


def downsample(track: Sequence[StateVector], max_points: int) -> list[StateVector]:
    """Return at most so many state vectors of a track, unchanged and in order.

    The first and the last are kept, and those on both sides of take-offs, landings and gaps as far
    as the limit allows. The others are chosen so that turns, climbs and changes of speed remain
    visible (Steinarsson, Downsampling Time Series for Visual Representation, 2013, extended to four
    dimensions: time, east, north, altitude).

    Args:
        track: The state vectors of one aircraft in order of time.
        max_points: At least 2.
    """
    if len(track) <= max_points:
        return list(track)
    kept = _landmarks(track, max_points)
    others = np.setdiff1d(np.arange(len(track)), kept)
    room = max_points - len(kept)
    chosen = others[largest_triangles(_points(track)[others], room)] if room else others[:0]
    return [track[index] for index in np.union1d(kept, chosen)]


def largest_triangles(points: Floats, count: int) -> Indices:
    """Divide the points into buckets, and return the index of one point of each.

    It is the point that forms the largest triangle with the point chosen from the bucket before and
    the mean of the bucket after.

    Args:
        points: A point in each row, in order; at least as many as buckets.
        count: The number of buckets.
    """
    edges = np.linspace(0, len(points), count + 1).astype(np.intp)
    before, chosen = points[0], []
    for bucket in range(count):
        first, end = edges[bucket], edges[bucket + 1]
        following = points[end : edges[bucket + 2]] if bucket + 2 <= count else points[-1:]
        area = _squared_areas(before, points[first:end], following.mean(axis=0))
        chosen.append(first + int(area.argmax()))
        before = points[chosen[-1]]
    return np.array(chosen, dtype=np.intp)


def _squared_areas(before: Floats, points: Floats, after: Floats) -> Floats:
    """Return four times the squared area of each triangle, in any number of dimensions."""
    base, sides = after - before, points - before
    lengths: Floats = (base @ base) * np.einsum("ij,ij->i", sides, sides) - (sides @ base) ** 2
    return lengths


def _landmarks(track: Sequence[StateVector], room: int) -> Indices:
    """Return the indices of points to keep: the ends, then take-offs and landings, then gaps."""
    on_ground = np.array([state.on_ground for state in track], dtype=np.bool_)
    times = np.array([state.last_contact for state in track], dtype=np.float64)
    kept = np.array([0, len(track) - 1], dtype=np.intp)
    for is_step in (on_ground[1:] != on_ground[:-1], np.diff(times) > GAP_SECONDS):
        before = np.flatnonzero(is_step)
        found = np.setdiff1d(np.union1d(before, before + 1), kept).tolist()
        kept = np.union1d(kept, np.array(spread(found, room - len(kept)), dtype=np.intp))
    return kept


def spread(items: Sequence[Item], room: int) -> Sequence[Item]:
    """Return at most so many of the items, evenly spaced."""
    if len(items) <= room:
        return items
    return [items[index] for index in np.linspace(0, len(items) - 1, room).astype(np.intp)]


def _points(track: Sequence[StateVector]) -> Floats:
    """Return time, east, north and altitude of each point, each scaled to 0 to 1."""
    times = _column([float(state.last_contact) for state in track])
    longitudes = _filled(times, _column([state.longitude for state in track]), period=360)
    latitudes = _filled(times, _column([state.latitude for state in track]))
    altitudes = _filled(times, _column([_altitude(state) for state in track]))
    east = longitudes * np.cos(np.radians(latitudes))
    reach = max(np.ptp(east), np.ptp(latitudes)) or 1.0
    return np.column_stack(
        [
            (times - times[0]) / (np.ptp(times) or 1.0),
            (east - east.min()) / reach,
            (latitudes - latitudes.min()) / reach,
            (altitudes - altitudes.min()) / (np.ptp(altitudes) or 1.0),
        ]
    )


def _column(values: Sequence[float | None]) -> Floats:
    return np.array(values, dtype=np.float64)


def _altitude(state: StateVector) -> float | None:
    return state.geo_altitude if state.baro_altitude is None else state.baro_altitude


def _filled(times: Floats, values: Floats, period: float | None = None) -> Floats:
    """Interpolate values that were not received; a period removes the jump at 180 degrees."""
    is_known = ~np.isnan(values)
    if not is_known.any():
        return np.zeros_like(values)
    known = values[is_known]
    if period is not None:
        known = np.unwrap(known, period=period)
    filled: Floats = np.interp(times, times[is_known], known)
    return filled
