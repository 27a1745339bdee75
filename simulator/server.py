"""The routes: token endpoint, /states/all and /states/own, and two of the simulator's own.

Not part of OpenSky, for tests and the curious:
    PUT /simulator/faults    follow this fault script from now on (format: faults.py)
    GET /simulator/status    requests by route and status, tokens, credits, strikes
"""

import asyncio
import contextlib
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, Router
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from simulator.chance import draw
from simulator.credits import Credits, Principal, Tier, cost_of_area
from simulator.damage import damaged, encode_anything
from simulator.faults import (
    PICTURE_KINDS,
    ROW_KINDS,
    BadScript,
    Fault,
    Faults,
    Kind,
    Strike,
    parse_script,
)
from simulator.faults import Route as FaultRoute
from simulator.gallery import Gallery, compress, encode
from simulator.picture import ICAO24, SENSORS, Picture, Row, Source
from simulator.query import BadQuery, StatesQuery, parse
from simulator.responses import (
    Dropped,
    api_response,
    disfigured,
    error,
    replacement,
    too_many_requests,
)
from simulator.tokens import TokenRefused, Tokens

TOKEN_PATH = "/auth/realms/opensky-network/protocol/openid-connect/token"  # noqa: S105 - a path
_HISTORY = 3600  # seconds that `time` may go back
_OWN_SERIALS = (1408237001, 1408237002)  # the two receivers every client owns
_OWN_SHARE = 20  # one aircraft in so many is received by them

Abort = Callable[[tuple[str, int]], None]


class Rules(NamedTuple):
    """How OpenSky treats clients.

    `anonymous_steps` is how many steps an anonymous client sees as one: OpenSky gives them
    data every 10 s instead of every 5 s.
    """

    tier: Tier = Tier.STANDARD
    has_retry_after: bool = True
    anonymous_steps: int = 1


