"""Identities: what a table says, what is derived, and where the database does not answer."""

from collections.abc import Mapping, Sequence

import pytest

from processor.reference import identities as module
from processor.reference.address_blocks import BLOCKS, block_of
from processor.reference.aircraft_table import all_packaged_aircraft, packaged_aircraft
from processor.reference.identities import REFRESH_SECONDS, Identities
from processor.reference.identity import AircraftRecord, Identity, identity_of, is_known
from processor.reference.packaged import read_lines
from testkit.reference_tables import disjoint

SWISS, GERMAN_FORCES, ALLOCATED_TO_NO_STATE = "4b17c4", "3f4567", "f80000"


class _Source:
    """A table of one aircraft, which may not answer."""

    def __init__(self) -> None:
        self.asked: list[Sequence[str]] = []
        self.is_answering = True
        self.number = 1
        self.n_versions = 0
        self.record = AircraftRecord(type="B77W")

    async def read(self, icao24s: Sequence[str]) -> Mapping[str, AircraftRecord] | None:
        self.asked.append(icao24s)
        return {SWISS: self.record} if self.is_answering else None

    async def version(self) -> int | None:
        self.n_versions += 1
        return self.number if self.is_answering else None


class _Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_without_a_record_registration_and_country_are_computed() -> None:
    found = identity_of(SWISS, None)
    assert (found.registration, found.registration_source) == ("HB-JAA", "computed")
    assert (found.country, found.military, found.type) == ("Switzerland", False, None)


def test_a_record_takes_precedence() -> None:
    """An aircraft may bear another registration than that of its address."""
    found = identity_of(SWISS, AircraftRecord(registration="D-ABCD", military=True))
    assert (found.registration, found.registration_source) == ("D-ABCD", "database")
    assert found.military


def test_a_block_of_armed_forces_has_no_civil_registration() -> None:
    """An N-number would follow from the address."""
    found = identity_of("a31e09", None)
    assert (found.registration, found.military, found.country) == (None, True, "United States")


def test_an_address_of_no_state_is_not_known() -> None:
    assert block_of(int(ALLOCATED_TO_NO_STATE, 16)) is None
    assert identity_of(ALLOCATED_TO_NO_STATE, None) == Identity()
    assert not is_known(identity_of(GERMAN_FORCES, None))


@pytest.mark.parametrize(
    ("record", "callsign", "name", "code"),
    [
        (AircraftRecord(), "SWR7EA", "Swiss", "SWR"),
        (AircraftRecord(operator="Rega"), "SWR7EA", "Rega", None),
        (AircraftRecord(operator_icao="DLH"), "SWR7EA", "Lufthansa", "DLH"),
        (AircraftRecord(), "HBZZZ", None, None),  # a registration
        (AircraftRecord(), "SWRX", None, None),
        (AircraftRecord(), "QQQ1", None, None),  # no airline
        (AircraftRecord(), None, None, None),
    ],
)
def test_the_operator_is_that_of_the_callsign_if_none_is_known(
    record: AircraftRecord, callsign: str | None, name: str | None, code: str | None
) -> None:
    found = identity_of(SWISS, record)
    assert (found.operator_name(callsign), found.operator_code(callsign)) == (name, code)


def test_the_radio_name_belongs_to_the_operator() -> None:
    assert identity_of(SWISS, None).with_operator_of("BAW12").operator_radio_name == "SPEEDBIRD"
    record = AircraftRecord(operator_radio_name="RESCUE")
    assert identity_of(SWISS, record).with_operator_of("BAW12").operator_radio_name == "RESCUE"


def test_each_packaged_aircraft_is_found() -> None:
    addresses = []
    for icao24, record in all_packaged_aircraft():
        assert packaged_aircraft(icao24) == record
        addresses.append(icao24)
    assert addresses == sorted(set(addresses))
    assert packaged_aircraft("ffffff") is None


def test_of_nested_blocks_the_smallest_counts() -> None:
    """The packaged blocks do not overlap, so one search finds the block of an address."""
    rows = [
        {"Start": first, "Finish": last, "IsMilitary": military, "CountryISO2": country}
        for first, last, military, country in (
            ("000000", "7FFFFF", "0", "ZZ"),
            ("100000", "1FFFFF", "0", "RU"),
            ("100010", "10001F", "1", "RU"),
            ("100018", "100018", "0", "RU"),
        )
    ]
    assert list(disjoint(rows, {"ZZ": "", "RU": "Russia"})) == [
        (0x100000, 0x10000F, "0", "Russia"),
        (0x100010, 0x100017, "1", "Russia"),
        (0x100018, 0x100018, "0", "Russia"),
        (0x100019, 0x10001F, "1", "Russia"),
        (0x100020, 0x1FFFFF, "0", "Russia"),
    ]
    edges = [line.split("\t")[:2] for line in read_lines(BLOCKS)]
    flat = [edge for block in edges for edge in block]
    assert flat == sorted(flat)


async def test_each_aircraft_is_read_once() -> None:
    source = _Source()
    identities = Identities(source)
    assert (await identities.find([SWISS, SWISS, "3c6444"]))[SWISS].type == "B77W"
    await identities.find(["3c6444", SWISS])
    assert source.asked == [[SWISS, "3c6444"]]


async def test_a_database_that_does_not_answer_is_asked_once_a_minute() -> None:
    """Meanwhile the packaged table counts; once it answers, all may differ."""
    source, clock = _Source(), _Clock()
    identities = Identities(source, clock)
    source.is_answering = False
    for _ in range(3):
        assert (await identities.find([SWISS]))[SWISS] == identities.at_hand(SWISS)
    assert source.n_versions == 1
    assert source.asked == []
    source.is_answering = True
    generation = identities.generation
    assert (await identities.find([SWISS]))[SWISS].type != "B77W"
    clock.now += REFRESH_SECONDS
    assert (await identities.find([SWISS]))[SWISS].type == "B77W"
    assert identities.generation == generation + 1


async def test_a_changed_table_is_read_again() -> None:
    source, clock = _Source(), _Clock()
    identities = Identities(source, clock)
    await identities.find([SWISS])
    source.record = AircraftRecord(type="BCS3")
    clock.now += REFRESH_SECONDS
    assert (await identities.find([SWISS]))[SWISS].type == "B77W"
    source.number += 1
    assert (await identities.find([SWISS]))[SWISS].type == "B77W"
    clock.now += REFRESH_SECONDS
    assert (await identities.find([SWISS]))[SWISS].type == "BCS3"


async def test_identities_that_are_kept_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_KEPT", 10)
    source = _Source()
    identities = Identities(source)
    names = [f"{number:06x}" for number in range(25)]
    assert (await identities.find(names)).keys() == set(names)
    await identities.find(names[-10:])
    assert len(source.asked) == 1
    await identities.find(names[:1])
    assert len(source.asked) == 2
