"""What the README tells people to type works."""

import re
from pathlib import Path

import asyncpg
import pytest

SQL_BLOCK = re.compile(r"```sql\n(.*?)```", re.DOTALL)


@pytest.mark.real_database
async def test_its_queries_run(migrated_url: str) -> None:
    """Each of them, as it stands there, on the tables of this version."""
    queries = _queries()
    assert len(queries) >= 3
    connection = await asyncpg.connect(migrated_url)
    for query in queries:
        assert await connection.fetch(query) == []
    await connection.close()


def _queries() -> list[str]:
    blocks = SQL_BLOCK.findall(Path("README.md").read_text())
    return [query for block in blocks for query in block.split(";\n") if query.strip()]
