"""Exports from real databases equal the rows, in order, and are complete or visibly broken off."""

import asyncio
import csv
import io
import time
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import asyncpg
import httpx2
import pytest
from geojson_pydantic import FeatureCollection
from msgspec import json
from pyarrow import parquet as pq  # type: ignore[import-untyped]

from configuration.shared_sections import AccessSettings
from processor.access.new_key import make_key
from processor.history.export.reading import (
    STATEMENTS,
    StateVectorSelection,
    _by_aircraft,
    _by_time,
)
from processor.history.export.write import FILE_FORMATS
from processor.history.window import Window
from processor.settings import HistorySettings
from telemetry.state_vector import StateVector
from testkit.history_site import HistorySite
from testkit.migration import migrated_database
from testkit.state_vectors import START, state_vector
from tests.unit.processor.history.export.invented import moment, to_rows
from tests.unit.processor.history.export.test_kml import NAMES, expected, read, track_points

PATH = "/api/history/state_vectors"
HOUR, DAY = 3_600, 86_400
MANY = 40_000
"""Rows whose files are larger than the buffers of kernel and server, about 1 MB."""


@pytest.fixture(scope="module")
def dsn(server_dsn: str) -> Iterator[str]:
    """Give the address of a migrated database of each kind."""
    with migrated_database(server_dsn) as dsn:
        yield dsn


def make_site(dsn: str, *, statement_timeout_seconds: float = 30) -> HistorySite:
    """Return a site with four connections, one of them for exports."""
    history = HistorySettings(
        max_connections=4, statement_timeout_seconds=statement_timeout_seconds
    )
    return HistorySite(dsn, history=history)


@pytest.fixture
async def site(dsn: str) -> AsyncIterator[HistorySite]:
    """Give a site with an empty table."""
    async with make_site(dsn) as site:
        await site.execute("TRUNCATE stored_state_vectors")
        yield site


def traffic() -> list[StateVector]:
    """Return three aircraft over three days, with odd texts and many nulls."""
    nothing: dict[str, Any] = dict.fromkeys(("callsign", "longitude", "latitude", "velocity"))
    return [
        *(state_vector("4b1814", START + n * 7_000, longitude=8 + n / 10) for n in range(30)),
        *(state_vector("3c6444", START + n * 9_000, callsign="=1+1") for n in range(20)),
        state_vector("a00000", START, **nothing, origin_country="Côte d'Ivoire"),
        state_vector("a00000", START + DAY, sensors=[1, 2], longitude=179.5, latitude=-17.0),
        state_vector("a00000", START + DAY + 10, sensors=[], longitude=-179.5, latitude=-17.0),
    ]


def by_time(vectors: Iterable[StateVector]) -> list[StateVector]:
    """Return state vectors by time and then by aircraft, the order of most files."""
    return sorted(vectors, key=lambda vector: (vector.last_contact, vector.icao24))


def by_aircraft(vectors: Iterable[StateVector]) -> list[StateVector]:
    """Return state vectors by aircraft and then by time, the order of tracks."""
    return sorted(vectors, key=lambda vector: (vector.icao24, vector.last_contact))


async def export(
    site: HistorySite, key: str | None = None, **parameters: object
) -> httpx2.Response:
    """Request a file of three days, unless parameters give another range."""
    span = {"from_": START, "to": START + 3 * DAY}
    return await site.get(PATH, key, **(span | parameters))


async def exported(
    site: HistorySite, key: str | None = None, **parameters: object
) -> list[StateVector]:
    """Return the rows of a file as state vectors."""
    answer = await export(site, key, format="ndjson", **parameters)
    assert answer.status_code == 200, answer.text
    decoder = json.Decoder(StateVector)
    return [decoder.decode(line) for line in answer.content.split(b"\n") if line]


