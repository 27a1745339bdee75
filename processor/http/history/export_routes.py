"""The route that exports state vectors as a file."""

import datetime as dt
import re
from collections.abc import Sequence
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request, Response
from pydantic import AfterValidator, Field

from processor.history.area_restriction import visible_boxes
from processor.history.errors import InvalidRequestError
from processor.history.export.identified import add_identities, choose_columns, has_identity
from processor.history.export.reading import StateVectorSelection, read_pages
from processor.history.export.table import STATE_VECTORS, STATE_VECTORS_WITH_FLIGHTS, Table
from processor.history.export.write import FILE_FORMATS
from processor.http.access.admission import client_of
from processor.http.access.dependencies import HistoryPrincipal
from processor.http.history.download import FILE_RESPONSES
from processor.http.history.parameters import ICAO24, Area, TimeRangeParameters
from processor.http.history.services import History
from processor.http.responses import describe_responses
from processor.stream.filter import split_values
from processor.stream.output_format import ALL_FIELDS

DEFAULT_RANGE = dt.timedelta(hours=1)
"""The time range of an export if `from` is not given."""

router = APIRouter(prefix="/api/history", tags=["history"])


def _addresses(values: Sequence[str]) -> tuple[str, ...]:
    found = tuple(sorted(part.lower() for part in split_values(values)))
    for part in found:
        if not re.fullmatch(ICAO24, part):
            raise ValueError(f"{part!r} is not an address of six hexadecimal digits")
    return found


def _fields(values: Sequence[str]) -> tuple[str, ...]:
    names = split_values(values, len(ALL_FIELDS))
    choose_columns(STATE_VECTORS, names)
    return names


class ExportParameters(TimeRangeParameters):
    """The state vectors to export, and the format of the file."""

    format: Literal["csv", "geojson", "kml", "ndjson", "parquet"] = Field(
        "csv", description="Format of the file"
    )
    icao24: Annotated[Sequence[str], AfterValidator(_addresses)] = Field(
        (),
        description="Transponder addresses, several by comma or by repeating the parameter; the"
        " rows are then ordered by aircraft",
        examples=[["4b1814,3c6444"]],
    )
    bbox: Area = Field(
        None,
        description="Box in degrees, west,south,east,north, that contains the position; it may"
        " cross the antimeridian. State vectors without a position are then left out",
        examples=["5.9,45.8,10.5,47.9"],
    )
    fields: Annotated[Sequence[str], AfterValidator(_fields)] = Field(
        (),
        description="Columns of the file, several by comma or by repeating the parameter, in `csv`,"
        " `ndjson` and `parquet`; icao24 and last_contact are always included:"
        f" {', '.join(ALL_FIELDS)}",
        examples=[["callsign,registration,type"]],
    )

    @property
    def table(self) -> Table:
        """The columns of the file.

        Raises:
            InvalidRequestError: The format has columns of its own.
        """
        if self.fields and self.format in {"geojson", "kml"}:
            raise InvalidRequestError(
                "fields", f"{self.format} has columns of its own: omit fields"
            )
        return choose_columns(STATE_VECTORS, self.fields)


@router.get(
    "/state_vectors",
    response_class=Response,
    responses=describe_responses("", {}, statuses=(400, 413, 422, 429, 503)) | FILE_RESPONSES,
)
async def state_vectors(
    request: Request,
    principal: HistoryPrincipal,
    history: History,
    parameters: Annotated[ExportParameters, Query()],
) -> Response:
    """Send every state vector of the time range as a file, while it is being read.

    Rows are ordered by time and then by aircraft, or by aircraft and then by time in `kml` and if
    `icao24` is given.
    """
    context, table = history.context, parameters.table
    window = context.window(parameters.start, parameters.end, usual=DEFAULT_RANGE)
    with_flights = FILE_FORMATS[parameters.format].by_aircraft and not principal.areas
    selection = StateVectorSelection(
        window,
        visible_boxes(parameters.bbox, principal.areas),
        tuple(parameters.icao24),
        with_flights=with_flights,
    )
    by_aircraft = FILE_FORMATS[parameters.format].by_aircraft or bool(selection.icao24s)
    pages = read_pages(context.database, selection, by_aircraft=by_aircraft)
    if has_identity(table):
        pages = add_identities(pages, history.identities)
    return history.files.respond(
        client_of(request, principal),
        parameters.format,
        STATE_VECTORS_WITH_FLIGHTS if with_flights else table,
        pages,
        name=f"state_vectors_{window.start:%Y%m%dT%H%M%SZ}_{window.end:%Y%m%dT%H%M%SZ}",
    )
