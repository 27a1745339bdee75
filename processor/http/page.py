"""SERVE: the page as `web/build.py` has built it, compressed as the browser accepts it."""

import mimetypes
from pathlib import Path
from typing import Any

import structlog
from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import FileResponse, PlainTextResponse, Response

from processor.settings import PageSettings
from processor.stream.encoder import accepted_encodings

log = structlog.get_logger()

BUILT = Path(__file__).parents[2] / "web" / "dist"

NOT_BUILT = (
    "The page has not been built: run `make web` in the project's folder, then reload.\n"
    "Everything else is served: the stream at /sse/flights, the REST API as /openapi.json has it.\n"
)

ENCODINGS = {"br": ".br", "gzip": ".gz"}
"""What the build puts beside each file, smallest first."""

FOR_EVER = "public, max-age=31536000, immutable"
"""For assets, whose names change with what they hold."""


def page_routes(
    settings: PageSettings, *, needs_key: bool = False, built: Path = BUILT
) -> APIRouter:
    """Make the routes of the page.

    Args:
        settings: Of the page.
        needs_key: Whether data are given only to who proves who they are.
        built: The folder with what was built; looked into at each request, so it may come later.
    """
    router = APIRouter(include_in_schema=False)
    headers = _headers(settings)
    configuration = _configuration(settings, needs_key=needs_key)
    if not (built / "index.html").is_file():
        log.warning("page_not_built", remedy="make web")

    @router.api_route("/", methods=["GET", "HEAD"])
    async def index(request: Request) -> Response:
        if not (built / "index.html").is_file():
            return PlainTextResponse(NOT_BUILT, status_code=503)
        return _file(built / "index.html", request, headers | {"Cache-Control": "no-cache"})

    @router.api_route("/icon.svg", methods=["GET", "HEAD"])
    async def icon(request: Request) -> Response:
        return _file(built / "icon.svg", request, headers | {"Cache-Control": "no-cache"})

    @router.api_route("/assets/{name}", methods=["GET", "HEAD"])
    async def asset(name: str, request: Request) -> Response:
        return _file(built / "assets" / name, request, headers | {"Cache-Control": FOR_EVER})

    @router.get("/page.json")
    async def page() -> dict[str, Any]:
        return configuration

    return router


def _file(path: Path, request: Request, headers: dict[str, str]) -> Response:
    """Answer a file of the build, in the smallest form that the browser takes."""
    if not path.is_file():
        raise HTTPException(404, "the page has no such file")
    accepted = accepted_encodings(request.headers.get("accept-encoding", ""))
    headers = headers | {"Vary": "Accept-Encoding"}
    media_type = mimetypes.guess_type(path.name)[0]
    for encoding, suffix in ENCODINGS.items():
        packed = path.with_name(path.name + suffix)
        if encoding in accepted and packed.is_file():
            headers |= {"Content-Encoding": encoding}
            return FileResponse(packed, headers=headers, media_type=media_type)
    return FileResponse(path, headers=headers, media_type=media_type)


def _headers(settings: PageSettings) -> dict[str, str]:
    """Let the page run its own script only, and ask nobody but this server and its tiles'."""
    tiles = f" {settings.tile_origin}" if settings.tile_origin else ""
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


def _configuration(settings: PageSettings, *, needs_key: bool) -> dict[str, Any]:
    """Say what the page cannot know by itself."""
    tiles = None
    if settings.tile_url is not None:
        tiles = {"url": settings.tile_url, "attribution": settings.tile_attribution}
    return {"needs_key": needs_key, "tiles": tiles}
