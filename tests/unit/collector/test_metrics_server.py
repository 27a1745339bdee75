"""The collector's metrics ask for a key as the processor's do, and answer alike without one."""

import json
import time
from pathlib import Path
from typing import Any

import httpx2
import pytest
from prometheus_client import CollectorRegistry, Counter

from collector.metrics_server import create_metrics_app
from configuration.errors import SettingsError
from configuration.shared_sections import AccessSettings
from processor.settings import ProcessorSettings
from testkit.application import Application
from testkit.services import run_module

FOUND = b"# HELP things_total Things."


def make_key(file: Path, *options: str) -> str:
    """Add a key to a file as an operator does, and return it."""
    words = ["processor", "key", f"k{time.monotonic_ns()}", "--file", str(file), *options]
    made = run_module(words, folder=file.parent, environment={})
    assert made.returncode == 0, made.stderr
    return made.stdout.strip()


def settings(file: Path | None, **others: Any) -> AccessSettings:  # noqa: ANN401 - of several types
    return AccessSettings(mode="required", keys_file=file, **others)


class Client:
    """Calls the application without a socket."""

    def __init__(self, access: AccessSettings) -> None:
        registry = CollectorRegistry()
        Counter("things", "Things.", registry=registry)
        transport = httpx2.WSGITransport(app=create_metrics_app(access, registry))
        self._client = httpx2.Client(transport=transport, base_url="http://localhost")

    def get(self, authorization: str | None = None, path: str = "/metrics") -> httpx2.Response:
        headers = {} if authorization is None else {"Authorization": authorization}
        return self._client.get(path, headers=headers)


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("keys") / "keys.yaml"


@pytest.fixture(scope="module")
def keys(file: Path) -> dict[str, str]:
    """Headers by what is wrong with them."""
    reader = make_key(file, "--scope", "metrics")
    return {
        "right": f"Bearer {reader}",
        "other scope": f"Bearer {make_key(file)}",
        "expired": f"Bearer {make_key(file, '--scope', 'metrics', '--expires', '2020-01-01')}",
        "unknown": f"Bearer {reader[:-1]}",
        "not bearer": f"Basic {reader}",
        "no key": "Bearer",
    }


@pytest.mark.parametrize("access", [AccessSettings(), AccessSettings(mode="open")])
def test_without_access_control_no_key_is_needed(access: AccessSettings) -> None:
    response = Client(access).get()
    assert (response.status_code, response.content.startswith(FOUND)) == (200, True)


def test_a_key_with_the_scope_is_admitted(file: Path, keys: dict[str, str]) -> None:
    client = Client(settings(file))
    response = client.get(keys["right"])
    assert (response.status_code, response.content.startswith(FOUND)) == (200, True)
    assert client.get(path="/health").json() == {"status": "alive"}


@pytest.mark.parametrize("fault", ["other scope", "expired", "unknown"])
async def test_a_key_that_is_not_admitted_is_answered_as_by_the_processor(
    file: Path, keys: dict[str, str], fault: str
) -> None:
    refused = Client(settings(file)).get(keys[fault])
    assert FOUND not in refused.content
    processor = Application(ProcessorSettings(access=settings(file)))
    async with httpx2.AsyncClient(
        transport=httpx2.ASGITransport(app=processor.app), base_url="http://localhost"
    ) as client:
        expected = await client.get("/metrics", headers={"Authorization": keys[fault]})
    assert expected.status_code in {401, 403}
    assert refused.status_code == expected.status_code
    assert refused.headers["WWW-Authenticate"] == expected.headers["WWW-Authenticate"]
    assert refused.json()["error"] == expected.json()["error"]


@pytest.mark.parametrize("fault", ["not bearer", "no key", None])
def test_what_is_no_key_is_asked_for_one(
    file: Path, keys: dict[str, str], fault: str | None
) -> None:
    response = Client(settings(file)).get(keys[fault] if fault else None)
    assert (response.status_code, json.loads(response.content)["error"]) == (401, "missing")
    assert response.headers["WWW-Authenticate"] == "Bearer"


def test_the_file_is_read_again_when_it_changes(tmp_path: Path) -> None:
    """One that cannot be used leaves the keys; an empty list revokes them."""
    file = tmp_path / "keys.yaml"
    key = f"Bearer {make_key(file, '--scope', 'metrics')}"
    client = Client(settings(file))
    for text, status in (("- name: [", 200), ("[]\n", 401)):
        file.write_text(text)
        assert client.get(key).status_code == status
    file.unlink()
    assert client.get(key).status_code == 401
    another = f"Bearer {make_key(file, '--scope', 'metrics')}"
    assert client.get(another).status_code == 200


def test_a_file_that_cannot_be_used_is_refused_at_start(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"access\.keys_file .*none\.yaml: cannot be used"):
        Client(settings(tmp_path / "none.yaml"))


def test_tokens_alone_open_nothing(keys: dict[str, str]) -> None:
    access = settings(None, jwt_issuer="https://localhost", jwt_audience="flights")
    response = Client(access).get(keys["right"])
    assert response.status_code == 401
    assert "access.keys_file" in response.json()["reason"]


@pytest.mark.parametrize("has_file", [True, False])
def test_the_metrics_token_is_admitted_with_a_file_of_keys_and_without(
    file: Path, keys: dict[str, str], *, has_file: bool
) -> None:
    token = "t" * 32
    client = Client(settings(file if has_file else None, metrics_token=token))
    assert client.get(f"Bearer {token}").status_code == 200
    assert client.get(f"Bearer {token}x").status_code == 401
    assert client.get(keys["right"]).status_code == (200 if has_file else 401)
