"""SERVE: one aircraft: where it is, which flight it is on, and its track."""

import datetime as dt
from typing import Annotated

import msgspec
from fastapi import APIRouter, Query, Request, Response

from processor.access.gate import Gate
from processor.access.principal import HISTORY, Principal
from processor.access.shares import Client
from processor.bounding_box import BoundingBox
from processor.history.area_restriction import visible_boxes
from processor.history.context import HistoryContext
from processor.history.database import Connection
from processor.history.errors import InvalidRequestError, NotFoundError
from processor.history.export.reading import read_track
from processor.history.export.table import TRACK, TRACK_WITH_FLIGHTS
from processor.history.flights import Flight, read_last
from processor.history.tracks import Track, TrackReader, find_implausible, make_track
from processor.history.window import Window
from processor.http.access.gate_middleware import client_of, require
from processor.http.answers import answer, describe_answers, schema_of
from processor.http.history.download import FILES
from processor.http.history.files import Files
from processor.http.history.large_answers import LargeAnswers, Write
from processor.http.history.parameters import Icao24, TrackQuestion
from processor.live.broadcaster import Broadcaster
from processor.stream.query import parse_query
from telemetry.state_vector import StateVector

USUAL = dt.timedelta(days=1)
"""Of a track that is asked for by one end only."""


class AircraftAnswer(msgspec.Struct, frozen=True):
    """An aircraft.

    Attributes:
        state: As in the living picture; None when it has not been heard lately.
        flight: The one that it is on, or its last one.
    """

    icao24: str
    state: StateVector | None
    flight: Flight | None


def aircraft_routes(
    *,
    source: HistoryContext,
    broadcaster: Broadcaster | None,
    files: Files,
    answers: LargeAnswers,
    gate: Gate,
) -> APIRouter:
    """Make the routes below an aircraft's address."""
    router = APIRouter(prefix="/api/flights", tags=["history"])
    aircraft = _Aircraft(source, broadcaster, files, answers)
    admitted = require(gate, HISTORY)

    @router.get(
        "/{icao24}",
        response_class=Response,
        responses=describe_answers(
            "Its state vector in the living picture, and its current or last flight.",
            schema_of(AircraftAnswer),
            statuses=(404, 413, 422, 429, 503),
        ),
    )
    async def one_aircraft(
        request: Request, principal: Annotated[Principal, admitted], icao24: Icao24
    ) -> Response:
        """Answer an aircraft."""
        client = client_of(request, principal)
        return answer(await aircraft.describe(client, icao24, principal.areas))

    @router.get(
        "/{icao24}/track",
        response_class=Response,
        responses=describe_answers(
            "The state vectors in order of time, of the current or last flight unless `from` or"
            " `to` is given.",
            schema_of(Track),
            statuses=(400, 404, 413, 422, 429, 503),
            files=FILES,
        ),
    )
    async def track(
        request: Request,
        principal: Annotated[Principal, admitted],
        icao24: Icao24,
        question: Annotated[TrackQuestion, Query()],
    ) -> Response:
        """Answer an aircraft's track."""
        client = client_of(request, principal)
        return await aircraft.track(request, client, icao24, question, principal.areas)

    return router


class _Aircraft:
    def __init__(
        self,
        source: HistoryContext,
        broadcaster: Broadcaster | None,
        files: Files,
        answers: LargeAnswers,
    ) -> None:
        self._source = source
        self._files = files
        self._answers = answers
        self._broadcaster = broadcaster

    async def describe(
        self, client: Client, icao24: str, areas: tuple[BoundingBox, ...]
    ) -> AircraftAnswer:
        async with self._source.connections.reading(client) as connection:
            flight = await self._last_flight(connection, icao24, areas)
        state = self._living(icao24, areas)
        if state is None and flight is None:
            raise NotFoundError(
                f"{icao24} is not in the living picture and has no flight on record"
            )
        return AircraftAnswer(icao24, state, flight)

    def _living(self, icao24: str, areas: tuple[BoundingBox, ...]) -> StateVector | None:
        if self._broadcaster is None:
            return None
        found = self._broadcaster.select(parse_query([("icao24", icao24)], areas))
        return found[0].state_vector if found else None

    async def _last_flight(
        self, connection: Connection, icao24: str, areas: tuple[BoundingBox, ...]
    ) -> Flight | None:
        return await read_last(
            connection, self._source.statements, icao24, areas=visible_boxes(None, areas)
        )

    async def track(
        self,
        request: Request,
        client: Client,
        icao24: str,
        question: TrackQuestion,
        areas: tuple[BoundingBox, ...],
    ) -> Response:
        if question.format != "json":
            return await self._file(client, icao24, question, areas)

        async def read() -> Write:
            return await self._read_track(client, icao24, question, areas)

        return self._answers.answer(request, client, read)

    async def _read_track(
        self, client: Client, icao24: str, question: TrackQuestion, areas: tuple[BoundingBox, ...]
    ) -> Write:
        source = self._source
        async with source.connections.reading(client) as connection:
            window = await self._window(connection, icao24, question, areas)
            reader = TrackReader(
                connection,
                source.statements,
                max_rows=source.settings.max_rows,
                areas=visible_boxes(None, areas),
            )
            read = reader.read if question.max_points is None else reader.read_for_downsampling
            found = await read(icao24, window)
            implausible = await find_implausible(connection, source.statements, found)
        return lambda: msgspec.json.encode(
            make_track(
                icao24,
                window,
                found,
                implausible=implausible,
                max_points=question.max_points,
            )
        )

    async def _file(
        self, client: Client, icao24: str, question: TrackQuestion, areas: tuple[BoundingBox, ...]
    ) -> Response:
        if question.max_points is not None:
            raise InvalidRequestError("max_points", "tracks are thinned in JSON only: leave it out")
        async with self._source.connections.reading(client) as connection:
            window = await self._window(connection, icao24, question, areas)
        pages = read_track(self._source.database, icao24, window, visible_boxes(None, areas))
        table = TRACK if areas else TRACK_WITH_FLIGHTS
        return self._files.answer(client, question.format, table, pages, name=f"track-{icao24}")

    async def _window(
        self,
        connection: Connection,
        icao24: str,
        question: TrackQuestion,
        areas: tuple[BoundingBox, ...],
    ) -> Window:
        if question.start is not None or question.end is not None:
            return self._source.window(question.start, question.end, usual=USUAL)
        flight = await self._last_flight(connection, icao24, areas)
        if flight is None:
            raise NotFoundError(f"{icao24} has no flight on record; ask with from= and to=")
        return flight.window
