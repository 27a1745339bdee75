"""SERVE: all state vectors of days as a file."""

import datetime as dt
import re
from collections.abc import Sequence
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request, Response
from pydantic import AfterValidator, Field

from processor.access.gate import Gate
from processor.access.principal import HISTORY, Principal
from processor.history.area_restriction import visible_boxes
from processor.history.context import HistoryContext
from processor.history.export.reading import StateVectorSelection, read_pages
from processor.history.export.table import STATE_VECTORS, STATE_VECTORS_WITH_FLIGHTS
from processor.history.export.write import FILE_FORMATS
from processor.http.access.gate_middleware import client_of, require
from processor.http.answers import describe_answers
from processor.http.history.download import FILES
from processor.http.history.files import Files
from processor.http.history.parameters import ICAO24, Area, SpanQuestion
from processor.stream.filter import split_values

USUAL = dt.timedelta(hours=1)
"""What is exported where `from` is not given."""


def _addresses(values: Sequence[str]) -> tuple[str, ...]:
    found = tuple(sorted(part.lower() for part in split_values(values)))
    for part in found:
        if not re.fullmatch(ICAO24, part):
            raise ValueError(f"{part!r} is not an address of six hexadecimal digits")
    return found


class ExportQuestion(SpanQuestion):
    """Which state vectors, and as what; an hour unless the span is given."""

    format: Literal["csv", "geojson", "kml", "ndjson", "parquet"] = Field(
        "csv", description="What the file is"
    )
    icao24: Annotated[Sequence[str], AfterValidator(_addresses)] = Field(
        (),
        description="Transponder addresses, several by comma or by repeating the parameter; the"
        " rows then come aircraft by aircraft",
        examples=[["4b1814,3c6444"]],
    )
    bbox: Area = Field(
        None,
        description="Box in degrees, west,south,east,north, that the position lies in; it may cross"
        " the antimeridian. What has no position is left out then",
        examples=["5.9,45.8,10.5,47.9"],
    )


def export_routes(*, source: HistoryContext, files: Files, gate: Gate) -> APIRouter:
    """Make the route of exports."""
    router = APIRouter(prefix="/api/history", tags=["history"])

    @router.get(
        "/state_vectors",
        response_class=Response,
        responses=describe_answers("", {}, statuses=(400, 413, 422, 429, 503)) | FILES,
    )
    async def state_vectors(
        request: Request,
        principal: Annotated[Principal, require(gate, HISTORY)],
        question: Annotated[ExportQuestion, Query()],
    ) -> Response:
        """Answer every state vector of the window, however many there are, while reading them.

        By time and then by aircraft; `kml`, and whatever names aircraft, the other way round.
        """
        window = source.window(question.start, question.end, usual=USUAL)
        with_flights = FILE_FORMATS[question.format].by_aircraft and not principal.areas
        selection = StateVectorSelection(
            window,
            visible_boxes(question.bbox, principal.areas),
            tuple(question.icao24),
            with_flights=with_flights,
        )
        by_aircraft = FILE_FORMATS[question.format].by_aircraft or bool(selection.icao24s)
        return files.answer(
            client_of(request, principal),
            question.format,
            STATE_VECTORS_WITH_FLIGHTS if with_flights else STATE_VECTORS,
            read_pages(source.database, selection, by_aircraft=by_aircraft),
            name=f"state_vectors_{window.start:%Y%m%dT%H%M%SZ}_{window.end:%Y%m%dT%H%M%SZ}",
        )

    return router
