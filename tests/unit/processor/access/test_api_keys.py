"""API keys: their principals, refusals and rotation."""

import datetime as dt
import json
import os
from pathlib import Path

import pytest
import yaml
from structlog.testing import capture_logs

from configuration.file_signature import file_signature
from processor.access import api_keys
from processor.access.api_keys import ApiKeys, hash_key
from processor.access.errors import AccessError
from processor.access.keys_file import END, MAX_BYTES
from processor.access.new_key import make_key
from processor.bounding_box import BoundingBox
from processor.errors import FatalError
from tests.unit.processor.access.issuer import NOW, Clock

TODAY = dt.datetime.fromtimestamp(NOW, dt.UTC).date()
DAY = dt.timedelta(days=1)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "keys.yaml"


def _write(file: Path, *entries: str) -> None:
    """Replace the file as operators do, with a time that differs from the last."""
    changed_ns = file.stat().st_mtime_ns + 1 if file.exists() else 0
    file.write_text("".join(entries))
    os.utime(file, ns=(changed_ns, changed_ns))


def _delete(file: Path) -> None:
    file.unlink()


def _refusal(keys: ApiKeys, key: str) -> str:
    with pytest.raises(AccessError) as raised:
        keys.identify(key)
    assert (raised.value.status, raised.value.code) == (401, "invalid_token")
    return raised.value.reason


def test_a_key_names_its_owner(file: Path) -> None:
    """A key gives its principal a name, scopes, areas and an expiry."""
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
    assert principal.areas == (BoundingBox(5.5, 45, 10, 48), BoundingBox(170, -20, -170, 0))
    expected = dt.datetime.combine(TODAY + DAY, dt.time(), dt.UTC)
    assert principal.expires_at == expected.timestamp()


def test_the_file_does_not_hold_the_key() -> None:
    """A reader of the file learns nothing that grants access."""
    key, entry = make_key(name="tower", scopes=["metrics"])
    secret = key.split("_", 2)[2]
    assert len(secret) == 43
    assert secret not in entry
    assert hash_key(key) in entry
    assert "areas" not in entry


def test_the_right_prefix_with_a_wrong_secret_is_refused(file: Path) -> None:
    """The prefix only finds the entry; it is not secret."""
    key, entry = make_key(name="tower", scopes=["metrics"])
    _write(file, entry)
    keys = ApiKeys(file)
    assert keys.identify(key).name == "key:tower"
    other, _ = make_key(name="tower", scopes=["metrics"])
    prefix, wrong = key[:14], other[14:]
    for forged in (prefix + wrong, prefix, key[:-1], key + "A", key.upper(), other, "osfm_", ""):
        assert _refusal(keys, forged) == "the API key is unknown"


def test_an_expired_key_is_refused(file: Path) -> None:
    """A key expires at the start of its day in UTC."""
    key, entry = make_key(name="tower", scopes=["metrics"], expires=TODAY + DAY)
    _write(file, entry)
    midnight = dt.datetime.combine(TODAY + DAY, dt.time(), dt.UTC).timestamp()
    clock = Clock(midnight - 1)
    keys = ApiKeys(file, clock=clock)
    assert keys.identify(key).name == "key:tower"
    clock.now = midnight
    assert "expired" in _refusal(keys, key)


async def test_keys_rotate_without_a_restart(file: Path) -> None:
    """The new key works beside the old one, and after the old one is removed."""
    (old, old_entry), (new, new_entry) = (
        make_key(name="tower", scopes=["metrics"]) for _ in range(2)
    )
    _write(file, old_entry)
    keys = ApiKeys(file)
    _refusal(keys, new)
    _write(file, old_entry, new_entry)
    await keys.reload_if_changed()
    assert keys.identify(old).name == keys.identify(new).name
    _write(file, new_entry)
    await keys.reload_if_changed()
    _refusal(keys, old)
    assert keys.identify(new).name == "key:tower"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("- name: [", "is not YAML"),
        ("", "is empty; write \\[\\] to revoke every key"),
        ("\n \n", "is empty"),
        ("# nothing but a comment\n", "is empty"),
        (None, "cannot be read"),
        ("#" * (MAX_BYTES + 1), "more than 1048576 bytes"),
        ("[" * 100_000, "nested more than 8 times"),
    ],
    ids=["spoilt", "empty", "blank", "comment", "gone", "too large", "too deep"],
)
async def test_a_file_that_cannot_be_used_keeps_the_keys_of_before(
    file: Path, text: str | None, said: str
) -> None:
    """The previous keys stay valid until the file is repaired; at start it is refused."""
    key, entry = make_key(name="tower", scopes=["metrics"])
    _write(file, entry)
    keys = ApiKeys(file)
    assert keys.trouble() is None
    _write(file, text) if text is not None else _delete(file)
    with capture_logs() as logs:
        await keys.reload()
        await keys.reload()
    assert [log["event"] for log in logs] == ["api_keys_not_changed"], "said each time"
    assert keys.identify(key).name == "key:tower"
    assert "the previous keys stay valid" in str(keys.trouble())
    with pytest.raises(FatalError, match=said):
        ApiKeys(file)
    _write(file, entry)
    await keys.reload()
    assert keys.trouble() is None


