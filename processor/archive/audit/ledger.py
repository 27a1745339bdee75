"""Audit the ledger: it accounts for every offset, and agrees with days and dead letters."""

import datetime as dt

from msgspec.structs import astuple

from processor.archive.audit.findings import LedgerTotals, Proof, Violation, place
from processor.archive.database import Connection, Record
from processor.archive.digest import as_bigint, hash_rows
from processor.archive.sql import AuditQueries
from telemetry.state_vector import StateVector

_Y2000 = 946_684_800

CheckedOffsets = dict[tuple[str, str, int], int]
"""The offset up to which the ledger of each partition was checked."""

_KNOWN = StateVector(
    icao24="4b1814",
    callsign="SWR1",
    origin_country="Switzerland and more",
    time_position=_Y2000,
    last_contact=1_789_999_999,
    longitude=8.55,
    latitude=-0.0,
    baro_altitude=10_972.8,
    on_ground=False,
    velocity=0.0,
    true_track=None,
    vertical_rate=-0.33,
    sensors=[1, -2],
    geo_altitude=11_000.0,
    squawk="1000",
    spi=True,
    position_source=3,
    category=-1,
)


async def check_tiling(connection: Connection, queries: AuditQueries) -> None:
    """Check that the ledger of every partition has neither hole nor overlap nor changed entry.

    Raises:
        Violation: Names the first place.
    """
    if (tile := await connection.fetchrow(queries.tiling)) is not None:
        raise Violation(
            f"{_place(tile)}: the ledger has {tile['lo']} to {tile['hi']} where "
            f"{tile['expected_lo']} to {tile['expected_hi']} must stand"
        )
    if (orphan := await connection.fetchrow(queries.orphans)) is not None:
        raise Violation(
            f"{_place(orphan)}: a ledger from {orphan['lo']} on, but no row in ingest_offsets"
        )
    if (entry := await connection.fetchrow(queries.changed)) is not None:
        raise Violation(
            f"{_place(entry)}: the entry of the ledger from {entry['lo']} to {entry['hi']} is not"
            " what was written: its numbers or its digest were changed by hand"
        )


async def check_new_tiling(
    connection: Connection, queries: AuditQueries, checked: CheckedOffsets
) -> None:
    """Check the entries after the checked offsets, and move these on.

    Entries before them are not read again, so the cost does not grow with the ledger.

    Raises:
        Violation: Naming the first place; the offsets stay, so that the next check finds it again.
    """
    columns = [list(column) for column in zip(*checked, strict=True)] or [[], [], []]
    rows = await connection.fetch(queries.new_tiling, *columns, list(checked.values()))
    if not all(row["is_sound"] for row in rows):
        # Entries may have been merged across a checked offset, which is no fault.
        await check_tiling(connection, queries)
    checked.clear()
    for row in rows:
        checked[row["cluster_id"], row["topic"], row["partition"]] = row["next_offset"]


async def check_ledger(connection: Connection, queries: AuditQueries) -> Proof:
    """Check the ledger by itself, and against the accounts of the days and the dead letters.

    Raises:
        Violation: Names the first place that does not agree.
    """
    await check_tiling(connection, queries)
    if (account := await connection.fetchrow(queries.accounts)) is not None:
        raise Violation(
            f"{_place(account)}: the ledger has {account['n_entries']} rows inserted, the account"
            f" of the days {account['n_days']}, or their digests differ"
        )
    if (letters := await connection.fetchrow(queries.dead_letters)) is not None:
        raise Violation(
            f"{_place(letters)}: {letters['n_there']} dead letters are there, "
            f"{letters['n_recorded']} in the ledger"
        )
    if (relation := await connection.fetchval(queries.key)) is not None:
        raise Violation(
            f"{relation} has no unique index on (icao24, last_contact): rows may repeat"
        )
    [totals] = await connection.fetch(queries.totals)
    proof = Proof(LedgerTotals(*totals), acknowledged=await _acknowledged(connection, queries))
    if proof.totals.n_gaps:
        proof.compared.append(
            f"{proof.totals.n_gaps} offsets between the messages held none that could be read"
            " (transaction markers, compaction)"
        )
    return proof


async def server_hashes_alike(connection: Connection, queries: AuditQueries) -> bool:
    """Whether the server hashes as the archive does; a big-endian server does not."""
    row = astuple(_KNOWN)
    times = [dt.datetime.fromtimestamp(row[place], dt.UTC) for place in (3, 4)]
    answer = await connection.fetchval(queries.known_answer, *row[:3], *times, *row[5:])
    [expected] = hash_rows([row]).tolist()
    return bool(answer == as_bigint(expected))


async def _acknowledged(connection: Connection, queries: AuditQueries) -> list[str]:
    """Return sentences on what `reset-offsets` gave up, as far as the next log shows it."""
    sentences = []
    for gone in await connection.fetch(queries.acknowledged):
        name, _, moment = gone["topic"].partition("@")
        where = f"{name}[{gone['partition']}], reset-offsets of {moment}"
        since, until = gone["next_offset"], gone["ledger_start"]
        if until is None:
            sentences.append(f"{where}: stored up to offset {since}; nothing came after it")
        elif not gone["is_same_log"]:
            sentences.append(
                f"{where}: stored up to offset {since}; the topic was created again; what the"
                " old one held beyond that is not stored"
            )
        elif until > since:
            sentences.append(
                f"{where}: offsets {since} to {until} ({until - since}) were removed before they"
                " were stored"
            )
    return sentences


def _place(row: Record) -> str:
    return place(row["topic"], row["partition"], row["cluster_id"])
