"""The files of readsb, as programs made for it read them (README-json.md of readsb)."""

import gzip
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest

from configuration.shared_sections import AccessSettings
from processor.access.gate import Gate, create_gate
from processor.access.new_key import make_key
from processor.http.readsb import receiver
from processor.reference.identity import Identity
from testkit.application import Application
from testkit.state_vectors import START, state_vector

ALPS = "5,45,11,48"


@asynccontextmanager
async def _serving(gate: Gate | None = None) -> AsyncIterator[Application]:
    site = Application(gate=gate or create_gate(AccessSettings()))
    site.receive(
        state_vector("aaaaaa", callsign="SWR7EA"),
        state_vector("bbbbbb", latitude=-17.0, longitude=-179.5, squawk="7700"),
    )
    site.fleet.identify({"aaaaaa": Identity(registration="HB-JCA", type="A320")})
    site.open()
    async with site.serving():
        yield site


async def _read(site: Application, name: str, **headers: str) -> Any:  # noqa: ANN401 - JSON
    async with httpx2.AsyncClient(base_url=site.url, headers=headers) as client:
        answer = await client.get(f"/data/{name}")
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_aircraft_json_has_what_the_map_of_tar1090_reads() -> None:
    """Times are seconds, unlike below /v2; ages count from `now`."""
    async with _serving() as site:
        whole = await _read(site, "aircraft.json")
    assert list(whole) == ["now", "messages", "aircraft"]
    assert (whole["now"], whole["messages"]) == (START, 2)
    first, second = whole["aircraft"]
    assert (first["hex"], first["r"], first["t"]) == ("aaaaaa", "HB-JCA", "A320")
    assert (first["flight"], first["seen"], first["seen_pos"]) == ("SWR7EA  ", 0, 0)
    assert (second["squawk"], second["emergency"]) == ("7700", "general")


async def test_receiver_json_has_the_refresh_interval() -> None:
    """tar1090 takes these four, and asks for no files of the past without `history`."""
    async with _serving() as site:
        found = await _read(site, "receiver.json")
    assert found["refresh"] == receiver.REFRESH_MILLISECONDS
    assert (found["history"], found["readsb"], found["dbServer"]) == (0, True, True)
    assert isinstance(found["version"], str)


async def test_stats_json_lets_graphs1090_go_on() -> None:
    """Its plugin of collectd reads these keys without a default before it counts aircraft."""
    async with _serving() as site:
        stats = await _read(site, "stats.json")
    total = stats["total"]
    assert total["cpr"]["global_ok"] + total["cpr"]["local_ok"] == 0
    assert (total["tracks"]["all"], total["tracks"]["single_message"]) == (0, 0)
    assert total["cpu"] == {}
    assert total["start"] <= total["end"]
    assert "local" not in stats["last1min"]


async def test_the_answer_is_made_once_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever encodings the clients ask for."""
    async with _serving() as site:
        first = await _read(site, "aircraft.json")
        site.receive(state_vector("cccccc"))
        site.tick(1)
        assert await _read(site, "aircraft.json", **{"accept-encoding": "gzip"}) == first
        monkeypatch.setattr(receiver, "KEPT_SECONDS", 0.0)
    async with _serving() as site:
        await _read(site, "aircraft.json")
        site.receive(state_vector("cccccc"))
        site.tick(1)
        assert len((await _read(site, "aircraft.json"))["aircraft"]) == 3


async def test_the_answer_is_compressed() -> None:
    async with (
        _serving() as site,
        httpx2.AsyncClient(base_url=site.url, headers={"accept-encoding": "gzip"}) as client,
        client.stream("GET", "/data/aircraft.json") as answer,
    ):
        assert answer.headers["content-encoding"] == "gzip"
        assert answer.headers["vary"] == "Accept-Encoding"
        body = b"".join([chunk async for chunk in answer.aiter_raw()])
    assert len(json.loads(gzip.decompress(body))["aircraft"]) == 2


async def test_a_principal_with_areas_gets_its_aircraft_alone(tmp_path: Path) -> None:
    """No number depends on others; without a key there is no answer."""
    secret, entry = make_key(name="alps", scopes=["flights:live"], areas=[ALPS])
    keys_file = tmp_path / "keys.yaml"
    keys_file.write_text(entry)
    keys_file.chmod(0o600)
    gate = create_gate(AccessSettings(mode="required", keys_file=keys_file))
    async with _serving(gate) as site:
        found = await _read(site, "aircraft.json", authorization=f"Bearer {secret}")
        assert [one["hex"] for one in found["aircraft"]] == ["aaaaaa"]
        assert found["messages"] == 0
        async with httpx2.AsyncClient(base_url=site.url) as stranger:
            for name in ("aircraft.json", "receiver.json", "stats.json"):
                assert (await stranger.get(f"/data/{name}")).status_code == 401


async def test_the_live_state_must_be_loaded() -> None:
    site = Application()
    async with site.serving(), httpx2.AsyncClient(base_url=site.url) as client:
        answer = await client.get("/data/aircraft.json")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
