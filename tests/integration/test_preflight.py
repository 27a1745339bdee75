"""A database that the user names is checked before anything is started."""

from dataclasses import replace
from pathlib import Path

import pytest

from standalone.database import free_port
from standalone.errors import RefusedError
from standalone.options import read_options
from standalone.preflight import check
from standalone.settings import AllSettings


def test_database_that_answers_passes(embedded_server: str, server_folder: Path) -> None:
    """The data folder then holds the logs alone, and a wrong password is refused."""
    options = replace(read_options([]), data_dir=server_folder / "data", port=free_port())
    check(replace(options, database=embedded_server), AllSettings())
    wrong = embedded_server.replace("postgres:", "postgres:wrong", 1)
    with pytest.raises(RefusedError, match="password authentication failed"):
        check(replace(options, database=wrong), AllSettings())
    assert not (options.data_dir / "cluster").exists()
