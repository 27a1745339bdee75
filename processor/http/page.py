"""Serve the page that `web/build.py` built, compressed as the browser accepts it."""

import mimetypes
from pathlib import Path
from typing import Annotated, Any

import structlog
from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.responses import FileResponse, PlainTextResponse, Response

from processor.http.dependencies import Routes, provided
from processor.settings import PageSettings
from processor.stream.encoder import accepted_encodings

log = structlog.get_logger()

BUILT = Path(__file__).parents[2] / "web" / "dist"
"""The folder that the build writes to."""

NOT_BUILT = (
    "The page has not been built: run `make web` in the project's folder, then reload.\n"
    "Everything else is served: the stream at /sse/flights, the REST API as /openapi.json has it.\n"
)

ENCODINGS = {"br": ".br", "gzip": ".gz"}
"""Suffixes of the compressed files that the build writes beside each file, smallest first."""

REVALIDATE = {"Cache-Control": "no-cache"}

IMMUTABLE = {"Cache-Control": "public, max-age=31536000, immutable"}
"""For assets: the name of an asset changes with its content."""

router = APIRouter(include_in_schema=False)


class Page:
    """The files of the page, the headers they are sent with, and the page's configuration.

    Args:
        settings: The settings of the page.
        needs_key: Whether the page must ask its user for a key.
        heartbeat_seconds: The stream's heartbeat interval, by which the page notices silence.
        built: The folder with the built files. It is read at each request, so that a build that
            ends after the start is found.
    """

    def __init__(
        self, settings: PageSettings, *, needs_key: bool, heartbeat_seconds: float, built: Path
    ) -> None:
        self.configuration = {
            "needs_key": needs_key,
            "tiles": next(iter(_tiles(settings)), None),
            "tile_layers": _tiles(settings),
            "heartbeat_seconds": heartbeat_seconds,
        }
        self._headers = _security_headers(settings)
        self._built = built
        if not self.is_built():
            log.warning("page_not_built", remedy="make web")

    def is_built(self) -> bool:
        """Whether there is a page."""
        return (self._built / "index.html").is_file()

    def respond(self, request: Request, name: str, cache: dict[str, str]) -> Response:
        """Respond with a built file, in the smallest encoding that the browser accepts.

        Args:
            request: Names the encodings that the browser accepts.
            name: The file, relative to the folder.
            cache: The header that says how long a cache may keep the file.
        """
        path = self._built / name
        if not path.is_file():
            raise HTTPException(404, "the page has no such file")
        accepted = accepted_encodings(request.headers.get("accept-encoding", ""))
        headers = self._headers | cache | {"Vary": "Accept-Encoding"}
        media_type = mimetypes.guess_type(path.name)[0]
        for encoding, suffix in ENCODINGS.items():
            packed = path.with_name(path.name + suffix)
            if encoding in accepted and packed.is_file():
                headers |= {"Content-Encoding": encoding}
                return FileResponse(packed, headers=headers, media_type=media_type)
        return FileResponse(path, headers=headers, media_type=media_type)


GivenPage = Annotated[Page, Depends(provided(Page))]


def page_routes(
    settings: PageSettings,
    *,
    needs_key: bool = False,
    heartbeat_seconds: float,
    built: Path = BUILT,
) -> Routes:
    """Return the routes of the page, see `Page`."""
    page = Page(settings, needs_key=needs_key, heartbeat_seconds=heartbeat_seconds, built=built)
    return Routes(router, (page,))


@router.api_route("/", methods=["GET", "HEAD"])
async def index(request: Request, page: GivenPage) -> Response:
    """Return the page."""
    if not page.is_built():
        return PlainTextResponse(NOT_BUILT, status_code=503)
    return page.respond(request, "index.html", REVALIDATE)


@router.api_route("/icon.svg", methods=["GET", "HEAD"])
async def icon(request: Request, page: GivenPage) -> Response:
    """Return the page's icon."""
    return page.respond(request, "icon.svg", REVALIDATE)


@router.api_route("/assets/{name}", methods=["GET", "HEAD"])
async def asset(name: str, request: Request, page: GivenPage) -> Response:
    """Return a script, a style sheet or data of the page."""
    return page.respond(request, f"assets/{name}", IMMUTABLE)


@router.get("/page.json")
async def configuration(page: GivenPage) -> dict[str, Any]:
    """Return the page's configuration."""
    return page.configuration


def _security_headers(settings: PageSettings) -> dict[str, str]:
    """Allow the page its own scripts only, and requests to this server and those of tiles only."""
    tiles = "".join(f" {origin}" for origin in settings.tile_origins)
    policy = {
        "default-src": "'none'",
        "script-src": "'self'",
        "worker-src": "'self'",
        "style-src": "'self'",
        "img-src": f"'self' data:{tiles}",
        "connect-src": f"'self'{tiles}",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
    }
    return {
        "Content-Security-Policy": "; ".join(f"{name} {value}" for name, value in policy.items()),
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
    }


def _tiles(settings: PageSettings) -> list[dict[str, str]]:
    return [
        {"name": layer.name, "url": layer.url, "attribution": layer.attribution}
        for layer in settings.tile_layers
    ]
