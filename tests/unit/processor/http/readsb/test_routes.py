"""Programs made for readsb, api.adsb.lol and ADSBexchange work with these routes."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Literal

import httpx2
import msgspec
import pytest

from configuration.shared_sections import AccessSettings
from processor.access.gate import Gate, create_gate
from processor.access.new_key import make_key
from processor.http.app import create_app
from processor.http.readsb.routes import readsb_routes
from processor.reference.identity import Identity
from testkit.application import Application
from testkit.state_vectors import START, state_vector

ALPS = "5,45,11,48"

FLEET = (
    state_vector("aaaaaa", callsign="SWR7EA", latitude=47.4647, longitude=8.5492),
    state_vector("bbbbbb", callsign="SWR8", latitude=46.2381, longitude=6.1090, squawk="7700"),
    state_vector("cccccc", callsign="ANZ1", latitude=-17.0, longitude=-179.5, squawk="7600"),
    state_vector("dddddd", callsign=None, latitude=None, longitude=None),
)

AIRBUS = Identity(
    registration="HB-JCA", type="A320", manufacturer="Airbus", model="A320 214", year_built=2001
)
HERCULES = Identity(type="C130", military=True, operator="Air Force")


@asynccontextmanager
async def _serving(gate: Gate, *, is_open: bool = True) -> AsyncIterator[Application]:
    site = Application(gate=gate)
    site.receive(*FLEET)
    if is_open:
        site.open()
    async with site.serving():
        yield site


def _client(site: Application, secret: str | None = None) -> httpx2.AsyncClient:
    headers = {"authorization": f"Bearer {secret}"} if secret else {}
    return httpx2.AsyncClient(base_url=site.url, headers=headers)


@pytest.fixture
async def client() -> AsyncIterator[httpx2.AsyncClient]:
    async with _serving(create_gate(AccessSettings())) as site, _client(site) as client:
        yield client


async def _found(client: httpx2.AsyncClient, path: str) -> list[str]:
    answer = await client.get(path)
    assert answer.status_code == 200, answer.text
    return [aircraft["hex"] for aircraft in answer.json()["ac"]]


async def test_what_is_around_the_aircraft(client: httpx2.AsyncClient) -> None:
    """The times are Unix milliseconds here, unlike elsewhere."""
    answer = await client.get("/v2/hex/aaaaaa")
    whole = answer.json()
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-store"
    assert list(whole) == ["ac", "msg", "now", "total", "ctime", "ptime"]
    assert (whole["msg"], whole["total"], len(whole["ac"])) == ("No error", 1, 1)
    assert whole["now"] == whole["ctime"] == START * 1000
    assert 0 <= whole["ptime"] < 1000


async def test_no_aircraft_is_no_error(client: httpx2.AsyncClient) -> None:
    """The status is not 404, after which programs would retry."""
    answer = await client.get("/v2/hex/123456")
    assert (answer.status_code, answer.json()["ac"], answer.json()["total"]) == (200, [], 0)


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("hex/aaaaaa", ["aaaaaa"]),
        ("hex/AAAAAA,dddddd,123456", ["aaaaaa", "dddddd"]),
        ("icao/bbbbbb", ["bbbbbb"]),
        ("callsign/SWR7EA", ["aaaaaa"]),
        ("callsign/swr7ea,anz1", ["aaaaaa", "cccccc"]),
        ("callsign/SWR*", ["aaaaaa", "bbbbbb"]),
        ("callsign/SWR8%20%20%20%20", ["bbbbbb"]),
        ("callsign/SWR", []),
        ("sqk/7700", ["bbbbbb"]),
        ("sqk/7600,7700", ["bbbbbb", "cccccc"]),
        ("squawk/emergency", ["bbbbbb", "cccccc"]),
        ("point/47.4647/8.5492/0", ["aaaaaa"]),
        ("point/47.4647/8.6/1", []),
        ("point/47.4647/8.6/2.5", ["aaaaaa"]),
        ("point/47/7/250", ["aaaaaa", "bbbbbb"]),
        ("lat/47/lon/7/dist/250", ["aaaaaa", "bbbbbb"]),
        ("point/-17/179.9/40", ["cccccc"]),
        ("closest/46.3/6.2/250", ["bbbbbb"]),
        ("closest/47/8/250", ["aaaaaa"]),
        ("closest/0/0/250", []),
    ],
)
async def test_aircraft_that_are_found(
    client: httpx2.AsyncClient, path: str, found: list[str]
) -> None:
    """Every path works; some programs add a slash and follow no redirect."""
    assert await _found(client, f"/v2/{path}") == found
    assert await _found(client, f"/v2/{path}/") == found


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("registration/HB-JCA", ["aaaaaa"]),
        ("reg/hb-jca,N1", ["aaaaaa"]),
        ("type/a320", ["aaaaaa"]),
        ("type/A320,C130", ["aaaaaa", "bbbbbb"]),
        ("mil", ["bbbbbb"]),
        ("callsign/GAF/12", ["eeeeee"]),
        ("callsign/GAF%2F12", ["eeeeee"]),
        ("registration/5N/A", []),
        ("registration//", []),
    ],
)
async def test_aircraft_are_found_by_their_identity(path: str, found: list[str]) -> None:
    """Likewise a callsign with a slash."""
    async with _serving(create_gate(AccessSettings())) as site, _client(site) as client:
        site.receive(state_vector("eeeeee", callsign="GAF/12"))
        site.fleet.identify({"aaaaaa": AIRBUS, "bbbbbb": HERCULES})
        site.tick(1)
        assert await _found(client, f"/v2/{path}") == found
        assert await _found(client, f"/v2/{path}/") == found


async def test_a_point_gives_distance_and_direction(client: httpx2.AsyncClient) -> None:
    """Geneva is 124 nautical miles west-south-west of Zurich."""
    answer = (await client.get("/v2/point/47.4647/8.5492/250")).json()
    zurich, geneva = answer["ac"]
    assert (zurich["dst"], zurich["dir"]) == (0, 0)
    assert geneva["dst"] == pytest.approx(124.1, abs=0.5)
    assert geneva["dir"] == pytest.approx(235, abs=1)
    assert "dst" not in (await client.get("/v2/hex/aaaaaa")).json()["ac"][0]


@pytest.mark.parametrize(
    ("path", "part"),
    [
        ("point/91/8/25", "lat"),
        ("point/47/181/25", "lon"),
        ("point/47/8/250.1", "radius"),
        ("point/47/8/-1", "radius"),
        ("point/nan/8/25", "lat"),
        ("point/47/8/inf", "radius"),
        ("point/47,1/8/25", "lat"),
        ("closest/47/8/251", "radius"),
        ("hex/4b18", "hexes"),
        ("hex/4b1814,,3c6444", "hexes"),
        ("hex/" + ",".join(f"{number:06x}" for number in range(1_001)), "hexes"),
        ("callsign/S*R", "callsigns"),
        ("callsign/%20", "callsigns"),
        ("sqk/7800", "squawks"),
        ("squawk/77", "squawks"),
        ("type/,A320", "types"),
        ("reg/%20", "registrations"),
    ],
)
async def test_a_part_amiss_is_named(client: httpx2.AsyncClient, path: str, part: str) -> None:
    """The status is 422, in the form that api.adsb.lol has too."""
    answer = await client.get(f"/v2/{path}")
    assert answer.status_code == 422
    (detail,) = answer.json()["detail"]
    assert detail["loc"] == ["path", part]
    assert detail["msg"]


async def test_a_thousand_addresses(client: httpx2.AsyncClient) -> None:
    """ADSBexchange accepts as many."""
    hexes = ",".join(f"{0xAAAA00 + number:06x}" for number in range(1_000))
    assert await _found(client, f"/v2/hex/{hexes}") == ["aaaaaa"]


async def test_a_fleet_is_answered_whole() -> None:
    """Other tasks run in between."""
    fleet = [state_vector(f"{number:06x}", callsign=f"A{number}") for number in range(1_001)]
    async with _serving(create_gate(AccessSettings())) as site, _client(site) as client:
        site.receive(*fleet)
        site.tick(1)
        assert await _found(client, "/v2/callsign/A*") == [
            *(state.icao24 for state in fleet),
            "cccccc",
        ]


async def test_the_live_state_must_be_loaded() -> None:
    """A part of the fleet would look like all of it."""
    async with _serving(create_gate(AccessSettings()), is_open=False) as site, _client(site) as c:
        for path in ("/v2/hex/aaaaaa", "/v2/point/47/8/25", "/v2/closest/47/8/25"):
            answer = await c.get(path)
            assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")


# --- who may ask ---


async def test_areas_and_scopes(tmp_path: Path) -> None:
    """Without the scope there is no response, and outside the areas there is no aircraft."""
    alps, alps_entry = make_key(name="alps", scopes=["flights:live"], areas=[ALPS])
    past, past_entry = make_key(name="past", scopes=["flights:history"])
    keys_file = tmp_path / "keys.yaml"
    keys_file.write_text(alps_entry + past_entry)
    keys_file.chmod(0o600)
    settings = AccessSettings(mode="required", keys_file=keys_file)
    async with _serving(create_gate(settings)) as site:
        async with _client(site) as stranger:
            for path in ("hex/aaaaaa", "callsign/SWR*", "sqk/7700", "point/47/8/25"):
                assert (await stranger.get(f"/v2/{path}")).status_code == 401
        async with _client(site, past) as historian:
            assert (await historian.get("/v2/hex/aaaaaa")).status_code == 403
        async with _client(site, alps) as restricted:
            assert await _found(restricted, "/v2/hex/aaaaaa,cccccc,dddddd") == ["aaaaaa"]
            assert await _found(restricted, "/v2/sqk/emergency") == ["bbbbbb"]
            assert await _found(restricted, "/v2/point/-17/-179.5/25") == []
            assert await _found(restricted, "/v2/closest/-17/-179.5/25") == []


# --- programs that are there already ---


class _Item(msgspec.Struct):
    """An aircraft as the schema of api.adsb.lol describes it; required fields have no default."""

    hex: str
    type: str
    messages: int
    mlat: list[str]
    tisb: list[str]
    rssi: float
    seen: float
    alt_baro: int | Literal["ground"] | None = None
    alt_geom: int | None = None
    baro_rate: int | None = None
    category: str | None = None
    emergency: str | None = None
    flight: str | None = None
    gs: float | None = None
    lat: float | None = None
    lon: float | None = None
    seen_pos: float | None = None
    spi: int | None = None
    squawk: str | None = None
    track: float | None = None
    r: str | None = None
    t: str | None = None


class _Whole(msgspec.Struct):
    ac: list[_Item]
    ctime: int
    msg: str
    now: int
    ptime: int
    total: int


async def test_a_program_made_from_the_description(client: httpx2.AsyncClient) -> None:
    """Generated clients decode every response strictly."""
    for path in ("hex/aaaaaa,dddddd", "callsign/ANZ1", "sqk/7700", "point/47/7/250", "hex/123456"):
        whole = msgspec.json.decode((await client.get(f"/v2/{path}")).content, type=_Whole)
        assert whole.total == len(whole.ac)
        assert whole.msg == "No error"


async def test_a_program_that_reads_by_name(client: httpx2.AsyncClient) -> None:
    """Sensors of Home Assistant and shelf displays read single fields with defaults."""
    # They make kilometres miles, and cut off what is behind the point.
    around = (await client.get(f"/v2/point/47.4647/8.5492/{int(20 * 1000 / 1852)}")).json()
    (first,) = around["ac"]
    assert first.get("flight", "").strip() == "SWR7EA"
    assert first.get("r") is None  # there is no register of aircraft here
    feet = first.get("alt_baro")
    assert (0 if feet == "ground" else int(feet)) == 39_000
    assert float(first.get("gs", 0)) == 466.8
    assert (first["lat"], first["lon"]) == (47.4647, 8.5492)
    assert around["now"] / 1000 - first["seen_pos"] == pytest.approx(START)


async def test_by_the_clock_of_the_wall() -> None:
    """Unless a test says otherwise."""
    site = Application()
    site.open()
    routes = readsb_routes(broadcaster=site.broadcaster, gate=site.gate)
    app = create_app(routers=[routes], allowed_origins=())
    async with httpx2.AsyncClient(
        transport=httpx2.ASGITransport(app), base_url="http://localhost"
    ) as client:
        whole = (await client.get("/v2/hex/aaaaaa")).json()
    assert abs(whole["now"] / 1000 - time.time()) < 60