class Simulator:
    """Everything behind the routes.

    Args:
        source: Where state vectors come from.
        tokens: The token endpoint's memory.
        credits: The accounts of clients.
        rules: How clients are treated.
        script: Faults to begin with.
        clock: Unix time in seconds.
    """

    def __init__(
        self,
        *,
        source: Source,
        tokens: Tokens,
        credits: Credits,  # noqa: A002 - OpenSky's word; the builtin of this name prints credits
        rules: Rules,
        script: list[Fault],
        clock: Callable[[], float],
    ) -> None:
        self._tokens = tokens
        self._credits = credits
        self._rules = rules
        self._clock = clock
        self._started = clock()
        self._faults = Faults(script, start=self._started)
        self._requests: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self.gallery = Gallery(source, clock)

    def count(self, route: str, outcome: str) -> None:
        """Remember a request for the status."""
        self._requests[route][outcome] += 1

    async def token(self, request: Request) -> Response:
        """Answer the token endpoint."""
        form = await request.body()

        async def grant(_strikes: list[Strike]) -> Response:
            try:
                answer = self._tokens.grant(
                    form, request.headers.get("authorization"), self._clock()
                )
            except TokenRefused as refusal:
                return JSONResponse(refusal.body, status_code=refusal.status)
            return JSONResponse(answer, headers={"Cache-Control": "no-store"})

        return await self._under_faults("token", request, grant)

    async def states_all(self, request: Request) -> Response:
        """Answer /states/all."""
        now = self._clock()
        principal = self._principal(request, now)
        if principal is None:
            return api_response(b"", status=401)
        try:
            query = self._checked(parse(request.query_params), principal, now)
        except BadQuery as refusal:
            return error(request, 400, str(refusal), now)
        cost = cost_of_area(query.box.area if query.box else None)
        charge = self._credits.charge(principal, cost, now)
        if charge.retry_after is not None:
            return too_many_requests(charge.retry_after if self._rules.has_retry_after else None)

        async def show(strikes: list[Strike]) -> Response:
            is_past = query.time is not None and not any(
                strike.fault.kind is Kind.HISTORY_IGNORED for strike in strikes
            )
            moment = min(query.time or now, now) if is_past else now
            step = self._step(moment, principal, strikes)
            response = await self._show(request, query, step, strikes)
            response.headers["X-Rate-Limit-Remaining"] = str(charge.remaining)
            return response

        return await self._under_faults("states", request, show)

    async def states_own(self, request: Request) -> Response:
        """Answer /states/own: free, without limit in time, for the authenticated only."""
        now = self._clock()
        principal = self._principal(request, now)
        if principal is None:
            return api_response(b"", status=401)
        if principal.tier is Tier.ANONYMOUS:
            return error(request, 403, "authenticate to see your own receivers", now)
        try:
            query = parse(request.query_params)
        except BadQuery as refusal:
            return error(request, 400, str(refusal), now)
        step = self.gallery.step_at(now if query.time is None else min(query.time, now))
        picture = await self.gallery.picture(step)
        rows = query.select(_own(picture.rows or [], query.serials))
        return api_response(encode(Picture(picture.time, rows), extended=query.extended))

    async def nothing(self, request: Request) -> Response:
        """Answer requests for flights and tracks, which do not exist here: 404 without a body."""
        principal = self._principal(request, self._clock())
        return api_response(b"", status=401 if principal is None else 404)

    async def put_faults(self, request: Request) -> Response:
        """Follow another script."""
        try:
            script = parse_script(await request.body(), name="PUT /simulator/faults")
        except BadScript as refusal:
            return JSONResponse({"error": str(refusal)}, status_code=400)
        self._faults = Faults(script, start=self._clock())
        return JSONResponse({"faults": len(script)})

    async def status(self, _request: Request) -> Response:
        """Report the requests, tokens, credits and faults since the start."""
        return JSONResponse(
            {
                "uptime_seconds": round(self._clock() - self._started, 3),
                "requests": {route: dict(outcomes) for route, outcomes in self._requests.items()},
                "tokens_issued": self._tokens.issued,
                "credits_remaining": self._credits.remaining(),
                "faults": self._faults.report(),
            }
        )

    def _principal(self, request: Request, now: float) -> Principal | None:
        """Return the principal, None for a bad token; Basic counts as no authentication."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            client_id = self._tokens.owner(token.strip(), now)
            return None if client_id is None else Principal(client_id, self._rules.tier)
        address = request.client.host if request.client else "unknown"
        return Principal(address, Tier.ANONYMOUS)

    def _checked(self, query: StatesQuery, principal: Principal, now: float) -> StatesQuery:
        """Apply the rules about `time`."""
        if principal.tier is Tier.ANONYMOUS:
            return query._replace(time=None)
        if query.time is not None and query.time < now - _HISTORY:
            raise BadQuery(f"time={query.time} is more than {_HISTORY} seconds ago")
        return query

    def _step(self, moment: float, principal: Principal, strikes: list[Strike]) -> int:
        for strike in strikes:
            if strike.fault.kind is Kind.FROZEN:
                moment = min(moment, strike.first_moment)
            elif strike.fault.kind is Kind.TIME_BACKWARDS:
                moment -= strike.fault.duration(30, strike.request)
        step = self.gallery.step_at(moment)
        if principal.tier is Tier.ANONYMOUS:
            step -= step % self._rules.anonymous_steps
        return step

    async def _show(
        self, request: Request, query: StatesQuery, step: int, strikes: list[Strike]
    ) -> Response:
        gzipped = _accepts_gzip(request)
        row_strikes = [strike for strike in strikes if strike.fault.kind in ROW_KINDS]
        if query.is_plain and not row_strikes:
            body = await self.gallery.body(step, extended=query.extended, gzipped=gzipped)
        else:
            picture = await self.gallery.picture(step)
            body = await asyncio.to_thread(_selected, picture, query, row_strikes)
            body = await asyncio.to_thread(compress, body) if gzipped else body
        return api_response(body, headers={"Content-Encoding": "gzip"} if gzipped else None)

    async def _under_faults(
        self,
        route: FaultRoute,
        request: Request,
        answer: Callable[[list[Strike]], Awaitable[Response]],
    ) -> Response:
        """Answer as the strikes of this request allow."""
        strikes = self._faults.strikes(route, self._clock())
        for strike in strikes:
            await _delay(strike, request)
        for strike in strikes:
            response = replacement(strike, header=self._rules.has_retry_after)
            if response is not None:
                return response
        response = await answer(strikes)
        for strike in strikes:
            if strike.fault.kind not in PICTURE_KINDS | ROW_KINDS:
                response = disfigured(response, strike.fault.kind)
        return response


async def _delay(strike: Strike, request: Request) -> None:
    """Wait, hang or reset, whichever the fault wants."""
    kind = strike.fault.kind
    if kind is Kind.LATENCY:
        await asyncio.sleep(strike.fault.duration(0.5, strike.request))
    elif kind is Kind.RESET:
        raise Dropped
    elif kind is Kind.HANG:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(strike.fault.duration(60, strike.request)):
                # A client that gives up must not leave a task behind for a minute.
                while (await request.receive())["type"] != "http.disconnect":
                    pass
        raise Dropped


def _selected(picture: Picture, query: StatesQuery, strikes: list[Strike]) -> bytes:
    selected = Picture(picture.time, query.select(picture.rows or []))
    if strikes:
        return encode_anything(damaged(selected, strikes), extended=query.extended)
    return encode(selected, extended=query.extended)


def _own(rows: list[Row], serials: frozenset[int]) -> list[Row]:
    """Return the aircraft that the client's receivers hear, with `sensors` filled in."""
    received = []
    for row in rows:
        bits = draw(int(str(row[ICAO24]), 16))
        if bits % _OWN_SHARE:
            continue
        sensors = list(_OWN_SERIALS[: 1 + (bits >> 8) % len(_OWN_SERIALS)])
        if not serials or serials & set(sensors):
            received.append([*row[:SENSORS], sensors, *row[SENSORS + 1 :]])
    return received


