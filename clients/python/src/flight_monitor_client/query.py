"""What to request: filters, fields, a time of the past."""

from collections.abc import Iterator, Sequence
from typing import Literal, TypeAlias, TypedDict

import httpx

Texts: TypeAlias = str | Sequence[str]

Format: TypeAlias = Literal["row", "object", "delta"]
"""How aircraft are sent: `row` has all fields and is small, `object` has every digit of OpenSky's,
`delta` is the smallest, for the whole live fleet only; it lacks `sensors`, `geo_altitude`, `spi`
and `position_source`, and has `type`."""

Query = TypedDict(
    "Query",
    {
        "bbox": Texts,
        "near": Texts,
        "icao24": Texts,
        "callsign": Texts,
        "country": Texts,
        "category": int | Sequence[int],
        "squawk": Texts,
        "on_ground": bool,
        "min_altitude": float,
        "max_altitude": float,
        "min_velocity": float,
        "max_velocity": float,
        "pinned": Texts,
        "registration": Texts,
        "type": Texts,
        "operator": Texts,
        "military": bool,
        "from": float | str,
        "to": float | str,
        "speed": float | str,
    },
    total=False,
)
"""The parameters of the stream; several values of one are alternatives. docs/stream.md describes
them, and docs/replay.md those of the past: `from`, `to` and `speed`."""


def stream_url(server: str, query: Query, fields: Sequence[str], format_: Format) -> httpx.URL:
    """Return the address of a stream below the address of the page."""
    parameters = [*_pairs(query), ("format", format_)]
    if fields:
        parameters.append(("fields", ",".join(fields)))
    return httpx.URL(f"{server.rstrip('/')}/sse/flights", params=parameters)


def _pairs(query: Query) -> Iterator[tuple[str, str]]:
    for name, values in query.items():
        if isinstance(values, Sequence) and not isinstance(values, str):
            yield from ((name, str(value)) for value in values)
        elif isinstance(values, bool):
            yield name, str(values).lower()
        else:
            yield name, str(values)
