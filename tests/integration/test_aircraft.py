"""The table of aircraft: packaged rows, imported ones, views, and how the live half reads them."""

import json
from pathlib import Path

import asyncpg
import pytest

from processor.archive.aircraft_store import PackagedAircraft
from processor.history.aircraft_source import DatabaseAircraft
from processor.history.database import HistoryDatabase
from processor.reference import aircraft_table
from processor.reference.aircraft_table import all_packaged_aircraft
from processor.reference.identities import Identities
from testkit.archive_site import ArchiveSite
from testkit.deployment import Deployment
from testkit.queries import fetch, fetch_value
from testkit.state_vectors import START, state_vector

pytestmark = pytest.mark.real_database

COUNT = "SELECT count(*) FROM aircraft"
CHANGE_TYPES = "UPDATE aircraft SET type = 'ZZZZ' WHERE icao24 = ANY($1)"
DECLARE_IMPORTED = "UPDATE aircraft SET source = 'imported' WHERE icao24 = $1"
TYPES = "SELECT type FROM aircraft WHERE icao24 = ANY($1) ORDER BY icao24"
HEAD = "icao24,registration,typecode,operator,operatoricao,operatorcallsign\n"


async def _load(dsn: str) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        await PackagedAircraft().load(connection)
    finally:
        await connection.close()


async def test_packaged_rows_are_loaded_once(
    site: ArchiveSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A newer package replaces its own rows, and leaves imported ones."""
    await _load(site.dsn)
    packaged = dict(all_packaged_aircraft())
    assert fetch_value(site.dsn, COUNT) == len(packaged)
    first, second, *_ = packaged
    both = [first, second]
    connection = await asyncpg.connect(site.dsn)
    try:
        await connection.execute(CHANGE_TYPES, both)
        await connection.execute(DECLARE_IMPORTED, first)
        await _load(site.dsn)
        assert [row[0] for row in await connection.fetch(TYPES, both)] == ["ZZZZ", "ZZZZ"]
        monkeypatch.setattr("processor.archive.aircraft_store.VERSION", aircraft_table.VERSION + 1)
        await _load(site.dsn)
        found = [row[0] for row in await connection.fetch(TYPES, both)]
    finally:
        await connection.close()
    assert found == ["ZZZZ", packaged[second].type]


async def test_flights_are_joined_with_their_aircraft(site: ArchiveSite) -> None:
    """Without a known operator there is that of the callsign."""
    await _load(site.dsn)
    await site.write(
        [
            state_vector("4b17c4", START, callsign="SWR7EA"),
            state_vector("abcdef", START, callsign="SWR8"),
            state_vector("3c6444", START, callsign="HBZZZ"),
        ]
    )
    rows = fetch(
        site.dsn,
        "SELECT icao24, registration, operator, operator_icao FROM identified_flights"
        " ORDER BY icao24",
    )
    record = dict(all_packaged_aircraft())["4b17c4"]
    assert [tuple(row) for row in rows] == [
        ("3c6444", None, None, None),
        ("4b17c4", record.registration, record.operator, record.operator_icao),
        ("abcdef", None, "Swiss", "SWR"),
    ]


@pytest.mark.real_kafka
async def test_a_file_is_imported_and_read_by_the_live_half(
    deployment: Deployment, tmp_path: Path
) -> None:
    """Imported values take precedence over packaged ones; empty ones leave what is there."""
    await _load(deployment.database_url)
    address = "4b17c4"
    record = dict(all_packaged_aircraft())[address]
    path = tmp_path / "aircraft.csv"
    path.write_text(
        f"{HEAD}{address},HB-OLD,,,,\n{address},HB-NEW,,,,\nabcdef,,,,,\n"
        "3c6444,D-AISJ,A321,,DLH,LUFTHANSA\nwrong,,A320,,,\n"
    )
    done = deployment.command("import-aircraft", str(path), "--json")
    assert json.loads(done.stdout) == {
        "imported": 3,
        "refused": 1,
        "empty": 1,
        "refusals": ["line 6: 'wrong' is not an address of six hexadecimal digits"],
    }
    plain = deployment.command("import-aircraft", str(path))
    assert plain.stdout.splitlines() == [
        "3 lines imported; live processes use them within a minute",
        "1 lines say nothing about their address",
        "1 lines were refused:",
        "  line 6: 'wrong' is not an address of six hexadecimal digits",
    ]
    history = HistoryDatabase(
        url=deployment.database_url,
        max_connections=4,
        connect_timeout_seconds=5,
        statement_timeout_seconds=5,
    )
    try:
        found = await Identities(DatabaseAircraft(history)).find([address, "3c6444", "123456"])
    finally:
        await history.close()
    swiss, german, unknown = found[address], found["3c6444"], found["123456"]
    assert (swiss.registration, swiss.type) == ("HB-NEW", record.type)
    assert (german.operator, german.operator_radio_name) == ("Lufthansa", "LUFTHANSA")
    assert unknown.registration_source is None


@pytest.mark.real_kafka
def test_a_file_without_a_usable_line_changes_nothing(
    deployment: Deployment, tmp_path: Path
) -> None:
    path = tmp_path / "aircraft.csv"
    path.write_text(f"{HEAD}wrong,HB-JAA,A320,,,\n")
    done = deployment.command("import-aircraft", str(path))
    assert done.returncode == 1
    assert "line 2" in done.stdout + done.stderr
    assert fetch_value(deployment.database_url, "SELECT count(*) FROM aircraft_loads") == 0
