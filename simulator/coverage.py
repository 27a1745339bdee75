"""What the receivers miss: when an aircraft was last received, and when its row disappears."""

from typing import NamedTuple

from simulator.chance import draw, fraction

KEPT_FOR = 300.0  # seconds a row stays after the last message, plus up to:
KEPT_EXTRA = 15.0

# Two timetables of gaps per aircraft: long ones in which it vanishes (oceans, deserts), and
# short ones. Lengths and shares are fitted to the ages in section 4.2 of the field notes:
# of all rows 15 % older than 15 s, 10 % than 60 s, 7 % than 120 s, 0.5 % than 300 s.
_LONG_SLOT = 1800
_LONG_SHARE = 0.35
_LONG_GAP = (330.0, 1000.0)
_SHORT_SLOT = 150
_BLIP_SHARE = 0.75
_BLIP = (4.0, 20.0)
_MEDIUM_SHARE = 0.12
_MEDIUM = (20.0, 140.0)
_SILENT_POSITION_SHARE = 0.075  # the aircraft is received, its position is not
_SILENT_POSITION = (30.0, 140.0)


class Contact(NamedTuple):
    """Whole seconds of the last message and of the last position before a moment."""

    last_contact: int
    time_position: int


def contact_at(key: int, moment: int, *, first: float, last: float) -> Contact | None:
    """Return the contact of an aircraft received from `first` to `last`; None without a row."""
    received = int(min(moment, last))
    received = _before_long_gap(key, received)
    received, position = _before_short_gap(key, received)
    if received == moment:
        received -= (moment + key) % 3  # messages arrive in their own rhythm
        position = min(position, received)
    position -= (position ^ key) & (key >> 1) & 1
    if received < first or moment - received > KEPT_FOR + KEPT_EXTRA * fraction(
        draw(key, received), 0
    ):
        return None
    return Contact(received, max(position, int(first)))


def _before_long_gap(key: int, moment: int) -> int:
    bits = draw(key, (moment + key) // _LONG_SLOT, _LONG_SLOT)
    if fraction(bits, 0) >= _LONG_SHARE:
        return moment
    return _before(key, moment, _LONG_SLOT, _LONG_GAP, bits)


def _before_short_gap(key: int, moment: int) -> tuple[int, int]:
    """Return the moments of the last message and the last position before a short gap."""
    bits = draw(key, (moment + key) // _SHORT_SLOT, _SHORT_SLOT)
    chance = fraction(bits, 0)
    if chance < _BLIP_SHARE:
        received = _before(key, moment, _SHORT_SLOT, _BLIP, bits)
        return received, received
    if chance < _BLIP_SHARE + _MEDIUM_SHARE:
        received = _before(key, moment, _SHORT_SLOT, _MEDIUM, bits)
        return received, received
    if chance < _BLIP_SHARE + _MEDIUM_SHARE + _SILENT_POSITION_SHARE:
        return moment, _before(key, moment, _SHORT_SLOT, _SILENT_POSITION, bits)
    return moment, moment


def _before(key: int, moment: int, slot: int, lengths: tuple[float, float], bits: int) -> int:
    """Return the start of the slot's gap if the moment lies in it, else the moment."""
    length = lengths[0] + (lengths[1] - lengths[0]) * fraction(bits, 1)
    begin = moment - (moment + key) % slot + int((slot - length) * fraction(bits, 2))
    return begin if begin <= moment < begin + length else moment
