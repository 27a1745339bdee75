"""The command `dead-letters`: list, show, publish again or delete what could not be stored."""

import datetime as dt
import sys
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import msgspec

from processor.archive.batch_division import MAX_BYTES
from processor.archive.command_connection import connect_for_command, explain_database_errors
from processor.archive.command_output import print_json, print_result
from processor.archive.database import Connection, Record
from processor.archive.progress import Progress, ProgressLine
from processor.archive.republishing import republish
from processor.archive.sql import load_operator_queries, load_queries
from processor.settings import ProcessorSettings

NOTHING_FOUND = 3
"""Exit code: there are no dead letters, or none that was meant."""

DELETED_AT_ONCE = 10_000
"""Dead letters that one transaction deletes: a second of work."""

SHOWN_CHARACTERS = 60
"""How much of a value a line of the list shows; `show` prints all of it."""


class Choice(NamedTuple):
    """Which dead letters are meant.

    Attributes:
        place: Partition, offset, and the row or None for all of that message; None for any place.
        reason: A text that their reason contains.
        limit: How many at most, the newest first.
    """

    place: tuple[int, int, int | None] | None
    reason: str
    limit: int


class PrintedLetter(msgspec.Struct, frozen=True):
    """A dead letter as it is printed.

    Attributes:
        place: PARTITION:OFFSET, and :ROW for a row of a message of several.
        key: The key as text; bytes that are not UTF-8 are replaced.
        value: The value likewise; None for a message without one.
        published_at: The producer's time; None if it gave none that can be true.
    """

    place: str
    reason: str
    key: str | None
    headers: dict[str, str]
    value: str | None
    published_at: dt.datetime | None
    recorded_at: dt.datetime


@explain_database_errors
async def show_all(settings: ProcessorSettings, choice: Choice, *, as_json: bool) -> int:
    """Print how many there are by reason, and the newest; return the exit code."""
    queries, topic = load_operator_queries(), settings.kafka.topic
    connection = await connect_for_command(settings)
    try:
        reasons = await connection.fetch(queries.reasons, topic, choice.reason)
        letters = await _find(connection, topic, choice)
    finally:
        await connection.close()
    if as_json:
        counts = {row["reason"]: row["n_letters"] for row in reasons}
        print_json({"reasons": counts, "newest": [_letter(each) for each in letters]})
    else:
        sys.stdout.writelines(f"{line}\n" for line in _lines(topic, reasons, letters))
    return 0 if reasons else NOTHING_FOUND


@explain_database_errors
async def show(settings: ProcessorSettings, choice: Choice, *, as_json: bool) -> int:
    """Print the dead letters of one place, whole; return the exit code."""
    connection = await connect_for_command(settings)
    try:
        letters = await _find(connection, settings.kafka.topic, choice)
    finally:
        await connection.close()
    if as_json:
        print_json([_letter(each) for each in letters])
    elif not letters:
        sys.stdout.write(f"no dead letter stands at {_place_of(choice)}\n")
    else:
        sys.stdout.write("\n".join(map(_describe, letters)))
    return 0 if letters else NOTHING_FOUND


@explain_database_errors
async def publish_again(settings: ProcessorSettings, choice: Choice, *, as_json: bool) -> int:
    """Publish dead letters to their partitions again; return the exit code.

    They are read like any other message: what is stored already changes nothing, and what still
    cannot be stored becomes a dead letter once more.

    Raises:
        FatalError: The broker did not acknowledge all of them.
    """
    connection = await connect_for_command(settings)
    try:
        found = await _find(connection, settings.kafka.topic, choice)
    finally:
        await connection.close()
    whole = [each for each in found if _is_whole(each)]
    delivered = republish(settings.kafka, whole)
    cut = len(found) - len(whole)
    text = f"{delivered:,} of {len(found):,} published again; they stay until `drop`"
    if cut:
        text += f"\n{cut:,} are not: of larger messages only {MAX_BYTES:,} bytes were kept"
    print_result({"found": len(found), "published": delivered, "cut": cut}, text, as_json=as_json)
    return 0 if delivered else NOTHING_FOUND


