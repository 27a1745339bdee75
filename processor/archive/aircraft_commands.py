"""The command `import-aircraft`: read a file of aircraft into the table of aircraft."""

from pathlib import Path

from processor.archive.aircraft_files import AircraftFile, UnusableFileError
from processor.archive.aircraft_store import load_aircraft_statements, portions, stage
from processor.archive.command_connection import connect_for_command, explain_database_errors
from processor.archive.command_output import print_result
from processor.archive.database import Connection
from processor.archive.progress import Progress, ProgressLine
from processor.settings import ProcessorSettings


@explain_database_errors
async def import_aircraft(settings: ProcessorSettings, path: Path, *, as_json: bool) -> int:
    """Import a file in one transaction, print what was done, and return the exit code.

    Raises:
        UnusableFileError: The file cannot be read, or has no line that can be used.
    """
    connection = await connect_for_command(settings)
    try:
        with AircraftFile(path) as file, ProgressLine() as progress:
            async with connection.transaction():
                n_rows = await _import(connection, file, progress)
                if n_rows == 0:
                    raise UnusableFileError(_without_rows(path, file))
    finally:
        await connection.close()
    content = {
        "imported": n_rows,
        "refused": file.n_refused,
        "empty": file.n_empty,
        "refusals": file.refusals,
    }
    print_result(content, _describe(n_rows, file), as_json=as_json)
    return 0


async def _import(connection: Connection, file: AircraftFile, progress: Progress) -> int:
    statements = load_aircraft_statements()
    await connection.execute(statements.lock_aircraft)
    await connection.execute(statements.create_aircraft_staging)
    n_rows = 0
    for some in portions(file.lines()):
        n_rows += await stage(connection, some)
        progress(f"{n_rows:,} lines read", file.share)
    progress(f"{n_rows:,} lines are being written")
    await connection.execute(statements.import_aircraft)
    await connection.execute(statements.record_load, "imported", None, n_rows)
    return n_rows


def _describe(n_rows: int, file: AircraftFile) -> str:
    text = f"{n_rows:,} lines imported; live processes use them within a minute"
    if file.n_empty:
        text += f"\n{file.n_empty:,} lines say nothing about their address"
    if file.n_refused:
        text += f"\n{file.n_refused:,} lines were refused:"
        text += "".join(f"\n  {reason}" for reason in file.refusals)
        if file.n_refused > len(file.refusals):
            text += "\n  …"
    return text


def _without_rows(path: Path, file: AircraftFile) -> str:
    reason = f": {file.refusals[0]}" if file.refusals else ""
    return f"{path} has no line that can be used{reason}; nothing was imported"
