"""What questions to the history may say, checked and described for OpenAPI."""

import datetime as dt
from typing import Annotated, Any

from fastapi import Path
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from processor.bounding_box import BoundingBox, parse_box
from processor.history.export.write import FILE_FORMATS
from processor.history.flights import Cursor, decode_cursor
from processor.history.statistics import Measure
from processor.history.window import TIME_FORMATS, parse_moment

MAX_LIMIT = 1_000
MAX_POINTS = 100_000
MAX_TEXT = 64
"""As long as a state vector's text may be."""

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
    """Describe a value that may be left out, which OpenAPI says beside the schema."""
    return WithJsonSchema(schema)


Text = Annotated[
    str | None,
    Field(min_length=1, max_length=MAX_TEXT),
    AfterValidator(_printable),
    _schema(type="string", minLength=1, maxLength=MAX_TEXT),
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


class _Question(BaseModel):
    # Misspelt, a parameter would be left out in silence.
    model_config = ConfigDict(extra="forbid", arbitrary_types_allowed=True, frozen=True)


class SpanQuestion(_Question):
    """From when to when."""

    start: Moment = Field(
        None, alias="from", description=f"Begin: {TIME_FORMATS}", examples=["2026-09-21T00:00:00Z"]
    )
    end: Moment = Field(
        None, alias="to", description="End, the same; now by default", examples=["1790000000"]
    )


class TrackQuestion(SpanQuestion):
    """Which part of a track, and how fine."""

    max_points: Points = Field(
        None,
        description="Thin the track to so many points; turns, climbs and its ends stay",
        examples=[500],
    )
    format: Format = Field("json", description="All but json are files of all points")


class FlightsQuestion(SpanQuestion):
    """Which flights."""

    icao24: Address = Field(
        None, description="Transponder address, six hexadecimal digits", examples=["4b1814"]
    )
    callsign: Annotated[Text, AfterValidator(_one_pattern)] = Field(
        None, description="Callsign, * at the end for any more characters", examples=["SWR*"]
    )
    country: Text = Field(None, description=COUNTRY, examples=["Switzerland"])
    bbox: Area = Field(
        None,
        description="Box in degrees, west,south,east,north, that a position of the flight lies in;"
        " it may cross the antimeridian",
        examples=["5.9,45.8,10.5,47.9"],
    )
    include_ground: bool = Field(
        default=False,
        description="Also flights without a state vector in the air: parked aircraft and vehicles",
    )
    limit: Limit = Field(None, description="Flights of a page", examples=[100])
    after: After = Field(
        None, description="`next` of the page before, with the other parameters as they were"
    )
    format: Format = Field("json", description="All but json are files of all flights, not a page")


class HourlyQuestion(SpanQuestion):
    """Traffic of which hours."""

    country: Text = Field(None, description=COUNTRY, examples=["Switzerland"])


class AltitudesQuestion(SpanQuestion):
    """Traffic at which altitudes."""

    hourly: bool = Field(default=False, description="Each hour by itself")


class BusiestQuestion(SpanQuestion):
    """Which aircraft are the busiest."""

    by: Measure = Field("flights", description="What they have most of")
    limit: int = Field(10, ge=1, le=MAX_LIMIT, description="How many aircraft", examples=[10])