class TestFiles:
    async def test_lines_of_json(self, site: HistorySite) -> None:
        """The lines are exactly what was stored, by time and then by aircraft."""
        await site.store(*traffic())
        assert await exported(site) == by_time(traffic())

    async def test_csv(self, site: HistorySite) -> None:
        """The answer has a file name, and no cache may keep it."""
        await site.store(*traffic())
        answer = await export(site)
        assert answer.headers["content-type"] == "text/csv; charset=utf-8; header=present"
        assert answer.headers["cache-control"] == "no-store"
        assert (
            answer.headers["content-disposition"] == "attachment; filename="
            '"state_vectors_20260921T141320Z_20260924T141320Z.csv"'
        )
        lines = list(csv.DictReader(io.StringIO(answer.text, newline=""), strict=True))
        wanted = by_time(traffic())
        assert [line["icao24"] for line in lines] == [vector.icao24 for vector in wanted]
        assert lines[0]["callsign"] == "'=1+1"
        assert {line["velocity"] for line in lines} == {"240.13", ""}

    async def test_chosen_columns(self, site: HistorySite) -> None:
        """Also those that say which aircraft it is; each file has the key of its rows."""
        await site.store(state_vector("4b17c4"), state_vector("400000"))
        lines = (await export(site, fields="registration,operator_icao")).text.splitlines()
        assert lines[0] == "icao24,last_contact,registration,operator_icao"
        assert [line.split(",", 2)[2] for line in lines[1:]] == [",SWR", "HB-JAA,"]

    async def test_parquet(self, site: HistorySite) -> None:
        """Values and types equal those of the rows."""
        await site.store(*traffic())
        found = pq.read_table(io.BytesIO((await export(site, format="parquet")).content))
        assert found.to_pylist() == to_rows(by_time(traffic()))

    async def test_geojson(self, site: HistorySite) -> None:
        """The file is valid and has all rows."""
        await site.store(*traffic())
        answer = await export(site, format="geojson")
        assert answer.headers["content-type"] == "application/geo+json"
        found: list[Any] = FeatureCollection.model_validate_json(answer.content).features
        properties = [json.encode(dict(feature.properties or {})) for feature in found]
        assert properties == [json.encode(vector) for vector in by_time(traffic())]

    async def test_kml(self, site: HistorySite) -> None:
        """The file is valid, and sorted by aircraft, as tracks require."""
        await site.store(*traffic())
        answer = await export(site, format="kml")
        assert answer.headers["content-type"] == "application/vnd.google-earth.kml+xml"
        assert track_points(read(answer.content)) == expected(to_rows(by_aircraft(traffic())))

    async def test_kml_has_the_stored_flights(self, site: HistorySite) -> None:
        """The file begins on the ground, after the landing of the first of two flights."""
        await site.execute("TRUNCATE flight_legs")
        taken_off = START + 600
        await site.store(
            *(state_vector("4b1814", START + n, on_ground=True) for n in range(0, 600, 60)),
            *(state_vector("4b1814", taken_off + n) for n in range(0, 600, 60)),
        )
        await site.store_flight(
            "4b1814", START - HOUR, callsign="ONE", ends_before=moment(taken_off)
        )
        await site.store_flight("4b1814", taken_off, callsign="TWO")
        answer = await export(site, format="kml")
        names = [
            name.text for name in read(answer.content).iterfind(".//k:Placemark/k:name", NAMES)
        ]
        assert names == ["ONE", "TWO"]

    @pytest.mark.parametrize("name", FILE_FORMATS)
    async def test_no_rows(self, site: HistorySite, name: str) -> None:
        """The answer is a file without rows, not an error."""
        assert (await export(site, format=name)).status_code == 200


