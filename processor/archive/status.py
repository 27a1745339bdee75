"""The command `status`: what is stored, what waits, and what needs attention."""

import datetime as dt
import sys
from collections.abc import Iterator, Mapping, Sequence

import msgspec

from configuration.shared_sections import KafkaSettings
from processor.archive.command_connection import connect_for_command, explain_database_errors
from processor.archive.command_output import print_json
from processor.archive.database import Connection, Record
from processor.archive.sql import OperatorQueries, load_operator_queries
from processor.errors import ReconnectError
from processor.kafka import Broker, broker_errors
from processor.message import LogIdentity
from processor.settings import ProcessorSettings

NEEDS_ATTENTION, NOT_ALL_SEEN = 1, 4
"""Exit codes. 0: nothing needs attention, and everything was looked at."""

MANY_MESSAGES = 100_000
"""A lag beyond this needs attention: eight polls of the whole globe, or a minute of catching up."""

WAITING_HOURS = 48
"""Hours that wait for their statistics beyond this: maintenance rolls up hundreds a minute."""

TOLERATED_AHEAD = dt.timedelta(hours=1)
"""A state vector that is later than this, by the database's clock, is wrong or the clock is."""

MEGABYTE, GIGABYTE = 1_000_000, 1_000_000_000


class StoredPartition(msgspec.Struct, frozen=True):
    """How far one partition of the topic is stored.

    Attributes:
        behind: Messages in the log that are not stored; None if the broker was not asked.
    """

    partition: int
    next_offset: int
    owner: str
    updated_at: dt.datetime
    behind: int | None


class ArchiveStatus(msgspec.Struct, frozen=True):
    """What the command found. Times are UTC; None is what there is none of, or is not known.

    Attributes:
        server: Version of PostgreSQL.
        timescaledb: Version of the extension; None without it.
        database_bytes: Size of the whole database.
        state_vectors: How many are stored, by the accounts of the days.
        oldest: The oldest `last_contact` that is stored.
        newest: The newest one.
        committed_at: When a transaction was last committed, within the last day.
        topic: The topic's name.
        partitions: Each partition that was ever stored.
        n_dead_letters: How many messages and rows are set aside.
        dead_letters: The same by reason, of the twenty most frequent ones.
        minutes_waiting: Minutes that are still to be rolled up.
        hours_waiting: Hours that are still to be counted.
        not_seen: What could not be looked at, with the reason.
        attention: What needs attention, each with the remedy.
    """

    server: str
    timescaledb: str | None
    database_bytes: int
    state_vectors: int
    oldest: dt.datetime | None
    newest: dt.datetime | None
    committed_at: dt.datetime | None
    topic: str
    partitions: Sequence[StoredPartition]
    n_dead_letters: int
    dead_letters: Mapping[str, int]
    minutes_waiting: int
    hours_waiting: int
    not_seen: Sequence[str]
    attention: Sequence[str]


class TopicEnds(msgspec.Struct, frozen=True):
    """The topic as the broker reports it, or why it could not be asked."""

    identity: LogIdentity | None = None
    ends: Mapping[int, int] = {}
    trouble: str | None = None


@explain_database_errors
async def print_status(settings: ProcessorSettings, *, as_json: bool) -> int:
    """Print the status; return the exit code."""
    log = _read_log(settings.kafka)
    connection = await connect_for_command(settings)
    try:
        status = await read_status(connection, load_operator_queries(), settings, log)
    finally:
        await connection.close()
    if as_json:
        print_json(status)
    else:
        sys.stdout.writelines(f"{line}\n" for line in _lines(status))
    if status.attention:
        return NEEDS_ATTENTION
    return NOT_ALL_SEEN if status.not_seen else 0


def _read_log(settings: KafkaSettings) -> TopicEnds:
    try:
        broker = Broker(settings, broker_errors(settings, "status"))
        identity = broker.identify()
        return TopicEnds(identity, broker.read_ends(identity.partitions))
    except ReconnectError as error:
        return TopicEnds(trouble=str(error))


async def read_status(
    connection: Connection, queries: OperatorQueries, settings: ProcessorSettings, log: TopicEnds
) -> ArchiveStatus:
    """Read the status from the database, and compare it with the log."""
    topic = settings.kafka.topic
    found = await connection.fetchrow(queries.status, topic)
    assert found is not None  # noqa: S101 - the statement has one row
    partitions = _partitions(await connection.fetch(queries.partitions, topic), log)
    letters = await connection.fetch(queries.reasons, topic, "")
    n_letters = letters[0]["n_all"] if letters else 0
    return ArchiveStatus(
        server=found["server"],
        timescaledb=found["timescaledb"],
        database_bytes=found["n_bytes"],
        state_vectors=found["n_state_vectors"],
        oldest=found["oldest"],
        newest=found["newest"],
        committed_at=found["committed_at"],
        topic=topic,
        partitions=partitions,
        n_dead_letters=n_letters,
        dead_letters={row["reason"]: row["n_letters"] for row in letters},
        minutes_waiting=found["n_minutes_waiting"],
        hours_waiting=found["n_hours_waiting"],
        not_seen=[] if log.trouble is None else [f"the topic: {log.trouble}"],
        attention=[*_judge_log(partitions, log), *_judge_work(found, n_letters)],
    )


