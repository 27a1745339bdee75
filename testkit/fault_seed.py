"""The seed of a fault experiment, by which its chance can be repeated."""

import os
import random


def fault_seed(default: int | None = None) -> int:
    """Return FAULT_SEED; without it the default, or else another one each time."""
    seed = int(os.environ.get("FAULT_SEED", "0")) or default or random.randrange(1, 10**6)
    print(f"FAULT_SEED={seed}")  # noqa: T201 - pytest shows it with a failure
    return seed
