"""Applications that share a router, each with objects of its own."""

from typing import Annotated

from fastapi import APIRouter, Depends, FastAPI
from starlette.testclient import TestClient

from processor.http.dependencies import Routes, add_routes, provided


class _Greeting:
    def __init__(self, text: str) -> None:
        self.text = text


router = APIRouter()


@router.get("/greeting")
async def greeting(given: Annotated[_Greeting, Depends(provided(_Greeting))]) -> str:
    return given.text


def _client(*greetings: str) -> TestClient:
    app = FastAPI()
    for text in greetings:
        add_routes(app, Routes(router, (_Greeting(text),)))
    return TestClient(app)


def test_each_application_has_its_own_objects() -> None:
    first, second = _client("first"), _client("second")
    assert first.get("/greeting").json() == "first"
    assert second.get("/greeting").json() == "second"


def test_last_object_of_a_class_counts() -> None:
    assert _client("first", "second").get("/greeting").json() == "second"


def test_dependency_is_not_part_of_the_document() -> None:
    """Clients send nothing for it."""
    document = _client("first").get("/openapi.json").json()
    assert "parameters" not in document["paths"]["/greeting"]["get"]
