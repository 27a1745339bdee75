"""The query parameters of the history's routes: checks, and descriptions for OpenAPI."""

import datetime as dt
from typing import Annotated, Any, Literal

from fastapi import Path
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from processor.bounding_box import BoundingBox, parse_box
from processor.history.export.write import FILE_FORMATS
from processor.history.flights import Cursor, decode_cursor
from processor.history.statistics import Measure
from processor.history.window import TIME_FORMATS, parse_moment

MAX_LIMIT = 1_000
"""Flights or aircraft in one response."""

MAX_POINTS = 100_000
"""Points of a downsampled track, as many as `history.max_rows` allows by default."""

MAX_TEXT_CHARACTERS = 64
"""The longest text that a state vector may hold."""

ICAO24 = "^[0-9a-fA-F]{6}$"
COUNTRY = "Country of registration, in OpenSky's spelling"

Icao24 = Annotated[
    str,
    Path(
        pattern=ICAO24,
        description="Transponder address, six hexadecimal digits",
        examples=["4b1814"],
    ),
    AfterValidator(str.lower),
]


def _printable(text: str) -> str:
    if not text.isprintable() or not text.strip():
        raise ValueError(f"{text!r} is not printable text")
    return text


def _one_pattern(text: str) -> str:
    if "*" in text[:-1] or text == "*" or "," in text:
        raise ValueError(f"{text!r} is not one callsign; * may stand at its end")
    return text


def _format(text: str) -> str:
    if text not in {"json", *FILE_FORMATS}:
        raise ValueError(f"{text!r} is none of json, {', '.join(FILE_FORMATS)}")
    return text


def _schema(**schema: Any) -> WithJsonSchema:  # noqa: ANN401 - JSON
    """Return the schema of an optional parameter; OpenAPI states beside it that it is optional."""
    return WithJsonSchema(schema)


Text = Annotated[
    str | None,
    Field(min_length=1, max_length=MAX_TEXT_CHARACTERS),
    AfterValidator(_printable),
    _schema(type="string", minLength=1, maxLength=MAX_TEXT_CHARACTERS),
]
Address = Annotated[
    str | None,
    Field(pattern=ICAO24),
    AfterValidator(str.lower),
    _schema(type="string", pattern=ICAO24),
]
Moment = Annotated[dt.datetime | None, BeforeValidator(parse_moment), _schema(type="string")]
Area = Annotated[BoundingBox | None, BeforeValidator(parse_box), _schema(type="string")]
After = Annotated[Cursor | None, BeforeValidator(decode_cursor), _schema(type="string")]
Limit = Annotated[
    int | None,
    Field(ge=1, le=MAX_LIMIT),
    _schema(type="integer", minimum=1, maximum=MAX_LIMIT),
]
Points = Annotated[
    int | None,
    Field(ge=2, le=MAX_POINTS),
    _schema(type="integer", minimum=2, maximum=MAX_POINTS),
]
Format = Annotated[
    str,
    AfterValidator(_format),
    _schema(type="string", enum=["json", *FILE_FORMATS], default="json"),
]


class _Parameters(BaseModel):
    # Otherwise a misspelt parameter would be ignored in silence.
    model_config = ConfigDict(extra="forbid", arbitrary_types_allowed=True, frozen=True)


class TimeRangeParameters(_Parameters):
    """A time range."""

    start: Moment = Field(
        None, alias="from", description=f"Start: {TIME_FORMATS}", examples=["2026-09-21T00:00:00Z"]
    )
    end: Moment = Field(
        None,
        alias="to",
        description="End, in the same form; by default the current time",
        examples=["1790000000"],
    )


class TrackParameters(TimeRangeParameters):
    """A part of a track, and its resolution."""

    max_points: Points = Field(
        None,
        description="Downsample the track to this many points; turns, climbs and its ends are kept",
        examples=[500],
    )
    format: Format = Field("json", description="json, or a file of all points")
    geometry: Literal["points", "line"] = Field(
        "points",
        description="Of geojson: a point for each state vector, or a line for each flight, which is"
        " interrupted at silences and implausible steps and cut at the antimeridian",
    )


class FlightsParameters(TimeRangeParameters):
    """Conditions on flights, and the page to return."""

    icao24: Address = Field(
        None, description="Transponder address, six hexadecimal digits", examples=["4b1814"]
    )
    callsign: Annotated[Text, AfterValidator(_one_pattern)] = Field(
        None, description="Callsign; a * at its end stands for any characters", examples=["SWR*"]
    )
    country: Text = Field(None, description=COUNTRY, examples=["Switzerland"])
    bbox: Area = Field(
        None,
        description="Box in degrees, west,south,east,north, that contains a position of the flight;"
        " it may cross the antimeridian",
        examples=["5.9,45.8,10.5,47.9"],
    )
    include_ground: bool = Field(
        default=False,
        description="Include flights that were never in the air: parked aircraft and vehicles",
    )
    limit: Limit = Field(None, description="Flights per page", examples=[100])
    after: After = Field(
        None, description="`next` of the previous page; the other parameters must stay the same"
    )
    format: Format = Field("json", description="json for a page, or a file of all flights")


class HourlyParameters(TimeRangeParameters):
    """A time range, and a country."""

    country: Text = Field(None, description=COUNTRY, examples=["Switzerland"])


class AltitudesParameters(TimeRangeParameters):
    """A time range, and whether hours are separate."""

    hourly: bool = Field(default=False, description="Count each hour separately")


class BusiestParameters(TimeRangeParameters):
    """What makes an aircraft busy, and how many aircraft to return."""

    by: Measure = Field("flights", description="What is compared")
    limit: int = Field(10, ge=1, le=MAX_LIMIT, description="How many aircraft", examples=[10])
