"""Nothing is known against the dependencies, as far as that can be asked."""

import httpx
import pytest

from testkit.advisories import OSV, TIMEOUT_S, known_against, locked_packages


def test_nothing_is_known_against_the_locked_dependencies() -> None:
    """An advisory that does not apply is accepted by its id, with the reason."""
    try:
        with httpx.Client(timeout=TIMEOUT_S) as client:
            found = known_against(locked_packages(), client)
    except httpx.HTTPError as error:
        pytest.skip(f"the dependencies were not checked: {OSV}: {error}")
    assert found == [], "run `python -m testkit.advisories`"
