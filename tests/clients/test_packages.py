"""What the packages contain, and that they have the version of the project."""

import ast
import json
import subprocess
import tomllib
import zipfile
from pathlib import Path
from typing import Any

import pytest

from testkit.services import ROOT
from tests.clients.packages import NPM_NAME, PYTHON, TYPESCRIPT, dry_run, names_in, node, pack_npm
from tests.clients.reader import Installed


def project() -> dict[str, Any]:
    """Return the project's own description."""
    found: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    return found


def npm_package() -> dict[str, Any]:
    """Return the description of the npm package."""
    found: dict[str, Any] = json.loads((TYPESCRIPT / "package.json").read_text())
    return found


def python_package() -> dict[str, Any]:
    """Return the description of the Python package."""
    found: dict[str, Any] = tomllib.loads((PYTHON / "pyproject.toml").read_text())["project"]
    return found


def test_both_have_the_version_name_and_licence_of_the_project() -> None:
    """One release is of the server and its clients."""
    for package in (npm_package(), python_package()):
        assert package["version"] == project()["version"]
        assert package["license"] == project()["license"]
        assert package["name"] == f"{project()['name']}-client" == NPM_NAME
    for folder in (TYPESCRIPT, PYTHON):
        assert (folder / "LICENSE").read_bytes() == (ROOT / "LICENSE").read_bytes()


def test_neither_needs_more_than_httpx() -> None:
    """The npm package needs nothing, and its compiler is the page's."""
    assert "dependencies" not in npm_package()
    assert [each.partition(">")[0] for each in python_package()["dependencies"]] == ["httpx"]
    page = json.loads((ROOT / "web/package.json").read_text())
    assert npm_package()["devDependencies"]["typescript"] == page["devDependencies"]["typescript"]


def test_the_npm_package_contains_its_modules_and_types(tmp_path: Path) -> None:
    """It has two files for each source, and no tests; the dry run says the same."""
    modules = [path.stem for path in (TYPESCRIPT / "src").glob("*.ts")]
    expected = {"LICENSE", "README.md", "package.json"} | {
        f"dist/{module}{suffix}" for module in modules for suffix in (".js", ".d.ts")
    }
    archive = pack_npm(tmp_path)
    assert set(names_in(archive)) == {f"package/{name}" for name in expected}
    listed = json.loads(dry_run(tmp_path))
    # An older npm lists packages, a newer one names them.
    (package,) = listed.values() if isinstance(listed, dict) else listed
    assert {file["path"] for file in package["files"]} == expected


def test_the_wheel_contains_its_modules_and_the_mark_of_types(installed: Installed) -> None:
    """It has neither tests nor anything of the server."""
    modules = {path.name for path in (PYTHON / "src/flight_monitor_client").glob("*.py")}
    names = [name for name in names_in(installed.wheel) if ".dist-info/" not in name]
    assert set(names) == {f"flight_monitor_client/{name}" for name in modules | {"py.typed"}}
    with zipfile.ZipFile(installed.wheel) as wheel:
        licences = [name for name in wheel.namelist() if name.endswith("LICENSE")]
    assert len(licences) == 1


def test_the_types_of_the_npm_package_are_found(installed: Installed) -> None:
    """A strict program compiles against the installed package, and a wrong one does not."""
    program = """
import {{ FlightStream }} from "{name}";
const stream = new FlightStream("http://localhost:8081", {{ fields: ["{field}"] }});
for await (const event of stream) {{
  if (event.event === "update") {{
    const callsign: string | null | undefined = event.states[0]?.callsign;
    void callsign;
  }}
}}
export {{}};
"""
    options = ["--strict", "--noEmit", "--target", "es2022", "--module", "nodenext"]
    for field, is_valid in (("callsign", True), ("colour", False)):
        file = installed.folder / f"{field}.mts"
        file.write_text(program.format(name=NPM_NAME, field=field))
        done = subprocess.run(
            [ROOT / "web/node_modules/.bin/tsc", *options, "--types", "", str(file)],
            cwd=installed.folder,
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode == 0) is is_valid, done.stdout
        assert is_valid or "colour" in done.stdout


@pytest.mark.parametrize("name", ["delta-decoder.ts", "delta.py"])
def test_there_is_one_source_of_each_decoder(name: str) -> None:
    """The page, the tests and the docs use the one of the packages."""
    marker = {"delta-decoder.ts": "class DeltaDecoder {", "delta.py": "class DeltaDecoder:"}[name]
    folders = (ROOT / "web/src", ROOT / "docs", ROOT / "testkit", ROOT / "clients")
    found = [
        path
        for folder in folders
        for path in folder.rglob(f"*{Path(name).suffix}")
        if "node_modules" not in path.parts
        and not path.name.endswith(".d.ts")
        and marker in path.read_text()
    ]
    assert [path.name for path in found] == [name]


def test_the_python_package_imports_nothing_of_the_server() -> None:
    """Its imports are httpx, itself and Python's own library."""
    own = {"flight_monitor_client", "httpx", "backports"}
    standard = {"codecs", "collections", "compression", "zlib", "json", "re", "random", "time"}
    standard |= {"asyncio", "dataclasses", "importlib", "itertools", "sys", "types", "typing"}
    for file in (PYTHON / "src/flight_monitor_client").glob("*.py"):
        for part in ast.walk(ast.parse(file.read_text())):
            names = [alias.name for alias in part.names] if isinstance(part, ast.Import) else []
            names += [part.module or ""] if isinstance(part, ast.ImportFrom) else []
            assert {name.partition(".")[0] for name in names} <= own | standard, file


def test_node_is_new_enough_for_the_package() -> None:
    """The tests run on a Node that the package names."""
    version = subprocess.run([node(), "--version"], capture_output=True, text=True, check=True)
    oldest = int(npm_package()["engines"]["node"].removeprefix(">="))
    assert int(version.stdout.lstrip("v").partition(".")[0]) >= oldest
