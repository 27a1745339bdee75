"""Both packages, packed and installed once."""

import pytest

from tests.clients.packages import build_wheel, install_npm, pack_npm
from tests.clients.reader import Installed


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """Give a folder with both packages, as a user has them."""
    folder = tmp_path_factory.mktemp("clients")
    install_npm(pack_npm(folder), folder)
    return Installed(folder, build_wheel(folder))


@pytest.fixture(params=["typescript", "sync", "async"])
def client(request: pytest.FixtureRequest) -> str:
    """Give the name of each client in turn."""
    name: str = request.param
    return name
