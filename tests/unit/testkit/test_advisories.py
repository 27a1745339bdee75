"""Advisories: each locked dependency is asked for, and a refusal is no clean answer."""

import json

import httpx
import pytest

from testkit.advisories import (
    MOST_QUERIES,
    Package,
    known_against,
    locked_packages,
    node_packages,
    python_packages,
)


def test_a_requirements_file_is_read() -> None:
    lock = "anyio==4.16.0 \\\n    --hash=sha256:59bb\nuvloop==0.23.0 ; os\n# via\n"
    assert [*python_packages(lock)] == [
        Package("PyPI", "anyio", "4.16.0"),
        Package("PyPI", "uvloop", "0.23.0"),
    ]


def test_a_package_lock_is_read_without_the_project_itself() -> None:
    packages = {
        "": {"name": "ours"},
        "node_modules/a": {"version": "1.0.0"},
        "node_modules/a/node_modules/@b/c": {"version": "2.0.0"},
        "node_modules/alias": {"name": "real", "version": "3.0.0"},
    }
    assert [*node_packages(json.dumps({"packages": packages}))] == [
        Package("npm", "a", "1.0.0"),
        Package("npm", "@b/c", "2.0.0"),
        Package("npm", "real", "3.0.0"),
    ]


def test_the_lock_files_of_the_project_are_read() -> None:
    names = {(package.ecosystem, package.name) for package in locked_packages()}
    assert {("PyPI", "asyncpg"), ("PyPI", "pytest"), ("npm", "maplibre-gl")} <= names


def test_advisories_are_those_of_the_package_in_the_same_place() -> None:
    packages = [Package("PyPI", f"package{number}", "1") for number in range(MOST_QUERIES + 1)]
    sizes = []

    def answer(request: httpx.Request) -> httpx.Response:
        queries = json.loads(request.content)["queries"]
        sizes.append(len(queries))
        assert queries[0]["package"]["ecosystem"] == "PyPI"
        bad = {"package": {"ecosystem": "PyPI", "name": "package7"}, "version": "1"}
        results = [{"vulns": [{"id": "GHSA-1"}]} if each == bad else {} for each in queries]
        return httpx.Response(200, json={"results": results})

    with httpx.Client(transport=httpx.MockTransport(answer)) as client:
        found = known_against(packages, client)
    assert sizes == [MOST_QUERIES, 1]
    assert found == [(packages[7], ["GHSA-1"])]


def test_a_refusal_is_no_clean_answer() -> None:
    refuse = httpx.MockTransport(lambda _: httpx.Response(503))
    with httpx.Client(transport=refuse) as client, pytest.raises(httpx.HTTPStatusError):
        known_against([Package("npm", "a", "1")], client)