def _accepts_gzip(request: Request) -> bool:
    for entry in request.headers.get("accept-encoding", "").split(","):
        coding, _, weight = entry.replace(" ", "").partition(";")
        if coding.lower() in ("gzip", "x-gzip", "*"):
            return weight not in ("q=0", "q=0.0")
    return False


def create_app(simulator: Simulator, *, abort: Abort | None = None) -> ASGIApp:
    """Return the ASGI application.

    Args:
        simulator: What answers.
        abort: Resets the connection of a client's (host, port); without it a reset is a
            ConnectionResetError to the caller of the application.
    """

    @contextlib.asynccontextmanager
    async def lifespan(_app: object) -> AsyncIterator[None]:
        await simulator.gallery.warm_up()
        ahead = asyncio.create_task(simulator.gallery.run_ahead(), name="run_ahead")
        yield
        ahead.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await ahead

    routes = [
        Route(TOKEN_PATH, simulator.token, methods=["POST"]),
        Route("/api/states/all", simulator.states_all),
        Route("/api/states/own", simulator.states_own),
        Route("/api/flights/{rest:path}", simulator.nothing),
        Route("/api/tracks", simulator.nothing),
        Route("/api/tracks/{rest:path}", simulator.nothing),
        Route("/simulator/faults", simulator.put_faults, methods=["PUT"]),
        Route("/simulator/status", simulator.status),
    ]
    # A bare router: Starlette's own error pages would answer where a fault wants silence.
    return _Counted(Router(routes=routes, lifespan=lifespan), simulator, abort)


class _Counted:
    """Counts outcomes and carries out dropped connections."""

    def __init__(self, app: ASGIApp, simulator: Simulator, abort: Abort | None) -> None:
        self._app = app
        self._simulator = simulator
        self._abort = abort

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        route = f"{scope['method']} {scope['path']}"

        async def counted(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._simulator.count(route, str(message["status"]))
            await send(message)

        try:
            await self._app(scope, receive, counted)
        except Dropped:
            self._simulator.count(route, "dropped")
            await self._drop(scope)
        except asyncio.CancelledError:
            if self._abort is None:
                raise
            # The process ends while a fault keeps this client waiting, and cancels more than once.
            with contextlib.suppress(asyncio.CancelledError):
                await self._drop(scope)

    async def _drop(self, scope: Scope) -> None:
        if self._abort is None:
            raise ConnectionResetError("dropped by a fault")
        self._abort(tuple(scope["client"]))
        await asyncio.sleep(0.01)  # the server must notice before this returns without an answer