class TestChoice:
    async def test_time_range_includes_both_ends(self, site: HistorySite) -> None:
        """Steps of an hour meet without gap or repetition."""
        vectors = [state_vector("4b1814", START + n) for n in range(-1, 2 * HOUR + 2)]
        await site.store(*vectors)
        assert await exported(site, to=START + 2 * HOUR) == vectors[1:-1]
        assert await exported(site, to=START) == vectors[1:2]
        iso = await exported(site, from_="2026-09-21T16:13:20+02:00", to="2026-09-21T14:13:21Z")
        assert iso == vectors[1:3]

    async def test_aircraft(self, site: HistorySite) -> None:
        """Addresses may be given one by one, in either case, by comma or repeated."""
        await site.store(*traffic())
        expected_rows = by_aircraft(vector for vector in traffic() if vector.icao24 != "a00000")
        assert await exported(site, icao24="4B1814,3c6444") == expected_rows
        async with site.client() as client:
            query = f"from={START}&to={START + 3 * DAY}&format=ndjson"
            answer = await client.get(f"{PATH}?{query}&icao24=4b1814&icao24=3c6444")
        assert answer.content.count(b"\n") == len(expected_rows)

    async def test_box(self, site: HistorySite) -> None:
        """A box may cross the antimeridian."""
        await site.store(*traffic())
        over_fiji = await exported(site, bbox="179,-20,-179,-15")
        assert [vector.longitude for vector in over_fiji] == [179.5, -179.5]
        west = await exported(site, bbox="8,47,9,48")
        assert west == by_time(v for v in traffic() if v.longitude and 8 <= v.longitude <= 9)
        assert await exported(site, bbox="8,47,9,48", icao24="a00000") == []

    @pytest.mark.parametrize(
        ("parameters", "status", "parameter"),
        [
            ({"from_": "yesterday"}, 422, "from"),
            ({"to": "2026-09-21T14:13:20"}, 422, "to"),
            ({"to": START - 1}, 422, "from"),
            ({"to": START + 32 * DAY}, 400, "from"),
            ({"bbox": "1,2,3"}, 422, "bbox"),
            ({"icao24": "xyz"}, 422, "icao24"),
            ({"icao24": ""}, 422, "icao24"),
            ({"format": "xls"}, 422, "format"),
            ({"fields": "colour"}, 422, "fields"),
            ({"fields": "type", "format": "kml"}, 422, "fields"),
            ({"callsign": "SWR1"}, 422, "callsign"),
        ],
    )
    async def test_an_invalid_parameter_is_named(
        self, site: HistorySite, parameters: dict[str, Any], status: int, parameter: str
    ) -> None:
        """The refusal comes before anything is read."""
        answer = await export(site, **parameters)
        assert answer.status_code == status
        assert answer.json()["detail"][0]["loc"] == ["query", parameter]

    async def test_a_restricted_principal_gets_positions_inside(
        self, dsn: str, tmp_path: Path
    ) -> None:
        """Any request gets only positions inside the areas; without areas in common, none."""
        key, entry = make_key(name="fiji", scopes=["flights:history"], areas=["179,-20,-179,-15"])
        stranger, other = make_key(name="live", scopes=["flights:live"])
        file = tmp_path / "keys.yaml"
        file.write_text(entry + other)
        access = AccessSettings(mode="required", keys_file=file)
        async with HistorySite(dsn, access=access) as site:
            await site.execute("TRUNCATE stored_state_vectors")
            await site.store(*traffic())
            for extra in ({}, {"icao24": "a00000"}, {"bbox": "-180,-90,180,90"}):
                found = await exported(site, key, **extra)
                assert [vector.longitude for vector in found] == [179.5, -179.5]
            assert await exported(site, key, bbox="8,47,9,48") == []
            assert (await export(site)).status_code == 401
            assert (await export(site, stranger)).status_code == 403


OURS = "application_name = 'flight-monitor history' AND datname = current_database()"


async def fetch_column(dsn: str, statement: str) -> list[Any]:
    """Return the first column of a statement, over a connection of its own."""
    connection = await asyncpg.connect(dsn)
    try:
        return [row[0] for row in await connection.fetch(statement)]
    finally:
        await connection.close()


async def sessions(dsn: str) -> list[str]:
    """Return the states of the history's connections."""
    return await fetch_column(dsn, f"SELECT state FROM pg_stat_activity WHERE {OURS}")  # noqa: S608 - ours


