"""Registrations that follow from addresses, against the pairs of the packaged table."""

from collections import Counter

import pytest

from processor.reference.address_blocks import block_of
from processor.reference.aircraft_table import all_packaged_aircraft
from processor.reference.registrations import registration_of, rule_of

LEAST_PAIRS = 20
"""Pairs of address and registration from which the share of a rule says something."""

REGISTERED_ELSEWHERE = 0.1
"""The share of aircraft of one state whose address was allocated for another registration: aircraft
that bear one of another state, or of a special kind, for some time."""


@pytest.mark.parametrize(
    ("address", "registration"),
    [
        # The ends of each part of the rule of N-numbers: 14 CFR 47.15 (b).
        (0xA00001, "N1"),
        (0xA00002, "N1A"),
        (0xA00003, "N1AA"),
        (0xA0001A, "N1AZ"),
        (0xA0001B, "N1B"),
        (0xA00259, "N1ZZ"),
        (0xA0025A, "N10"),
        (0xADF7C7, "N99999"),
        # Japan counts through digits, digits with letters, and letters.
        (0x840000, "JA0000"),
        (0x84000A, "JA000A"),
        (0x840154, "JA00AA"),
        # Korea writes the decimal digits into the address.
        (0x71BA00, "HL7200"),
        (0x71C599, "HL8599"),
        # Letters one after another, and with five bits for each.
        (0x4B17C4, "HB-JAA"),
        (0xC044A9, "C-GAAA"),
        (0x3C4421, "D-AAAA"),
        (0x3C0001, "D-APAA"),
        (0x7C6443, "VH-T29"),
        (0x150000, "RA-65536"),
    ],
)
def test_a_registration_follows_from_its_address(address: int, registration: str) -> None:
    assert registration_of(address) == registration


@pytest.mark.parametrize(
    "address",
    [
        0xA00000,  # before the first N-number
        0xADF7C8,  # armed forces, after the last one
        0x71BA0A,  # a digit that is not decimal
        0x3C1FFF,  # between two parts of Germany
        0x38001B,  # the 28th letter of F-BA
        0x400000,  # the United Kingdom allocates without a rule
        0xFFFFFF,
        0,
    ],
)
def test_where_no_rule_holds_there_is_none(address: int) -> None:
    assert registration_of(address) is None


def test_rules_agree_with_the_packaged_table() -> None:
    """Nearly all registrations of each rule are those of the table, whatever state it is of."""
    agree: Counter[str] = Counter()
    pairs: Counter[str] = Counter()
    for icao24, record in all_packaged_aircraft():
        address = int(icao24, 16)
        block, rule = block_of(address), rule_of(address)
        computed = registration_of(address)
        if rule is None or computed is None or record.registration is None:
            continue
        if block is not None and block.is_military:
            continue
        pairs[rule.name] += 1
        agree[rule.name] += computed == record.registration
    wrong = {
        name: (agree[name], pairs[name])
        for name in pairs
        if pairs[name] >= LEAST_PAIRS and agree[name] < (1 - REGISTERED_ELSEWHERE) * pairs[name] - 1
    }
    assert not wrong
    assert agree.total() > 0.99 * pairs.total()
