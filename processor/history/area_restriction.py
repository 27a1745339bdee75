"""Where positions in an answer may lie: in the requested box and in the areas of the principal."""

from collections.abc import Iterable, Sequence
from typing import TypeAlias

from processor.bounding_box import BoundingBox

Boxes: TypeAlias = tuple[BoundingBox, ...] | None
"""A position must lie in one of these boxes, none of which crosses the antimeridian; None is the
whole globe, and an empty tuple no place at all."""

BoxColumns: TypeAlias = tuple[list[float] | None, ...]


def visible_boxes(requested: BoundingBox | None, areas: Sequence[BoundingBox]) -> Boxes:
    """Return the boxes that lie both in the requested box and in one of the areas.

    Args:
        requested: The box of the request; None is the whole globe.
        areas: The areas of the principal; none is the whole globe.
    """
    if requested is None:
        return _simple(areas) if areas else None
    boxes = _simple([requested])
    return _common(boxes, _simple(areas)) if areas else boxes


def box_columns(boxes: Boxes) -> BoxColumns:
    """Return the west, south, east and north edges of all boxes, as SQL statements take them."""
    if boxes is None:
        return (None, None, None, None)
    columns = ("west", "south", "east", "north")
    return tuple([getattr(box, column) for box in boxes] for column in columns)


def _simple(boxes: Iterable[BoundingBox]) -> tuple[BoundingBox, ...]:
    return tuple(part for box in boxes for part in _strips(box))


def _strips(box: BoundingBox) -> tuple[BoundingBox, ...]:
    if not box.crosses_antimeridian:
        return (box,)
    return (
        BoundingBox(box.west, box.south, 180.0, box.north),
        BoundingBox(-180.0, box.south, box.east, box.north),
    )


def _common(ones: Iterable[BoundingBox], others: Sequence[BoundingBox]) -> tuple[BoundingBox, ...]:
    pairs = (_overlap(one, other) for one in ones for other in others)
    return tuple(box for box in pairs if box.west <= box.east and box.south <= box.north)


def _overlap(one: BoundingBox, other: BoundingBox) -> BoundingBox:
    return BoundingBox(
        west=max(one.west, other.west),
        south=max(one.south, other.south),
        east=min(one.east, other.east),
        north=min(one.north, other.north),
    )
