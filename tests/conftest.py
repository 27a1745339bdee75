"""Fixtures of all tests: real Kafka, TimescaleDB and Chromium, fresh databases and topic names."""

import functools
import os
import secrets
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import hypothesis
import pytest
import pytest_asyncio
from xdist.remote import Producer

from standalone.database import EmbeddedDatabase
from testkit import (
    chart_tools_install,
    connect_install,
    faketime_install,
    image,
    kafka_install,
    kcat_install,
    pgbouncer_install,
    prometheus_install,
    proxies_install,
    registry_install,
    spin_install,
    timescale_install,
)
from testkit.browser import Chromium, Pages
from testkit.browser_install import CHROMIUM
from testkit.cache import are_parts_promised
from testkit.certificates import Authority
from testkit.given_timescale import GivenTimescale, given_url
from testkit.kafka import Kafka
from testkit.migration import create_migrated_database
from testkit.registry import Registry
from testkit.timescale import Timescale
from tests import scheduling

_PARTS: dict[str, Callable[[], str | None]] = {
    "real_kafka": functools.cache(kafka_install.unavailable_reason),
    "real_database": functools.cache(
        lambda: None if given_url() else timescale_install.unavailable_reason()
    ),
    "real_kubeconform": functools.cache(chart_tools_install.unavailable_reason),
    "real_image": functools.cache(image.unavailable_reason),
    "real_connect": functools.cache(connect_install.unavailable_reason),
    "real_kcat": functools.cache(kcat_install.unavailable_reason),
    "real_spin": functools.cache(spin_install.unavailable_reason),
    "real_registry": functools.cache(registry_install.unavailable_reason),
    "real_proxies": functools.cache(proxies_install.unavailable_reason),
    "real_prometheus": functools.cache(prometheus_install.unavailable_reason),
    "real_pooler": functools.cache(pgbouncer_install.unavailable_reason),
    "wrong_clock": functools.cache(faketime_install.unavailable_reason),
    "real_browser": functools.cache(CHROMIUM.unavailable_reason),
}


# How long one example takes depends on what else the machine does; no test promises it.
hypothesis.settings.register_profile("gate", deadline=None, max_examples=50)
hypothesis.settings.register_profile("nightly", deadline=None, max_examples=2_000)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "gate"))


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Let the workers of `pytest --numprocesses` begin with the slowest folders."""
    if hasattr(config, "workerinput"):
        scheduling.sort_by_folder(items)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> scheduling.FileScheduling:
    """Give each worker whole files: the tests of a file share what is expensive to start."""
    return scheduling.FileScheduling(config, log)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip a test whose real part cannot be had; fail it where the parts are promised."""
    for marker in _PARTS:
        if item.get_closest_marker(marker):
            _require(marker)


def _require(marker: str) -> None:
    reason = _PARTS[marker]()
    if reason is None:
        return
    if are_parts_promised():
        pytest.fail(
            f"{reason} (a missing part fails here: CI or REQUIRE_REAL_PARTS is set)", pytrace=False
        )
    pytest.skip(reason)


@pytest.fixture(scope="session", autouse=True)
def _one_certificate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Let HTTP clients trust one authority instead of all: they read its file for 40 ms each."""
    file = tmp_path_factory.mktemp("authority") / "authority.crt"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SSL_CERT_FILE", str(Authority.create("tests").write(file)))
        yield


@pytest.fixture(scope="session")
def kafka() -> Iterator[Kafka]:
    """One Apache Kafka for all tests; a test that kills it starts it again."""
    _require("real_kafka")
    with Kafka() as broker:
        yield broker


@pytest.fixture(scope="session")
def registry() -> Iterator[Registry]:
    """One schema registry for all tests."""
    _require("real_registry")
    with Registry() as server:
        yield server


@pytest.fixture(scope="session")
def timescale() -> Iterator[Timescale]:
    """One TimescaleDB server for all tests; a test that kills it starts it again."""
    _require("real_database")
    url = given_url()
    with Timescale() if url is None else GivenTimescale(url) as server:
        yield server


@pytest.fixture(scope="session")
def embedded_server() -> Iterator[str]:
    """Give the address of one embedded PostgreSQL for all tests."""
    with tempfile.TemporaryDirectory(prefix="embedded-") as folder:
        # The server that root starts runs as another user, which must be able to enter.
        Path(folder).chmod(0o755)
        with EmbeddedDatabase(Path(folder) / "database") as embedded:
            yield embedded.url


@pytest.fixture(
    scope="module", params=["embedded", pytest.param("timescale", marks=pytest.mark.real_database)]
)
def server_dsn(request: pytest.FixtureRequest) -> str:
    """Give the address of each kind of server."""
    if request.param == "embedded":
        url: str = request.getfixturevalue("embedded_server")
        return url
    timescale: Timescale = request.getfixturevalue("timescale")
    timescale.start()
    return timescale.dsn


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def chromium() -> AsyncIterator[Chromium]:
    """One Chromium for all tests; they run in its event loop, that of the session."""
    _require("real_browser")
    async with Chromium() as browser:
        yield browser


@pytest_asyncio.fixture(loop_scope="session")
async def pages(chromium: Chromium) -> AsyncIterator[Pages]:
    """Give a browser context of the test's own, to open pages in; maps are not drawn."""
    context = await chromium.context(is_drawn=False)
    yield Pages(context)
    await context.close()


@pytest.fixture
def database_url(timescale: Timescale) -> Iterator[str]:
    """Give the address of an empty database on TimescaleDB, dropped after the test."""
    timescale.start()
    dsn = timescale.create_database()
    yield dsn
    timescale.start()
    timescale.drop_database(dsn)


@pytest.fixture
def migrated_url(timescale: Timescale) -> Iterator[str]:
    """Give the address of a migrated database on TimescaleDB, dropped after the test."""
    timescale.start()
    dsn = create_migrated_database(timescale.dsn)
    yield dsn
    timescale.start()
    timescale.drop_database(dsn)


@pytest.fixture
def topic_name() -> Callable[[], str]:
    """Give a function that invents unique topic names."""
    return lambda: f"telemetry.raw.{secrets.token_hex(6)}"


@pytest.fixture
def server_folder() -> Iterator[Path]:
    """Give a folder that the user of a database server can reach, unlike `tmp_path` of root."""
    folder = Path(tempfile.mkdtemp(prefix="server-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)
