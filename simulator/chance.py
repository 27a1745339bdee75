"""Chance without state: the same keys always give the same draw, on every machine."""

_MASK = (1 << 64) - 1
_SPAN = float(1 << 64)
_SLICE = float(1 << 16)


def draw(*keys: int) -> int:
    """Stir integer keys into 64 bits (the finaliser of splitmix64 after each key)."""
    state = 0x9E3779B97F4A7C15
    for key in keys:
        state = (state + (key + 1) * 0x9E3779B97F4A7C15) & _MASK
        state = ((state ^ (state >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
        state = ((state ^ (state >> 27)) * 0x94D049BB133111EB) & _MASK
        state ^= state >> 31
    return state


def unit(*keys: int) -> float:
    """Draw from [0, 1)."""
    return draw(*keys) / _SPAN


def between(low: float, high: float, *keys: int) -> float:
    """Draw from [low, high)."""
    return low + (high - low) * draw(*keys) / _SPAN


def fraction(bits: int, part: int) -> float:
    """One of the four independent 16-bit parts of a draw, as a number in [0, 1)."""
    return ((bits >> (16 * part)) & 0xFFFF) / _SLICE
