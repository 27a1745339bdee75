"""Routes of one aircraft: its newest state vector, its current or last flight, and its track."""

import datetime as dt
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Query, Request, Response

from processor.access.slots import Client
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
from processor.http.access.admission import client_of
from processor.http.access.dependencies import HistoryPrincipal
from processor.http.history.download import FILE_RESPONSES
from processor.http.history.large_responses import Write
from processor.http.history.parameters import Icao24, TrackParameters
from processor.http.history.services import History, HistoryServices
from processor.http.responses import describe_responses, respond, schema_of
from processor.live.broadcaster import Broadcaster
from processor.reference.identity import Identity, is_known
from processor.stream.query import parse_query
from telemetry.state_vector import StateVector

DEFAULT_RANGE = dt.timedelta(days=1)
"""The time range of a track if only `from` or only `to` is given."""

Areas = tuple[BoundingBox, ...]

router = APIRouter(prefix="/api/flights", tags=["history"])
identity_router = APIRouter(prefix="/api/aircraft", tags=["history"])


class AircraftAnswer(msgspec.Struct, frozen=True):
    """An aircraft.

    Attributes:
        state: The newest state vector; None if the aircraft is not part of the live state.
        flight: The current flight, or else the last one; None if there is none.
        identity: Registration, type, operator and more, as far as they are known.
    """

    icao24: str
    state: StateVector | None
    flight: Flight | None
    identity: Identity


_DESCRIPTION: dict[int | str, dict[str, Any]] = describe_responses(
    "Its newest state vector, its current or last flight, and its identity.",
    schema_of(AircraftAnswer),
    statuses=(404, 413, 422, 429, 503),
)


@identity_router.get("/{icao24}", response_class=Response, responses=_DESCRIPTION)
async def aircraft(
    request: Request, principal: HistoryPrincipal, history: History, icao24: Icao24
) -> Response:
    """Return an aircraft, also one that was never received if something is known about it."""
    answer = await _answer(history, client_of(request, principal), icao24, principal.areas)
    if answer.state is None and answer.flight is None and not is_known(answer.identity):
        raise NotFoundError(f"nothing is known about {icao24}")
    return respond(answer)


@router.get("/{icao24}", response_class=Response, responses=_DESCRIPTION)
async def one_aircraft(
    request: Request, principal: HistoryPrincipal, history: History, icao24: Icao24
) -> Response:
    """Return an aircraft that is among the live ones or has a flight on record."""
    answer = await _answer(history, client_of(request, principal), icao24, principal.areas)
    if answer.state is None and answer.flight is None:
        raise NotFoundError(f"{icao24} is not among the live aircraft and has no flight on record")
    return respond(answer)


@router.get(
    "/{icao24}/track",
    response_class=Response,
    responses=describe_responses(
        "The state vectors in order of time, of the current or last flight unless `from` or"
        " `to` is given.",
        schema_of(Track),
        statuses=(400, 404, 413, 422, 429, 503),
        files=FILE_RESPONSES,
    ),
)
async def track(
    request: Request,
    principal: HistoryPrincipal,
    history: History,
    icao24: Icao24,
    parameters: Annotated[TrackParameters, Query()],
) -> Response:
    """Return an aircraft's track."""
    client, areas = client_of(request, principal), principal.areas
    if parameters.geometry == "line" and parameters.format != "geojson":
        raise InvalidRequestError("geometry", "only geojson has lines: add format=geojson")
    if parameters.format != "json":
        return await _file(history, client, icao24, parameters, areas)

    async def read() -> Write:
        return await _read_track(history.context, client, icao24, parameters, areas)

    return history.responses.respond(request, client, read)


async def _answer(
    history: HistoryServices, client: Client, icao24: str, areas: Areas
) -> AircraftAnswer:
    context = history.context
    async with context.connections.reading(client) as connection:
        flight = await _last_flight(context, connection, icao24, areas)
    identity = (await history.identities.find([icao24]))[icao24]
    state = _live_state(history.broadcaster, icao24, areas)
    callsign = state.callsign if state is not None else None
    if callsign is None and flight is not None:
        callsign = flight.callsign
    return AircraftAnswer(icao24, state, flight, identity.with_operator_of(callsign))


def _live_state(broadcaster: Broadcaster | None, icao24: str, areas: Areas) -> StateVector | None:
    if broadcaster is None:
        return None
    found = broadcaster.select(parse_query([("icao24", icao24)], areas))
    return found[0].state_vector if found else None


async def _last_flight(
    context: HistoryContext, connection: Connection, icao24: str, areas: Areas
) -> Flight | None:
    return await read_last(connection, context.statements, icao24, areas=visible_boxes(None, areas))


async def _read_track(
    context: HistoryContext, client: Client, icao24: str, parameters: TrackParameters, areas: Areas
) -> Write:
    async with context.connections.reading(client) as connection:
        window = await _window(context, connection, icao24, parameters, areas)
        reader = TrackReader(
            connection,
            context.statements,
            max_rows=context.settings.max_rows,
            areas=visible_boxes(None, areas),
        )
        read = reader.read if parameters.max_points is None else reader.read_for_downsampling
        found = await read(icao24, window)
        implausible = await find_implausible(connection, context.statements, found)
    return lambda: msgspec.json.encode(
        make_track(
            icao24,
            window,
            found,
            implausible=implausible,
            max_points=parameters.max_points,
        )
    )


async def _file(
    history: HistoryServices,
    client: Client,
    icao24: str,
    parameters: TrackParameters,
    areas: Areas,
) -> Response:
    if parameters.max_points is not None:
        raise InvalidRequestError(
            "max_points", "only a track in JSON can be downsampled: leave it out"
        )
    context = history.context
    async with context.connections.reading(client) as connection:
        window = await _window(context, connection, icao24, parameters, areas)
    pages = read_track(context.database, icao24, window, visible_boxes(None, areas))
    table = TRACK if areas else TRACK_WITH_FLIGHTS
    table = msgspec.structs.replace(table, has_lines=parameters.geometry == "line")
    return history.files.respond(client, parameters.format, table, pages, name=f"track-{icao24}")


async def _window(
    context: HistoryContext,
    connection: Connection,
    icao24: str,
    parameters: TrackParameters,
    areas: Areas,
) -> Window:
    if parameters.start is not None or parameters.end is not None:
        return context.window(parameters.start, parameters.end, usual=DEFAULT_RANGE)
    flight = await _last_flight(context, connection, icao24, areas)
    if flight is None:
        raise NotFoundError(f"{icao24} has no flight on record; give a time range with from and to")
    return flight.window