@explain_database_errors
async def drop(settings: ProcessorSettings, *, before: dt.date | None, as_json: bool) -> int:
    """Delete dead letters as retention does, which the audit knows; return the exit code.

    Args:
        settings: Names the database.
        before: Only those that were recorded before this day (UTC); None for all.
        as_json: Whether to print the result as JSON.
    """
    end = None if before is None else dt.datetime.combine(before, dt.time(), dt.UTC)
    connection = await connect_for_command(settings)
    try:
        if end is None:
            end = await connection.fetchval("SELECT now()")
        n_meant = await connection.fetchval(load_operator_queries().count_letters, end)
        with ProgressLine() as progress:
            n_deleted = await _delete(connection, end, n_meant, progress)
    finally:
        await connection.close()
    text = f"{n_deleted:,} dead letters deleted"
    print_result({"deleted": n_deleted}, text, as_json=as_json)
    return 0 if n_deleted else NOTHING_FOUND


async def _delete(
    connection: Connection, end: dt.datetime, n_meant: int, progress: Progress
) -> int:
    statement = load_queries().delete_expired_dead_letters
    n_deleted = 0
    while n_last := await connection.fetchval(statement, end, DELETED_AT_ONCE):
        n_deleted += n_last
        progress(f"{n_deleted:,} of {n_meant:,} dead letters deleted", n_deleted / n_meant)
    return n_deleted


def _is_whole(row: Record) -> bool:
    """Whether nothing was cut off when it was set aside."""
    return max(len(row["key"] or b""), len(row["value"] or b"")) < MAX_BYTES


async def _find(connection: Connection, topic: str, choice: Choice) -> list[Record]:
    queries = load_operator_queries()
    if choice.place is not None:
        return await connection.fetch(queries.letters_at, topic, *choice.place)
    return await connection.fetch(queries.newest_letters, topic, choice.reason, choice.limit)


def _letter(row: Record) -> PrintedLetter:
    return PrintedLetter(
        place=_place(row),
        reason=row["reason"],
        key=_text(row["key"]),
        headers=msgspec.json.decode(row["headers"]),
        value=_text(row["value"]),
        published_at=row["published_at"],
        recorded_at=row["recorded_at"],
    )


def _lines(topic: str, reasons: Sequence[Record], letters: Sequence[Record]) -> Iterator[str]:
    if not reasons:
        yield f"no dead letters of {topic}"
        return
    yield f"by reason, of {topic}:"
    for row in reasons:
        yield f"  {row['n_letters']:>9,}  {row['reason']}  (newest {row['newest']:%Y-%m-%d %H:%M}Z)"
    yield "the newest:"
    for row in letters:
        value = (_text(row["value"]) or "without a value")[:SHOWN_CHARACTERS]
        yield f"  {_place(row):<16}  {row['recorded_at']:%Y-%m-%d %H:%M:%S}Z  {row['reason']}"
        yield f"  {'':<16}  {value!r}"


def _describe(row: Record) -> str:
    letter = _letter(row)
    headers = "".join(f"\n  {name}: {text}" for name, text in letter.headers.items())
    published = "unknown" if letter.published_at is None else letter.published_at.isoformat()
    return (
        f"place      {letter.place}\nreason     {letter.reason}\n"
        f"published  {published}\nrecorded   {letter.recorded_at.isoformat()}\n"
        f"key        {letter.key!r}\nheaders{headers or '    none'}\n"
        f"value      {letter.value if letter.value is not None else 'none'}\n"
    )


def _place(row: Record) -> str:
    numbers = [row["partition"], row["message_offset"], row["row_index"]]
    return ":".join(str(number) for number in numbers if number is not None)


def _place_of(choice: Choice) -> str:
    return ":".join(str(number) for number in choice.place or () if number is not None)


def _text(value: bytes | None) -> str | None:
    return None if value is None else value.decode(errors="replace")
