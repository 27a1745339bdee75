"""Join routers of modules with the objects that one application serves them with."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

import msgspec
from fastapi import APIRouter, FastAPI
from starlette.requests import HTTPConnection

T = TypeVar("T")


class Routes(msgspec.Struct, frozen=True):
    """A router, and the objects that its endpoints get by `Depends(provided(TheirClass))`."""

    router: APIRouter
    services: tuple[object, ...]


def add_routes(app: FastAPI, routes: Routes | APIRouter) -> None:
    """Add routes to an application, which keeps the last object of each class and base class."""
    app.include_router(routes if isinstance(routes, APIRouter) else routes.router)
    if isinstance(routes, Routes):
        held: dict[type, object] = dict(getattr(app.state, "services", {}))
        for each in routes.services:
            held |= dict.fromkeys(type(each).__mro__, each)
        app.state.services = held


def provided(kind: type[T]) -> Callable[[HTTPConnection], Awaitable[T]]:
    """Return the dependency that gives an endpoint the application's object of this class."""

    # A function that is not `async` would be run in a thread.
    async def dependency(connection: HTTPConnection) -> T:
        service: T = connection.scope["app"].state.services[kind]
        return service

    return dependency
