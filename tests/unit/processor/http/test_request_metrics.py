"""Requests are counted by the path of their route, and clients cannot add series."""

import httpx2
import pytest

from configuration.shared_sections import AccessSettings
from processor.access.gate import create_gate
from testkit.application import Application


@pytest.fixture
async def app() -> Application:
    application = Application(accepted_hosts=["testserver"])
    application.open()
    return application


async def get(app: Application, path: str, **options: str) -> int:
    transport = httpx2.ASGITransport(app=app.app, raise_app_exceptions=False)
    async with httpx2.AsyncClient(transport=transport, base_url="http://testserver") as client:
        response = await client.request(options.get("method", "GET"), path)
    return response.status_code


def requests(app: Application, route: str, status: str, method: str = "GET") -> float:
    labels = {"route": route, "method": method, "status": status}
    return app.metric("flightmonitor_http_requests_total", **labels)


async def test_a_route_is_counted_by_its_path_and_its_class_of_status(app: Application) -> None:
    assert await get(app, "/api/flights") == 200
    assert await get(app, "/api/flights?bbox=nonsense") == 422
    assert requests(app, "/api/flights", "2xx") == requests(app, "/api/flights", "4xx") == 1
    assert await get(app, "/assets/none.js") == 404
    assert requests(app, "/assets/{name}", "4xx") == 1


async def test_what_no_route_has_is_counted_together(app: Application) -> None:
    before = len(series(app))
    for number in range(20):
        await get(app, f"/invented/{number}")
        await get(app, "/api/flights", method=f"INVENTED{number}")
    assert requests(app, "other", "4xx") == 20
    assert requests(app, "/api/flights", "4xx", "other") == 20
    assert len(series(app)) == before + 1


def series(app: Application) -> list[dict[str, str]]:
    """Return the labels of all series."""
    return [
        dict(sample.labels)
        for family in app.registry.collect()
        for sample in family.samples
        if sample.name == "flightmonitor_http_requests_total"
    ]


async def test_every_route_has_its_series_from_the_start(app: Application) -> None:
    shown = {(each["route"], each["method"]) for each in series(app)}
    assert {("/sse/flights", "GET"), ("/ws/flights", "WEBSOCKET"), ("/ready", "HEAD")} <= shown
    assert ("/sse/ticket", "POST") in shown
    assert app.metric("flightmonitor_http_requests_total") == 0


async def test_a_probe_under_another_host_counts_for_its_route(app: Application) -> None:
    transport = httpx2.ASGITransport(app=app.app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://10.0.0.1") as client:
        assert (await client.get("/ready")).status_code == 200
    assert requests(app, "/ready", "2xx") == 1


async def test_an_error_of_the_server_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    gate = create_gate(AccessSettings())
    app = Application(gate=gate)

    async def fail(**_: object) -> None:
        raise RuntimeError("no")

    monkeypatch.setattr(gate, "admit", fail)
    assert await get(app, "/api/flights") == 500
    assert requests(app, "/api/flights", "5xx") == 1
