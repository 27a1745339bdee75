"""Which country a transponder address belongs to, and whether to its armed forces.

The table is made from Virtual Radar Server's standing data (CC0, https://www.virtualradarserver.co.uk),
which follows ICAO Annex 10, volume III, part I, chapter 9: each state has blocks of addresses.
"""

from bisect import bisect_right
from functools import cache
from pathlib import Path
from typing import NamedTuple

from processor.reference.packaged import read_lines

BLOCKS = Path(__file__).with_name("address_blocks.tsv.gz")


class AddressBlock(NamedTuple):
    """A block of addresses.

    Attributes:
        first: The first address of the block, as a number.
        last: The last one.
        is_military: Whether the armed forces of the country use it.
        country: Name of the country; None if it is not known.
    """

    first: int
    last: int
    is_military: bool
    country: str | None


def block_of(address: int) -> AddressBlock | None:
    """Return the smallest block that holds an address, None for one that no state has."""
    blocks, firsts = _blocks()
    at = bisect_right(firsts, address) - 1
    return blocks[at] if at >= 0 and address <= blocks[at].last else None


@cache
def _blocks() -> tuple[list[AddressBlock], list[int]]:
    """Return all blocks, ascending and without overlaps, and their first addresses."""
    blocks = []
    for line in read_lines(BLOCKS):
        first, last, military, country = line.split("\t")
        blocks.append(AddressBlock(int(first, 16), int(last, 16), military == "1", country or None))
    return blocks, [block.first for block in blocks]