async def end_sessions(dsn: str) -> None:
    """End the history's connections, as a database server that stops does."""
    await fetch_column(dsn, f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {OURS}")  # noqa: S608 - ours


async def wait_for_sessions(dsn: str, wanted: Sequence[str]) -> None:
    """Wait until the connections are in these states."""
    deadline = time.monotonic() + 10
    while (found := await sessions(dsn)) != list(wanted):
        assert time.monotonic() < deadline, found
        await asyncio.sleep(0.05)


async def fill(site: HistorySite) -> None:
    """Store MANY rows of two hours."""
    await site.store(
        *(
            state_vector(f"{n % 400:06x}", START + n // 400 * 60, longitude=n / 1000)
            for n in range(MANY)
        )
    )


class TestLength:
    @pytest.mark.timeout(120)
    @pytest.mark.parametrize("name", FILE_FORMATS)
    async def test_a_client_that_leaves_frees_the_connection(
        self, site: HistorySite, dsn: str, name: str
    ) -> None:
        """It leaves in the middle of the file, and the next export finds a free place."""
        await fill(site)
        query = f"{PATH}?from={START}&to={START + DAY}&format={name}"
        for _ in range(2):
            async with site.client() as client, client.stream("GET", query) as answer:
                assert answer.status_code == 200
                await anext(answer.aiter_raw())
            await wait_for_sessions(dsn, ["idle"])

    async def test_exports_leave_connections_for_requests(self, site: HistorySite) -> None:
        """Exports have connections of their own and use no others."""
        await fill(site)
        query = f"{PATH}?from={START}&to={START + DAY}&format=geojson"
        async with site.client() as client, client.stream("GET", query) as answer:
            assert answer.status_code == 200
            refused = await export(site)
            assert (refused.status_code, refused.headers["retry-after"]) == (429, "30")
            assert refused.json()["setting"] == "history.client_share"
            flights = await site.get("/api/history/flights", from_=START, to=START + DAY)
            assert flights.status_code == 200

    @pytest.mark.timeout(120)
    @pytest.mark.parametrize("name", ["csv", "ndjson", "geojson"])
    async def test_a_broken_file_ends_the_connection(
        self, site: HistorySite, dsn: str, name: str, caplog: pytest.LogCaptureFixture
    ) -> None:
        """The status was sent long before, so only the connection can show the error."""
        await fill(site)
        query = f"{PATH}?from={START}&to={START + DAY}&format={name}"
        size = 0

        async def take() -> None:
            nonlocal size
            async with site.client() as client, client.stream("GET", query) as answer:
                assert answer.status_code == 200
                async for frame in answer.aiter_raw():
                    if size == 0:
                        await end_sessions(dsn)
                    size += len(frame)

        with pytest.raises(httpx2.TransportError):
            await take()
        assert size > 0
        assert "Traceback" not in caplog.text

    async def test_an_error_before_the_first_row_has_a_status(self, dsn: str) -> None:
        """A database that does not answer gives a 503."""
        async with make_site(dsn) as site:
            site.database._url = "postgresql://none@127.0.0.1:1/nowhere"
            answer = await export(site)
        assert answer.status_code == 503
        assert answer.headers["retry-after"]

    @pytest.mark.timeout(120)
    async def test_the_timeout_limits_a_statement_not_the_download(self, dsn: str) -> None:
        """A download that takes longer in all is complete."""
        async with make_site(dsn, statement_timeout_seconds=1) as site:
            await site.execute("TRUNCATE stored_state_vectors")
            await fill(site)
            query = f"{PATH}?from={START}&to={START + DAY}&format=geojson"
            content, started = b"", time.monotonic()
            async with site.client() as client, client.stream("GET", query) as answer:
                async for frame in answer.aiter_raw():
                    if time.monotonic() - started < 3:
                        await asyncio.sleep(0.2)
                    content += frame
        assert time.monotonic() - started > 3
        assert content.count(b'"Feature"') == MANY


@pytest.mark.parametrize("name", ["by_time", "one_aircraft"])
async def test_an_index_provides_the_order(site: HistorySite, name: str) -> None:
    """Neither an hour nor a track is sorted, in memory or on disk."""
    await fill(site)
    await site.execute("ANALYZE stored_state_vectors")
    bounds = (moment(START), moment(START + HOUR), None, None, None, None)
    arguments = bounds if name == "by_time" else (*bounds, "000001")
    async with site.database.reading() as connection:
        await connection.execute(STATEMENTS.avoid_sorting)
        statement = getattr(STATEMENTS, name)
        rows = await connection.fetch(f"EXPLAIN {statement}", *arguments)
    nodes = [row[0].strip().removeprefix("->").strip() for row in rows if "(cost=" in row[0]]
    assert any("Index Scan using" in node for node in nodes), nodes
    assert not any(node.startswith(("Sort", "Seq Scan", "Bitmap")) for node in nodes), nodes


async def test_cursors_are_closed(site: HistorySite) -> None:
    """An export opens a cursor for each hour or aircraft, and closes each of them."""
    await fill(site)
    window = Window(moment(START), moment(START + DAY))
    names = tuple(f"{number:06x}" for number in range(400))
    async with site.database.reading() as connection:
        for read in (_by_time, _by_aircraft):
            rows = 0
            async for page in read(connection, StateVectorSelection(window, icao24s=names)):
                rows += len(page)
            assert rows == MANY
            assert await connection.fetchval("SELECT count(*) FROM pg_cursors") <= 1  # its own