def _partitions(rows: Sequence[Record], log: TopicEnds) -> list[StoredPartition]:
    """Return the partitions of this log; of every cluster if the broker does not answer."""
    cluster_id = None if log.identity is None else log.identity.cluster_id
    return [
        StoredPartition(
            partition=row["partition"],
            next_offset=row["next_offset"],
            owner=row["owner"],
            updated_at=row["updated_at"],
            behind=_behind(log.ends.get(row["partition"]), row["next_offset"]),
        )
        for row in rows
        if cluster_id in {None, row["cluster_id"]}
    ]


def _behind(end: int | None, next_offset: int) -> int | None:
    return None if end is None else max(0, end - next_offset)


def _judge_log(partitions: Sequence[StoredPartition], log: TopicEnds) -> Iterator[str]:
    """Yield what is wrong between the log and what is stored of it."""
    if log.identity is None:
        return
    never = sorted(set(log.ends) - {each.partition for each in partitions})
    unread = [number for number in never if log.ends[number]]
    if unread:
        yield (
            f"partitions {', '.join(map(str, unread))} hold messages and were never stored:"
            " start `python -m processor --role archive`"
        )
    behind = sum(each.behind or 0 for each in partitions)
    if behind > MANY_MESSAGES:
        yield (
            f"{behind:,} messages are not stored: if the number grows, start another archive or"
            " see why the database is slow"
        )


def _judge_work(found: Record, n_dead_letters: int) -> Iterator[str]:
    """Yield what is wrong with what is stored."""
    if n_dead_letters:
        yield (
            f"{n_dead_letters:,} dead letters:"
            " see `python -m processor dead-letters`, publish them again or drop them"
        )
    if found["n_hours_waiting"] > WAITING_HOURS:
        yield (
            f"{found['n_hours_waiting']:,} hours wait for their statistics: see the archive's log"
            " for maintenance_task_failed"
        )
    if found["newest"] is not None and found["newest"] > found["server_now"] + TOLERATED_AHEAD:
        yield f"the newest state vector is of {found['newest']:%Y-%m-%d %H:%M}, in the future"


def _lines(status: ArchiveStatus) -> Iterator[str]:
    edition = "" if status.timescaledb is None else f", TimescaleDB {status.timescaledb}"
    size = _in_bytes(status.database_bytes)
    yield f"database       PostgreSQL {status.server}{edition}, {size}"
    yield f"state vectors  {status.state_vectors:,}, {_span(status.oldest, status.newest)}"
    yield f"last commit    {_time(status.committed_at, none='none within a day')}"
    yield f"topic          {status.topic}, {_described(status.partitions)}"
    for each in status.partitions:
        behind = "not asked" if each.behind is None else f"{each.behind:,} behind"
        yield (
            f"  partition {each.partition:<3}  stored up to offset {each.next_offset:,}, {behind},"
            f" by {each.owner} at {_time(each.updated_at)}"
        )
    yield f"dead letters   {status.n_dead_letters:,}"
    for reason, n_letters in status.dead_letters.items():
        yield f"  {n_letters:>9,}  {reason}"
    yield (
        f"waiting        {status.minutes_waiting:,} marks of minutes and"
        f" {status.hours_waiting:,} hours to roll up"
    )
    yield from (f"not seen       {each}" for each in status.not_seen)
    yield from (f"attention      {each}" for each in status.attention)
    if not status.attention and not status.not_seen:
        yield "Nothing needs attention."


def _described(partitions: Sequence[StoredPartition]) -> str:
    if not partitions:
        return "never stored"
    if any(each.behind is None for each in partitions):
        return f"{len(partitions)} partitions"
    behind = sum(each.behind or 0 for each in partitions)
    return f"{len(partitions)} partitions, {behind:,} messages behind"


def _span(oldest: dt.datetime | None, newest: dt.datetime | None) -> str:
    return "none yet" if newest is None else f"{_time(oldest)} to {_time(newest)}"


def _time(moment: dt.datetime | None, *, none: str = "") -> str:
    return none if moment is None else f"{moment:%Y-%m-%d %H:%M:%S}Z"


def _in_bytes(n_bytes: int) -> str:
    if n_bytes >= GIGABYTE:
        return f"{n_bytes / GIGABYTE:.1f} GB"
    return f"{n_bytes / MEGABYTE:.0f} MB"