async def test_an_empty_list_revokes_every_key(file: Path) -> None:
    """An empty list is explicit, unlike an empty file."""
    key, entry = make_key(name="tower", scopes=["metrics"])
    _write(file, entry)
    keys = ApiKeys(file)
    _write(file, "[]\n")
    await keys.reload()
    _refusal(keys, key)
    assert keys.trouble() is None


SEVERAL = [
    make_key(name="tower", scopes=["metrics"]),
    make_key(name="radar", scopes=["flights:live"], areas=["5,45,11,48"]),
    make_key(name="guest", scopes=["flights:live"], areas=["5,45,11,48"], expires=TODAY + DAY),
]


async def test_no_part_of_a_file_with_an_end_is_taken_for_the_whole(file: Path) -> None:
    """The file may be cut off anywhere, also between two entries."""
    whole = "".join(entry for _, entry in SEVERAL) + f"{END}\n"
    _write(file, whole)
    keys = ApiKeys(file, clock=Clock())
    before = [keys.identify(key) for key, _ in SEVERAL]
    for length in range(len(whole) - 1):
        _write(file, whole[:length])
        await keys.reload()
        complete = whole[:length].endswith(END)
        assert (keys.trouble() is None) == complete, length
        assert [keys.identify(key) for key, _ in SEVERAL] == before


async def test_a_part_of_a_file_without_an_end_widens_no_right(file: Path) -> None:
    """A cut between two entries looks like a deletion and is accepted; other cuts are not."""
    entries = [entry for _, entry in SEVERAL]
    whole = "".join(entries)
    between = {sum(map(len, entries[:count])) for count in range(1, 4)}
    _write(file, whole)
    for length in range(len(whole)):
        _write(file, whole)
        keys = ApiKeys(file, clock=Clock())
        _write(file, whole[:length])
        await keys.reload()
        assert (keys.trouble() is None) == (length in between), length


async def test_a_change_that_its_times_do_not_show_is_seen(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Size and times may stay the same on file systems that count in seconds."""
    (old, old_entry), (new, new_entry) = (
        make_key(name="tower", scopes=["metrics"]) for _ in range(2)
    )
    _write(file, old_entry)
    keys = ApiKeys(file)
    unchanged = file_signature(file)
    monkeypatch.setattr(api_keys, "file_signature", lambda _: unchanged)
    _write(file, new_entry)
    await keys.reload_if_changed()
    assert keys.identify(old).name == "key:tower"
    await keys.reload()
    assert keys.identify(new).name == "key:tower"
    _refusal(keys, old)


@pytest.mark.parametrize("way", ["rename over it", "swap a link, as Kubernetes does"])
async def test_the_file_may_be_replaced(tmp_path: Path, way: str) -> None:
    """Another file of the same size and age is noticed at the first request."""
    folders, file = [tmp_path / "one", tmp_path / "two"], tmp_path / "keys.yaml"
    made = [make_key(name="tower", scopes=["metrics"]) for _ in folders]
    for folder, (_, entry) in zip(folders, made, strict=True):
        folder.mkdir()
        _write(folder / "keys.yaml", entry)
    if way == "rename over it":
        (folders[0] / "keys.yaml").rename(file)
    else:
        (tmp_path / "..data").symlink_to(folders[0])
        file.symlink_to(tmp_path / "..data" / "keys.yaml")
    keys = ApiKeys(file)
    if way == "rename over it":
        (folders[1] / "keys.yaml").rename(file)
    else:
        (tmp_path / "..data_tmp").symlink_to(folders[1])
        (tmp_path / "..data_tmp").rename(tmp_path / "..data")
    await keys.reload_if_changed()
    assert keys.identify(made[1][0]).name == "key:tower"
    _refusal(keys, made[0][0])


async def test_a_pipe_in_its_place_is_not_waited_for(tmp_path: Path) -> None:
    """A pipe may never be written to."""
    os.mkfifo(tmp_path / "keys.yaml")
    with pytest.raises(FatalError, match="no regular file"):
        ApiKeys(tmp_path / "keys.yaml")


def test_who_does_not_look_does_not_say_that_all_is_well(file: Path) -> None:
    """A disk that does not answer delays the read, and the file may differ meanwhile."""
    _write(file, make_key(name="tower", scopes=["metrics"])[1])
    clock = Clock()
    keys = ApiKeys(file, monotonic=clock)
    clock.now += 31
    assert "could not be read for 31 s" in str(keys.trouble())


def test_json_is_yaml(file: Path) -> None:
    """A program may have written the file as JSON."""
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
    """The number and the name find the entry among many."""
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
    """The error says how keys are made."""
    file.write_text(text)
    with pytest.raises(FatalError, match=said):
        ApiKeys(file)


def test_a_prefix_stands_for_one_key(file: Path) -> None:
    """A second key with the prefix could never be found."""
    _, entry = make_key(name="tower", scopes=["metrics"])
    _write(file, entry, entry)
    with pytest.raises(FatalError, match=r"entry 2 \(tower\): has the prefix of tower"):
        ApiKeys(file)
