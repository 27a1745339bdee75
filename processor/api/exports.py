"""SERVE: all state vectors of days as a file."""

import asyncio
import datetime as dt
import re
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response
from pydantic import AfterValidator, Field

from processor.access.gate import Gate
from processor.access.principal import HISTORY, Principal
from processor.api.access import require
from processor.api.answers import describe_answers
from processor.api.download import FILES, download
from processor.api.history_parameters import ICAO24, Area, SpanQuestion
from processor.box import Box
from processor.history.database import HistoryDatabase
from processor.history.errors import UnavailableError
from processor.history.export.reading import Selection, read_pages
from processor.history.export.table import STATE_VECTORS, Row
from processor.history.export.write import FORMATS
from processor.history.places import places_of
from processor.history.window import Window, choose_window
from processor.live.filter import split
from telemetry.settings import HistorySettings

USUAL = dt.timedelta(hours=1)
"""What is exported where `from` is not given."""


def _addresses(values: Sequence[str]) -> tuple[str, ...]:
    found = tuple(sorted(part.lower() for part in split(values)))
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


class Exports:
    """Leaves connections for short questions: an export keeps its own until it has been taken."""

    def __init__(self, database: HistoryDatabase, settings: HistorySettings) -> None:
        self._database = database
        self._places = asyncio.Semaphore(max(1, settings.max_connections // 2))
        self._longest = dt.timedelta(days=settings.max_window_days)

    def answer(self, question: ExportQuestion, areas: Sequence[Box]) -> Response:
        """Answer a file.

        Raises:
            QuestionError: The window ends before it begins.
            WindowError: It is too long.
        """
        window = self._window(question)
        selection = Selection(window, places_of(question.bbox, areas), tuple(question.icao24))
        by_aircraft = FORMATS[question.format].by_aircraft or bool(selection.icao24s)
        return download(
            question.format,
            STATE_VECTORS,
            self._read(selection, by_aircraft=by_aircraft),
            name=f"state_vectors_{window.start:%Y%m%dT%H%M%SZ}_{window.end:%Y%m%dT%H%M%SZ}",
        )

    def _window(self, question: ExportQuestion) -> Window:
        return choose_window(
            question.start,
            question.end,
            now=time.time(),
            usual=min(USUAL, self._longest),
            longest=self._longest,
        )

    async def _read(
        self, selection: Selection, *, by_aircraft: bool
    ) -> AsyncGenerator[Sequence[Row], None]:
        if self._places.locked():
            raise UnavailableError("as many exports are under way as there may be at a time")
        pages = read_pages(self._database, selection, by_aircraft=by_aircraft)
        async with self._places, aclosing(pages):
            async for page in pages:
                yield page


def export_routes(*, database: HistoryDatabase, gate: Gate, settings: HistorySettings) -> APIRouter:
    """Make the route of exports."""
    router = APIRouter(prefix="/api/history", tags=["history"])
    exports = Exports(database, settings)

    @router.get(
        "/state_vectors",
        response_class=Response,
        responses=describe_answers("", {}, statuses=(400, 413, 422, 503)) | FILES,
    )
    async def state_vectors(
        principal: Annotated[Principal, require(gate, HISTORY)],
        question: Annotated[ExportQuestion, Query()],
    ) -> Response:
        """Answer every state vector of the window, however many there are, while reading them.

        By time and then by aircraft; `kml`, and whatever names aircraft, the other way round.
        """
        return exports.answer(question, principal.areas)

    return router
