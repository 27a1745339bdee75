"""API keys: whom they name, how they are refused, how they rotate."""

import datetime as dt
import json
import os
from pathlib import Path

import pytest
import yaml

from processor.access.api_keys import ApiKeys, hash_key
from processor.access.errors import AccessError
from processor.access.new_key import make_key
from processor.box import Box
from processor.errors import FatalError
from tests.unit.processor.access.issuer import NOW, Clock

TODAY = dt.datetime.fromtimestamp(NOW, dt.UTC).date()
DAY = dt.timedelta(days=1)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "keys.yaml"


def _write(file: Path, *entries: str) -> None:
    """Replace the file as operators do, at a time that differs from the last."""
    changed_ns = file.stat().st_mtime_ns + 1 if file.exists() else 0
    file.write_text("".join(entries))
    os.utime(file, ns=(changed_ns, changed_ns))


def _refusal(keys: ApiKeys, key: str) -> str:
    with pytest.raises(AccessError) as raised:
        keys.identify(key)
    assert (raised.value.status, raised.value.code) == (401, "invalid_token")
    return raised.value.reason


def test_a_key_names_its_owner(file: Path) -> None:
    """With what it opens, where, and until when."""
    key, entry = make_key(
        name="tower",
        scopes=["flights:live", "metrics"],
        areas=["5.5,45,10,48", "170,-20,-170,0"],
        expires=TODAY + DAY,
    )
    _write(file, entry)
    principal = ApiKeys(file, clock=Clock()).identify(key)
    assert principal.name == "key:tower"
    assert principal.scopes == {"flights:live", "metrics"}
    assert principal.areas == (Box(5.5, 45, 10, 48), Box(170, -20, -170, 0))
    expected = dt.datetime.combine(TODAY + DAY, dt.time(), dt.UTC)
    assert principal.expires_at == expected.timestamp()


def test_the_file_does_not_hold_the_key() -> None:
    """Who reads it learns nothing that opens anything."""
    key, entry = make_key(name="tower", scopes=["metrics"])
    secret = key.split("_", 2)[2]
    assert len(secret) == 43
    assert secret not in entry
    assert hash_key(key) in entry
    assert "areas" not in entry


def test_the_right_prefix_with_a_wrong_secret_is_refused(file: Path) -> None:
    """The prefix is for looking up, and no secret."""
    key, entry = make_key(name="tower", scopes=["metrics"])
    _write(file, entry)
    keys = ApiKeys(file)
    assert keys.identify(key).name == "key:tower"
    other, _ = make_key(name="tower", scopes=["metrics"])
    prefix, wrong = key[:14], other[14:]
    for forged in (prefix + wrong, prefix, key[:-1], key + "A", key.upper(), other, "osfm_", ""):
        assert _refusal(keys, forged) == "the API key is unknown"


def test_an_expired_key_is_refused(file: Path) -> None:
    """From the first moment of the day on, in UTC."""
    key, entry = make_key(name="tower", scopes=["metrics"], expires=TODAY + DAY)
    _write(file, entry)
    midnight = dt.datetime.combine(TODAY + DAY, dt.time(), dt.UTC).timestamp()
    clock = Clock(midnight - 1)
    keys = ApiKeys(file, clock=clock)
    assert keys.identify(key).name == "key:tower"
    clock.now = midnight
    assert "expired" in _refusal(keys, key)


def test_keys_rotate_without_a_restart(file: Path) -> None:
    """The new one beside the old one, then without it."""
    (old, old_entry), (new, new_entry) = (
        make_key(name="tower", scopes=["metrics"]) for _ in range(2)
    )
    _write(file, old_entry)
    keys = ApiKeys(file)
    _refusal(keys, new)
    _write(file, old_entry, new_entry)
    assert keys.identify(old) == keys.identify(new)
    _write(file, new_entry)
    _refusal(keys, old)
    assert keys.identify(new).name == "key:tower"


def test_a_spoilt_file_locks_nobody_out(file: Path) -> None:
    """The keys of before hold until it is mended; at start it is refused."""
    key, entry = make_key(name="tower", scopes=["metrics"])
    _write(file, entry)
    keys = ApiKeys(file)
    _write(file, "- name: [")
    assert keys.identify(key).name == "key:tower"
    file.unlink()
    assert keys.identify(key).name == "key:tower"
    with pytest.raises(FatalError, match="cannot be read"):
        ApiKeys(file)
    _write(file, "[]")
    _refusal(keys, key)


def test_json_is_yaml(file: Path) -> None:
    """A file that a program has written."""
    key, entry = make_key(name="tower", scopes=["metrics"], expires=TODAY + DAY)
    file.write_text(json.dumps(yaml.safe_load(entry), default=str))
    assert ApiKeys(file, clock=Clock()).identify(key).expires_at is not None


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"name": "two words"}, "name"),
        ({"name": None}, "name"),
        ({"prefix": 12345678}, "prefix"),
        ({"sha256": "secret"}, "sha256"),
        ({"scopes": []}, "scopes"),
        ({"scopes": ["everything"]}, "everything"),
        ({"areas": []}, "areas"),
        ({"areas": None}, "areas"),
        ({"areas": ["1,2,3"]}, "west,south,east,north"),
        ({"areas": ["0,50,1,40"]}, "south"),
        ({"expires": "soon"}, "expires"),
        ({"scope": ["metrics"]}, "scope"),
    ],
    ids=str,
)
def test_a_mistake_names_its_entry(file: Path, changed: dict[str, object], said: str) -> None:
    """By number and name, so that it is found among many."""
    _, good = make_key(name="tower", scopes=["metrics"])
    _, entry = make_key(name="radar", scopes=["metrics"])
    spoilt = yaml.safe_dump([yaml.safe_load(entry)[0] | changed])
    _write(file, good, spoilt)
    with pytest.raises(FatalError, match=rf"keys\.yaml, entry 2 \(.*\): .*{said}"):
        ApiKeys(file)


@pytest.mark.parametrize(
    ("text", "said"),
    [("a: 1", "no list"), ("- 7", r"entry 1 \(no name\)"), ("- [", "not YAML")],
)
def test_a_file_of_something_else_is_refused(file: Path, text: str, said: str) -> None:
    """With how keys are made."""
    file.write_text(text)
    with pytest.raises(FatalError, match=said):
        ApiKeys(file)


def test_a_prefix_stands_for_one_key(file: Path) -> None:
    """Or the second would never be found."""
    _, entry = make_key(name="tower", scopes=["metrics"])
    _write(file, entry, entry)
    with pytest.raises(FatalError, match=r"entry 2 \(tower\): has the prefix of tower"):
        ApiKeys(file)
