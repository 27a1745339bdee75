"""Registrations that follow from the transponder address, where a state allocates both by one rule.

States publish few of these rules. They are known from the pairs of address and registration in
public registers; the source of each is named beside it. Where no rule holds there is None, which is
never a guess. An aircraft may bear another registration than its address was allocated for, so a
table of aircraft takes precedence.
"""

from bisect import bisect_right
from collections.abc import Callable, Sequence
from functools import cache
from typing import NamedTuple

DIGITS = "0123456789"
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
LETTERS_WITHOUT_I_AND_O = "ABCDEFGHJKLMNPQRSTUVWXYZ"
"""I and O are left out where they could be read as 1 and 0 (14 CFR 47.15; Japan alike)."""


class Rule(NamedTuple):
    """A range of addresses whose registrations follow from them.

    Attributes:
        name: Names the rule in the test that measures how often it agrees with a register.
        first: The first address.
        last: The last one.
        register: Returns the registration of the address that is so many after the first one; None
            for an address that is not given to any.
    """

    name: str
    first: int
    last: int
    register: Callable[[int], str | None]


def registration_of(address: int) -> str | None:
    """Return the registration that follows from an address, None if none does."""
    rule = rule_of(address)
    return None if rule is None else rule.register(address - rule.first)


def rule_of(address: int) -> Rule | None:
    """Return the rule whose range holds an address, None if there is none."""
    rules, firsts = _rules()
    at = bisect_right(firsts, address) - 1
    return rules[at] if at >= 0 and address <= rules[at].last else None


def _three_letters(
    prefix: str,
    first: int,
    major: int,
    minor: int,
    *,
    start: str = "AAA",
    end: str = "ZZZ",
    alphabet: str = LETTERS,
) -> Rule:
    """Return the rule of registrations whose last three letters count up with the address.

    Args:
        prefix: What stands before the three letters.
        first: The address of `start`.
        major: The distance between two addresses whose first letters are neighbours.
        minor: The same for the second letter; it is 1 for the third.
        start: The letters of the first address.
        end: The letters of the last one.
        alphabet: The characters in the order in which they count up.
    """

    def place(letters: str) -> int:
        one, two, three = map(alphabet.index, letters)
        return one * major + two * minor + three

    def register(offset: int) -> str | None:
        one, rest = divmod(offset + place(start), major)
        two, three = divmod(rest, minor)
        if max(one, two, three) >= len(alphabet):
            return None
        return prefix + alphabet[one] + alphabet[two] + alphabet[three]

    return Rule(prefix, first, first + place(end) - place(start), register)


DENSE = (26 * 26, 26)
"""Distances without gaps: the letters are the digits of a number to the base 26."""

SPARSE = (1024, 32)
"""Distances of five bits a letter. Where a state begins so, A is 1: the first letters are at 0421
(hexadecimal) of its block."""


def _united_states(offset: int) -> str:
    """Return an N-number: up to five characters, digits and then at most two letters.

    Addresses count through N1, N1A, N1AA, N1AB … N1AZ, N1B … N1ZZ, N10, N10A … N99999. The form is
    that of 14 CFR 47.15 (b); the order is in the FAA's Releasable Aircraft Database, which has
    both ("MODE S CODE HEX").
    """
    text = "N"
    digit, offset = divmod(offset, _AFTER_DIGITS[0])
    text += str(digit + 1)
    for n_addresses in _AFTER_DIGITS[1:]:
        if offset < _LETTER_PAIRS:
            return text + _up_to_two_letters(offset)
        digit, offset = divmod(offset - _LETTER_PAIRS, n_addresses)
        text += str(digit)
    if offset <= len(LETTERS_WITHOUT_I_AND_O):
        return text + ("" if offset == 0 else LETTERS_WITHOUT_I_AND_O[offset - 1])
    return text + str(offset - len(LETTERS_WITHOUT_I_AND_O) - 1)


_LETTER_PAIRS = 1 + 24 * 25
"""What may follow one to three digits: nothing, or a letter that a second one may follow."""

_AFTER_DIGITS = (101_711, 10_111, 951, 35)
"""How many N-numbers begin with the same one, two, three and four digits.

After four digits there is nothing, one of 24 letters or one of ten digits: 35. After three,
601 + 10 * 35 = 951; after two, 601 + 10 * 951 = 10,111; after one, 601 + 10 * 10,111 = 101,711.
"""


def _up_to_two_letters(offset: int) -> str:
    if offset == 0:
        return ""
    one, two = divmod(offset - 1, len(LETTERS_WITHOUT_I_AND_O) + 1)
    second = "" if two == 0 else LETTERS_WITHOUT_I_AND_O[two - 1]
    return LETTERS_WITHOUT_I_AND_O[one] + second


def _japan(offset: int) -> str | None:
    """Return JA and four characters: two digits, then digit and digit or letter, or two letters.

    Behind the ten second digits there is room for three letters, which are not in use.
    """
    first, offset = divmod(offset, 10 * _JAPAN_AFTER_TWO + 24**3)
    second, offset = divmod(offset, _JAPAN_AFTER_TWO)
    text = f"JA{first}{second}"
    if second > 9:  # noqa: PLR2004 - digits
        return None
    if offset < _JAPAN_DIGIT_FIRST:
        third, fourth = divmod(offset, len(_JAPAN_LAST))
        return f"{text}{third}{_JAPAN_LAST[fourth]}"
    third, fourth = divmod(offset - _JAPAN_DIGIT_FIRST, 24)
    return text + LETTERS_WITHOUT_I_AND_O[third] + LETTERS_WITHOUT_I_AND_O[fourth]


