"""Check that the files which the database's URL names can be read."""

import os
from urllib.parse import parse_qsl, urlsplit

from configuration.errors import SettingsError

_FILES = {
    "sslrootcert": "PGSSLROOTCERT",
    "sslcert": "PGSSLCERT",
    "sslkey": "PGSSLKEY",
    "sslcrl": "PGSSLCRL",
    "passfile": "PGPASSFILE",
    "servicefile": "PGSERVICEFILE",
}
"""Parameters of database.url that name files, with the variables that stand in for them."""


def refuse_missing_files(url: str) -> None:
    """Check that the files which `database.url` or variables of PostgreSQL name can be read.

    Raises:
        SettingsError: Naming the first that cannot.
    """
    query = dict(parse_qsl(urlsplit(url).query))
    for parameter, variable in _FILES.items():
        file = query.get(parameter) or os.environ.get(variable)
        if file and not os.access(file, os.R_OK):
            setting = f"database.url: {parameter}" if parameter in query else variable
            raise SettingsError(
                f"{setting} names {file}, which is not there or cannot be read: put the file in its"
                " place, or correct the setting"
            )
