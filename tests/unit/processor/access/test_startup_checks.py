"""Settings of access control with which the processor refuses to start."""

import socket
from collections.abc import Iterator

import pytest

from configuration.shared_sections import AccessSettings
from processor.access.startup_checks import check_access_settings, check_exposure
from processor.errors import FatalError
from processor.http.server.server import listen
from processor.service import Service
from processor.settings import ProcessorSettings

TOKENS = {
    "jwt_issuer": "https://issuer.example",
    "jwt_audience": "flight-monitor",
    "jwks_url": "https://issuer.example/jwks.json",
}


def _settings(*origins: str, **access: object) -> ProcessorSettings:
    return ProcessorSettings.model_validate({"access": access, "sse": {"allowed_origins": origins}})


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (_settings(mode="required"), "no client could authenticate: set access.keys_file, or"),
        (
            _settings(mode="loopback", keys_file="keys.yaml"),
            "loopback, which checks no credentials",
        ),
        (_settings(mode="open", keys_file="keys.yaml"), "set access.mode to required"),
        (_settings(mode="open", **TOKENS), "set access.mode to required"),
        (_settings(mode="required", jwt_audience="a"), "access.jwt_issuer is missing"),
        (_settings(mode="required", jwks_file="f"), "access.jwt_issuer is missing"),
        (_settings(mode="required", jwt_issuer="i"), "access.jwt_audience is missing"),
        (_settings(mode="required", **TOKENS | {"jwt_audience": None}), "jwt_audience is missing"),
        (_settings(mode="required", **TOKENS | {"jwks_url": None}), "set one of the two"),
        (_settings(mode="required", **TOKENS, jwks_file="f"), "set one of the two"),
        (_settings(mode="required", **TOKENS, jwt_algorithms=[]), "jwt_algorithms is empty"),
        (_settings("*", mode="required", **TOKENS), "sse.allowed_origins is *"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_contradictions_are_refused_with_the_remedy(
    settings: ProcessorSettings, said: str
) -> None:
    """The service checks them before it does anything else."""
    with pytest.raises(FatalError) as raised:
        Service(settings, "all")
    assert said in str(raised.value)


@pytest.mark.parametrize(
    "settings",
    [
        _settings(),
        _settings(mode="open"),
        _settings("*", mode="open"),
        _settings("*", mode="loopback"),
        _settings(mode="required", keys_file="keys.yaml"),
        _settings("https://example.org", mode="required", **TOKENS),
        _settings(mode="required", **TOKENS, keys_file="keys.yaml"),
    ],
)
def test_settings_that_agree_are_accepted(settings: ProcessorSettings) -> None:
    """The defaults are among them."""
    assert check_access_settings(settings) is None  # type: ignore[func-returns-value]


@pytest.fixture(params=["0.0.0.0", "", "::"])  # noqa: S104 - to be refused
def exposed(request: pytest.FixtureRequest) -> Iterator[socket.socket]:
    with listen(request.param, 0, write_deadline_seconds=30) as listener:
        yield listener


def test_an_address_that_others_reach_is_refused(exposed: socket.socket) -> None:
    """The error lists all remedies, and the socket is closed."""
    with pytest.raises(FatalError, match=r"127\.0\.0\.1.*required.*open") as raised:
        check_exposure(exposed, AccessSettings())
    assert raised.value.args[0].startswith("http.host is ")
    assert exposed.fileno() == -1


@pytest.mark.parametrize("mode", ["required", "open"])
def test_other_modes_may_be_reached_by_others(exposed: socket.socket, mode: str) -> None:
    """The operator has chosen these modes."""
    check_exposure(exposed, AccessSettings.model_validate({"mode": mode}))
    assert exposed.fileno() != -1


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.9.10", "localhost", "::1"])
def test_every_loopback_address_is_this_machine(host: str) -> None:
    """The name of the address does not matter."""
    with listen(host, 0, write_deadline_seconds=30) as listener:
        check_exposure(listener, AccessSettings())
        assert listener.fileno() != -1