_JAPAN_LAST = DIGITS + LETTERS_WITHOUT_I_AND_O
_JAPAN_DIGIT_FIRST = 10 * len(_JAPAN_LAST)
_JAPAN_AFTER_TWO = _JAPAN_DIGIT_FIRST + 24 * 24
"""How many registrations begin with the same two digits: 340 and 576."""


def _in_digits_of(first: int) -> Callable[[int], str | None]:
    """Return the rule of Korea: the last digits of the address in hexadecimal are the decimal ones.

    Args:
        first: The number that the first address has, read as hexadecimal digits.
    """

    def register(offset: int) -> str | None:
        digits = f"{first + offset:x}"
        return f"HL{digits}" if digits.isdecimal() else None

    return register


def _counting(template: str, first: int) -> Callable[[int], str]:
    """Return the rule of registrations whose number is that of the address."""
    return lambda offset: template.format(first + offset)


_STATES: Sequence[Rule] = (
    # 14 CFR 47.15 (b) and the FAA's Releasable Aircraft Database.
    Rule("N", 0xA00001, 0xADF7C7, _united_states),
    # The registers, as in html/registrations.js of tar1090 (github.com/wiedehopf/tar1090).
    Rule("JA", 0x840000, 0x840000 + 10 * (10 * _JAPAN_AFTER_TWO + 24**3) - 1, _japan),
    Rule("HL7", 0x71BA00, 0x71BF99, _in_digits_of(0x7200)),
    Rule("RA-", 0x140000, 0x140000 + 99_999, _counting("RA-{:05}", 0)),
    Rule("CU-T", 0x0B03E8, 0x0B03E8 + 999, _counting("CU-T{}", 1000)),
    _three_letters("F-B", 0x380000, *SPARSE),
    _three_letters("F-I", 0x388000, *SPARSE),
    _three_letters("F-G", 0x390000, *SPARSE),
    _three_letters("F-H", 0x398000, *SPARSE),
    _three_letters("F-O", 0x3A0000, *SPARSE),
    _three_letters("D-A", 0x3C0001, *DENSE, start="PAA"),
    _three_letters("D-B", 0x3C2001, *DENSE, start="PAA"),
    _three_letters("D-A", 0x3C4421, *SPARSE, end="OZZ"),
    _three_letters("D-B", 0x3C8421, *SPARSE, end="OZZ"),
    _three_letters("D-C", 0x3CC000, *DENSE),
    _three_letters("D-E", 0x3D04A8, *DENSE),
    _three_letters("D-F", 0x3D4950, *DENSE),
    _three_letters("D-G", 0x3D8DF8, *DENSE),
    _three_letters("D-H", 0x3DD2A0, *DENSE),
    _three_letters("D-I", 0x3E1748, *DENSE),
    _three_letters("OO-", 0x448421, *SPARSE),
    _three_letters("OY-", 0x458421, *SPARSE),
    _three_letters("OH-", 0x460000, *DENSE),
    _three_letters("SX-", 0x468421, *SPARSE),
    _three_letters("CS-", 0x490421, *SPARSE),
    _three_letters("YR-", 0x4A0421, *SPARSE),
    _three_letters("TC-", 0x4B8421, *SPARSE),
    _three_letters("JY-", 0x740421, *SPARSE),
    _three_letters("AP-", 0x760421, *SPARSE),
    _three_letters("9V-", 0x768421, *SPARSE),
    _three_letters("YK-", 0x778421, *SPARSE),
    _three_letters("C-F", 0xC00001, *DENSE),
    _three_letters("C-G", 0xC044A9, *DENSE),
    _three_letters("LV-", 0xE01041, 4096, 64),
    # Pairs of Virtual Radar Server's standing data, in which these rules hold.
    Rule("HL8", 0x71C000, 0x71C999, _in_digits_of(0x8000)),
    _three_letters("D-K", 0x3E5BF0, *DENSE, end="NRB"),
    _three_letters("TS-", 0x028000, *SPARSE),
    _three_letters("HA-", 0x470000, *DENSE),
    _three_letters("SE-", 0x4A8421, *SPARSE),
    _three_letters("HB-", 0x4B0000, *DENSE),
    _three_letters("YU-", 0x4C0000, *SPARSE),
    _three_letters("YI-", 0x728421, *SPARSE),
    _three_letters("EP-", 0x730421, *SPARSE),
    _three_letters("HS-", 0x880421, *SPARSE),
    _three_letters("VH-", 0x7C0000, 36 * 36, 36, end="999", alphabet=LETTERS + DIGITS),
)


@cache
def _rules() -> tuple[Sequence[Rule], Sequence[int]]:
    """Return all rules in the order of their addresses, and their first addresses."""
    rules = sorted(_STATES, key=lambda rule: rule.first)
    return rules, [rule.first for rule in rules]
