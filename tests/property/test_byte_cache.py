"""A cache with a budget accounts for its entries and never exceeds the budget."""

from hypothesis import given
from hypothesis import strategies as st

from processor.live.byte_cache import ENTRY_BYTES, ByteCache

BUDGET = 10 * ENTRY_BYTES

_sizes = st.integers(0, 12 * ENTRY_BYTES)
_keys = st.sampled_from("abcdefghijklmnop")
_uses = st.lists(st.tuples(_keys, st.none() | _sizes), max_size=60)


@given(_uses)
def test_used_bytes_are_the_sum_of_entries_and_within_the_budget(
    uses: list[tuple[str, int | None]],
) -> None:
    """After each step; a stored value comes back as it was, or not at all."""
    cache = ByteCache(BUDGET)
    model: dict[str, tuple[str, int]] = {}
    for key, size in uses:
        if size is None:
            assert cache.get(key) in (None, model.get(key))
        else:
            model[key] = (key, size)
            cache.store(key, model[key], size)
        kept = [found for each in model if (found := cache.get(each)) is not None]
        assert cache.used_bytes == sum(ENTRY_BYTES + kept_size for _, kept_size in kept) <= BUDGET
        assert len(cache) == len(kept)


@given(st.lists(_keys, min_size=1, max_size=60))
def test_the_least_recently_used_entries_are_dropped(uses: list[str]) -> None:
    """As many are kept as there is room for: those that were used last."""
    cache = ByteCache(BUDGET)
    for key in uses:
        if cache.get(key) is None:
            assert cache.store(key, key, ENTRY_BYTES)
    newest = list(dict.fromkeys(reversed(uses)))
    assert [key for key in newest if cache.get(key) is not None] == newest[:5]


def test_a_value_above_the_budget_is_not_kept_and_displaces_none() -> None:
    """Its older value is dropped all the same."""
    cache = ByteCache(BUDGET)
    cache.store("small", 1, 0)
    cache.store("large", 2, 0)
    assert not cache.store("large", 3, BUDGET)
    assert (cache.get("small"), cache.get("large")) == (1, None)
