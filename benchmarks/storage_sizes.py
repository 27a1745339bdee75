"""Measures the size of tables on disk, with all partitions or chunks."""

from collections.abc import Iterable
from typing import NamedTuple

import asyncpg

_SIZES = """
WITH RECURSIVE members (relation) AS (
    SELECT $1::regclass::oid
    UNION ALL
    SELECT inhrelid FROM pg_inherits JOIN members ON inhparent = relation
)
SELECT sum(pg_relation_size(relation))::bigint AS heap,
       sum(pg_table_size(relation) - pg_relation_size(relation)
           - coalesce(pg_total_relation_size(nullif(reltoastrelid, 0)), 0))::bigint AS maps,
       sum(coalesce(pg_total_relation_size(nullif(reltoastrelid, 0)), 0))::bigint AS toast,
       sum((SELECT coalesce(sum(pg_relation_size(indexrelid)), 0) FROM pg_index
            WHERE indrelid = relation AND indisprimary))::bigint AS primary_key,
       sum((SELECT coalesce(sum(pg_relation_size(indexrelid)), 0) FROM pg_index
            WHERE indrelid = relation AND NOT indisprimary))::bigint AS other_indexes,
       sum(pg_total_relation_size(relation))::bigint AS total
FROM members JOIN pg_class ON pg_class.oid = relation
"""


class Parts(NamedTuple):
    """Bytes of a table.

    Attributes:
        maps: Of free space and of visibility.
        total: All of it.
    """

    rows: int
    heap: int
    maps: int
    toast: int
    primary_key: int
    other_indexes: int
    total: int

    @property
    def per_row(self) -> float:
        """The bytes for each row."""
        return self.total / self.rows

    def by_part(self) -> dict[str, int]:
        """Return the parts that the table lists."""
        named = {
            "heap": self.heap + self.maps,
            "toast": self.toast,
            "primary key": self.primary_key,
            "other indexes": self.other_indexes,
        }
        return {name: count for name, count in named.items() if count} | {"total": self.total}


async def measure(dsn: str, tables: Iterable[str]) -> dict[str, Parts]:
    """Return the sizes of each table."""
    connection = await asyncpg.connect(dsn)
    try:
        found = {}
        for table in tables:
            rows = await connection.fetchval(f"SELECT count(*) FROM {table}")  # noqa: S608 - ours
            [sizes] = await connection.fetch(_SIZES, table)
            found[table] = Parts(rows, *sizes)
        return found
    finally:
        await connection.close()
